"""Running a benchmark: runs that survive, and the folder that they leave."""

from clinseek.evals.runner.run_folder import RunFolder, open_run, run_folders
from clinseek.evals.runner.settings import RunSettings

__all__ = ["RunFolder", "RunSettings", "open_run", "run_folders"]
