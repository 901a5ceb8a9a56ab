"""What scores mean: estimates with intervals, and differences with tests. Arrays in, numbers out.

Patients are the unit that is drawn: rows of one patient, and epochs of one row, are not
independent, so every error and every resampling goes by `clusters` (subject_id).
"""

from clinseek.evals.statistics.epochs import best_at_k, pass_hat_k
from clinseek.evals.statistics.means import (
    Estimate,
    IntervalMethod,
    macro_mean,
    mean_estimate,
)
from clinseek.evals.statistics.paired import (
    PairedTest,
    holm,
    mcnemar_p,
    paired_test,
    sign_flip_p,
)
from clinseek.evals.statistics.ranking import RiskCoverage, auroc, auroc_estimate, risk_coverage

__all__ = [
    "Estimate",
    "IntervalMethod",
    "PairedTest",
    "RiskCoverage",
    "auroc",
    "auroc_estimate",
    "best_at_k",
    "holm",
    "macro_mean",
    "mcnemar_p",
    "mean_estimate",
    "paired_test",
    "pass_hat_k",
    "risk_coverage",
    "sign_flip_p",
]
