"""The case: one patient's record as it stood at one moment, in a SQLite file of its own."""

from clinseek.toolkits.ehr.case.build import open_case
from clinseek.toolkits.ehr.case.case import Case, CaseKey
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.guard import DEFAULT_LIMITS, Limits, Rows
from clinseek.toolkits.ehr.case.hidden import Hidden, hidden
from clinseek.toolkits.ehr.case.label import (
    KnownLabel,
    LabelClock,
    label_clock,
    label_known_at,
    label_visible,
)
from clinseek.toolkits.ehr.case.reading import reader

__all__ = [
    "DEFAULT_LIMITS",
    "Case",
    "CaseKey",
    "Hidden",
    "KnownLabel",
    "LabelClock",
    "Limits",
    "Rows",
    "hidden",
    "label_clock",
    "label_known_at",
    "label_visible",
    "open_case",
    "read_cutoff",
    "reader",
]
