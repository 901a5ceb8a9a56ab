"""The pages of the viewer: the list of runs, one run, two runs side by side."""
