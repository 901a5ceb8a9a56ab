"""Working as with LangSmith, without an account: the same evaluators, unchanged.

    results = evaluate("offline", "rows.jsonl", store="store", evaluators=[exact])
    for each in results:
        each["run"].outputs["answer"], each["evaluation_results"]["results"]

Nothing leaves this machine unless `upload="langsmith"` is given, which says what goes out.
"""

from clinseek.evals.runner.experiments.comparative import ComparativeResults, evaluate_comparative
from clinseek.evals.runner.experiments.experiment import aevaluate, evaluate, evaluate_existing
from clinseek.evals.runner.experiments.results import ExperimentResults

__all__ = [
    "ComparativeResults",
    "ExperimentResults",
    "aevaluate",
    "evaluate",
    "evaluate_comparative",
    "evaluate_existing",
]
