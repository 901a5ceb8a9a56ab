"""The published suites, read from the folders of those who hold them, as rows of ours."""

from clinseek.evals.benchmarks.suites.expected import SUITES, Suite, SuiteName
from clinseek.evals.benchmarks.suites.preparing import PreparedSuite, SuiteProgress, prepare_suite
from clinseek.evals.benchmarks.suites.validation import Count, SuiteReport, validate_suite

__all__ = [
    "SUITES",
    "Count",
    "PreparedSuite",
    "Suite",
    "SuiteName",
    "SuiteProgress",
    "SuiteReport",
    "prepare_suite",
    "validate_suite",
]
