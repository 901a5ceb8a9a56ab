"""The case: one patient's record as it stood at one moment, in a SQLite file of its own."""

from clinseek.toolkits.ehr.case.case import Case, CaseKey, open_case
from clinseek.toolkits.ehr.case.guard import Limits, Rows

__all__ = ["Case", "CaseKey", "Limits", "Rows", "open_case"]
