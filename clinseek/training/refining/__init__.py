"""Traces made shorter and still true: what taught nothing goes, and every call is made again."""

from clinseek.training.refining.refine import (
    RefineReport,
    RefineSettings,
    refine_traces,
    refined_trace,
)
from clinseek.training.refining.replaying import Replay, Replayed

__all__ = [
    "RefineReport",
    "RefineSettings",
    "Replay",
    "Replayed",
    "refine_traces",
    "refined_trace",
]
