"""The case: one patient's record as it stood at one moment, in a SQLite file of its own."""

from clinseek.toolkits.ehr.case.build import open_case
from clinseek.toolkits.ehr.case.case import Case, CaseKey
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.guard import DEFAULT_LIMITS, Limits, Rows
from clinseek.toolkits.ehr.case.hidden import Hidden, hidden

__all__ = [
    "DEFAULT_LIMITS",
    "Case",
    "CaseKey",
    "Hidden",
    "Limits",
    "Rows",
    "hidden",
    "open_case",
    "read_cutoff",
]
