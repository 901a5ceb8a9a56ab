"""The cutoff rule of the published systems (ClinSeekAgent, AgentEHR), table by table: facts only.

A table is cut at its first column whose name contains "time" or "date": a row is shown while that
moment is strictly before the cutoff. A table without such a column is shown whole. No cell of a
row that is shown is masked, no id is re-numbered. Two tables of codes were given a charttime of
their own, and each admission carries the beginning of its discharge summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from clinseek.toolkits.ehr.tables import TABLES, Column, Table


class MinuteBefore(NamedTuple):
    """A charttime made up for a table: a minute before `moment` of the row of `table` by `key`."""

    table: str
    moment: str
    key: str


MINUTE_BEFORE: Mapping[str, MinuteBefore] = MappingProxyType(
    {
        "diagnoses_icd": MinuteBefore("admissions", "dischtime", "hadm_id"),
        "diagnosis": MinuteBefore("edstays", "outtime", "stay_id"),
    }
)
"""Tables to which the published systems add `charttime` as their last column."""

HEAD_ENDS_AT = "Physical Exam"
"""`admissions.text` is the discharge summary before the first of these words."""

ADDED: Mapping[str, Column] = MappingProxyType(
    {
        **{table: Column("charttime", "time") for table in MINUTE_BEFORE},
        "admissions": Column("text", "text"),
    }
)
"""The column that a table has here beside those of MIMIC; it is the table's last."""

END_OF_DAY, MIDNIGHT = "23:59:00", "00:00:00"

STAMPED_MIDNIGHT = frozenset({"microbiologyevents"})
"""Tables whose date stands in the raw files as `YYYY-MM-DD 00:00:00`: it counts as a midnight,
where a bare date is moved to the end of its day."""

ALWAYS_EMPTY = frozenset({"pharmacy"})
"""Tables of which the published systems never show a row: the times of `pharmacy` mix moments and
bare dates, cannot be read together, and a row without a time vanishes."""


def cut_column(table: Table) -> str | None:
    """The first column whose name contains "time" or "date"; None where there is none.

    >>> cut_column(TABLES["microbiologyevents"]), cut_column(TABLES["triage"])
    ('chartdate', None)
    """
    return next((name for name in table.column_names if "time" in name or "date" in name), None)


def _as_shown(table: Table) -> Table:
    """The table with the column added to it, and its date, if it is cut by one, as a time."""
    added = ADDED.get(table.name)
    whole = table._replace(columns=(*table.columns, *((added,) if added else ())))
    cut = cut_column(whole)
    return whole._replace(
        columns=tuple(
            Column(column.name, "time") if column.name == cut else column
            for column in whole.columns
        )
    )


PUBLISHED: Mapping[str, Table] = MappingProxyType(
    {name: _as_shown(table) for name, table in TABLES.items() if not table.is_dictionary}
)
"""Every table of a patient, by name, with the columns that the published systems show."""


def hour_of_date(table: str) -> str | None:
    """The hour at which the date counts that `table` is cut by; None where it is cut by a time.

    >>> hour_of_date("omr"), hour_of_date("microbiologyevents"), hour_of_date("labevents")
    ('23:59:00', '00:00:00', None)
    """
    cut = cut_column(TABLES[table])
    if cut is None or TABLES[table].type_of(cut) != "date":
        return None
    return MIDNIGHT if table in STAMPED_MIDNIGHT else END_OF_DAY


def cut_words(table: str) -> str:
    """In words, when a row of `table` is shown.

    >>> cut_words("labevents"), cut_words("triage")
    ('charttime, strictly before the cutoff', 'always: no column to cut by')
    """
    if table in ALWAYS_EMPTY:
        return "never: the published systems always empty it"
    cut = cut_column(PUBLISHED[table])
    if cut is None:
        return "always: no column to cut by"
    hour = hour_of_date(table)
    at = f" at {hour}" if hour else ""
    made = MINUTE_BEFORE.get(table)
    of = f" ({made.table}.{made.moment} - 1 minute)" if made else ""
    return f"{cut}{of}{at}, strictly before the cutoff"


def published_facts() -> tuple[object, ...]:
    """All that decides what the rule shows, in plain values, to be hashed."""
    return (
        *(
            (name, table.columns, cut_column(table), hour_of_date(name), name in ALWAYS_EMPTY)
            for name, table in sorted(PUBLISHED.items())
        ),
        sorted(MINUTE_BEFORE.items()),
        HEAD_ENDS_AT,
    )
