"""Whether a built benchmark tells its answers, and what is won where the record does."""

from clinseek.evals.benchmarks.leaks.check import PROFILES, Checked, Finding, check_rows
from clinseek.evals.benchmarks.leaks.told import check_lines, told_of, visible

__all__ = [
    "PROFILES",
    "Checked",
    "Finding",
    "check_lines",
    "check_rows",
    "told_of",
    "visible",
]
