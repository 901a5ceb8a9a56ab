"""Whether B is better than A: the same rows side by side, by how much, and how sure that is."""

from clinseek.evals.comparison.aligning import Aligned, LeftOut, Pair, align
from clinseek.evals.comparison.compare import Comparison, Flip, TaskComparison, compare_runs

__all__ = [
    "Aligned",
    "Comparison",
    "Flip",
    "LeftOut",
    "Pair",
    "TaskComparison",
    "align",
    "compare_runs",
]
