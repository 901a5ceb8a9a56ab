"""The published systems' cutoff rule: each table cut at its first column named for a time."""

from __future__ import annotations

from functools import cache

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle.clocks import latest_by_id
from clinseek.validity.oracle.model import Moment, RawRecord, RawRow
from clinseek.validity.oracle.moments import ALWAYS, after, moment_in

_CODED_FROM = {
    "diagnoses_icd": ("admissions", "hadm_id", "dischtime"),
    "diagnosis": ("edstays", "stay_id", "outtime"),
}
"""Tables that get a charttime: a minute before the moment in (stays' table, id, column)."""

_ALWAYS_EMPTIED = "pharmacy"


def published_shown_from(table: str, row: RawRow, record: RawRecord) -> Moment:
    """The moment strictly after which the published rule shows a row.

    `''` for a table that it shows whole, None for a row without a moment, which vanishes, and for
    the rows of pharmacy, which those systems always empty. A date counts as 23:59 of its day, but
    that of a culture is a midnight stamp and counts as such.
    Source: the published systems' code, whose rule the `reference` profile follows.
    """
    if table == _ALWAYS_EMPTIED:
        return None
    if table in _CODED_FROM:
        return _minute_before_the_end(row, record, *_CODED_FROM[table])
    column = _first_time_column(table)
    if column is None:
        return ALWAYS
    moment = moment_in(row, column)
    if moment is None or TABLES[table].type_of(column) == "time":
        return moment
    return f"{moment} {'00:00:00' if table == 'microbiologyevents' else '23:59:00'}"


@cache
def _first_time_column(table: str) -> str | None:
    names = TABLES[table].column_names
    return next((name for name in names if "time" in name or "date" in name), None)


def _minute_before_the_end(
    row: RawRow, record: RawRecord, stays: str, stay: str, end: str
) -> Moment:
    of_this_stay = [found for found in record.get(stays, ()) if found[stay] == row[stay]]
    ends = latest_by_id(of_this_stay, stay, lambda found: moment_in(found, end))
    return after(ends.get(row[stay]), minutes=-1)
