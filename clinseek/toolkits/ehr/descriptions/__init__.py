"""What every table and column of MIMIC means, in our words, and what this project hides of it."""

from clinseek.toolkits.ehr.descriptions.describe import COMMON_COLUMNS, PROSE, describe
from clinseek.toolkits.ehr.descriptions.links import DICTIONARY_LINKS, RECORD_LINKS, Link
from clinseek.toolkits.ehr.descriptions.model import ColumnDescription, Prose, TableDescription

__all__ = [
    "COMMON_COLUMNS",
    "DICTIONARY_LINKS",
    "PROSE",
    "RECORD_LINKS",
    "ColumnDescription",
    "Link",
    "Prose",
    "TableDescription",
    "describe",
]
