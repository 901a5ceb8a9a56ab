"""One file a host of models: what it takes to run clinseek on it, and nothing else."""
