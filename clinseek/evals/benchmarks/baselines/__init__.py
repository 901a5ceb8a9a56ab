"""What a benchmark gives to those who only count: the numbers beside which a model's stand."""

from clinseek.evals.benchmarks.baselines.features import features_of_rows, window_features
from clinseek.evals.benchmarks.baselines.measuring import (
    Measured,
    baseline_table,
    check_folds,
    fold_of,
)
from clinseek.evals.benchmarks.baselines.page import baseline_page
from clinseek.evals.benchmarks.baselines.predictors import (
    PREDICTORS,
    BaselineName,
    check_learners,
)
from clinseek.evals.benchmarks.baselines.scored_runs import runs_measured

__all__ = [
    "PREDICTORS",
    "BaselineName",
    "Measured",
    "baseline_page",
    "baseline_table",
    "check_folds",
    "check_learners",
    "features_of_rows",
    "fold_of",
    "runs_measured",
    "window_features",
]
