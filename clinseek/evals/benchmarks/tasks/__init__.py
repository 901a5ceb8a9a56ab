"""The tasks of the published benchmarks, each declared once."""

from clinseek.evals.benchmarks.tasks.model import Pool, Question, Task, TaskKind
from clinseek.evals.benchmarks.tasks.registry import TASKS, tasks_named

__all__ = ["TASKS", "Pool", "Question", "Task", "TaskKind", "tasks_named"]
