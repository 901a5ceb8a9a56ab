"""A small benchmark out of nothing: a synthetic cohort, its store, and rows with their answers."""

from clinseek.evals.benchmarks.synthetic.prepare import (
    PreparedSynthetic,
    SyntheticProgress,
    prepare_synthetic,
)

__all__ = ["PreparedSynthetic", "SyntheticProgress", "prepare_synthetic"]
