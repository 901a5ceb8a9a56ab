"""From traces to those worth learning from; each filter tells what it took and why."""

from clinseek.training.filters.filtering import filter_traces
from clinseek.training.filters.report import FilterReport
from clinseek.training.filters.settings import FilterSettings, filters_of, set_filters_of
from clinseek.training.filters.verdict import Dropped, Kept, Verdict

__all__ = [
    "Dropped",
    "FilterReport",
    "FilterSettings",
    "Kept",
    "Verdict",
    "filter_traces",
    "filters_of",
    "set_filters_of",
]
