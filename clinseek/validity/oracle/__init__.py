"""An independent second reading of the raw record: what was known, and from when on.

Written from the availability specification in plain loops over plain rows, by its own hand and
without a look at the rule records or the case that they check. A proof that shares the code's
mistake proves nothing, so nothing here imports either.
"""

from clinseek.validity.oracle.model import Cell, Moment, OracleProfile, RawRecord, RawRow
from clinseek.validity.oracle.planned import AGEING, PLANNED
from clinseek.validity.oracle.published import published_shown_from
from clinseek.validity.oracle.raw import raw_dictionaries, raw_records, raw_subjects
from clinseek.validity.oracle.reading import Reading, read_record
from clinseek.validity.oracle.stored import stored_record

__all__ = [
    "AGEING",
    "PLANNED",
    "Cell",
    "Moment",
    "OracleProfile",
    "RawRecord",
    "RawRow",
    "Reading",
    "published_shown_from",
    "raw_dictionaries",
    "raw_records",
    "raw_subjects",
    "read_record",
    "stored_record",
]
