"""The tables of MIMIC-IV, -ED and -Note, that of MIMIC-CXR, and what they are made of.

The one place that says which tables and columns exist. Ingest, the availability rules, the
synthetic cohort and the tools all read it; a table or column that is not here is never served.
"""

from clinseek.toolkits.ehr.tables.cxr import CXR
from clinseek.toolkits.ehr.tables.ed import ED
from clinseek.toolkits.ehr.tables.hosp import HOSP
from clinseek.toolkits.ehr.tables.icu import ICU
from clinseek.toolkits.ehr.tables.model import Column, ColumnType, Module, Table
from clinseek.toolkits.ehr.tables.note import NOTE

TABLES: dict[str, Table] = {table.name: table for table in (*HOSP, *ICU, *ED, *NOTE, *CXR)}
"""Every table by name; names are unique over the five modules."""

__all__ = [
    "CXR",
    "ED",
    "HOSP",
    "ICU",
    "NOTE",
    "TABLES",
    "Column",
    "ColumnType",
    "Module",
    "Table",
]
