"""What a look-up is, and the pieces of SQL that many share.

A look-up selects its answer in the first column: `yes`, `no`, a category, or one code a row for a
set. No row, or NULL, is no answer. It knows `:cutoff` and the ids of the stay that is asked about
(`:hadm_id`, `:stay_id`). It must answer only where the record holds something of the future of that
stay: what is past at the cutoff, such as the discharge of an earlier stay, is no answer, and each
condition on `:cutoff` is there for that. Absence is no answer either.
"""

from __future__ import annotations

from typing import NamedTuple


class LookUp(NamedTuple):
    """One look-up: what it looks at, and the SQL whose first column is the answer.

    A `hint` says that something is hidden, not what: an agent would not take it for an answer, but
    a record that promises to hold nothing of the future must not give it. An `undated` one says
    yes to whatever comes, without the days or hours that the question sets. `reference_column` is
    a column (`table.column`) that only the reference profile adds to the record.
    """

    name: str
    sql: str
    hint: bool = False
    undated: bool = False
    reference_column: str | None = None


STAY = "FROM admissions AS a WHERE a.hadm_id = :hadm_id"

HEAD_OF_NOTE = "admissions.text"
"""The head of the stay's discharge note, as the published record has it."""

UNEXPLAINED = (
    "hadm_id IS NOT NULL "
    "AND hadm_id NOT IN (SELECT hadm_id FROM admissions WHERE hadm_id IS NOT NULL)"
)
"""A row that names an admission which the record does not hold (yet)."""

CODES = ("diagnoses_icd", "procedures_icd", "drgcodes", "hcpcsevents")
"""Tables of codes, which are given for a whole stay after its end."""


def answer(condition: str) -> str:
    """Yes or no by an SQL condition; NULL, which is no answer, where that is NULL."""
    return f"CASE WHEN {condition} THEN 'yes' WHEN NOT ({condition}) THEN 'no' END"


def days_between(moment: str, since: str) -> str:
    """The days from `since` to `moment`, as SQL."""
    return f"(julianday({moment}) - julianday({since}))"


def hint(name: str, rows: str) -> LookUp:
    """A hint wherever there are such rows; `rows` begins at the table's name."""
    return LookUp(name, f"SELECT 'yes' FROM {rows}", hint=True)


def shown_ahead(table: str, column: str, *, key: str) -> LookUp:
    """A moment after the cutoff in a row of the stay."""
    return hint(f"{table}.{column} ahead", f"{table} WHERE {key} = :{key} AND {column} > :cutoff")


def of_the_stay(*tables: str) -> tuple[LookUp, ...]:
    """Codes of the stay while it goes on, which say that there are some."""
    return tuple(
        hint(f"{table} of the stay", f"{table} WHERE hadm_id = :hadm_id") for table in tables
    )


def of_a_stay_to_come(*tables: str) -> tuple[LookUp, ...]:
    """Codes of an admission which the record does not hold."""
    return tuple(
        LookUp(f"{table} of a stay to come", f"SELECT 'yes' FROM {table} WHERE {UNEXPLAINED}",
               undated=True)
        for table in tables
    )  # fmt: skip


GAPS = tuple(
    LookUp(
        f"gaps in {table}",
        f"SELECT CASE WHEN max({column}) - min({column}) + 1 > count(DISTINCT {column}) "
        f"THEN 'yes' END FROM {table}",
        hint=True,
    )
    for table, column in (
        ("labevents", "labevent_id"),
        ("microbiologyevents", "microevent_id"),
        ("poe", "poe_seq"),
        ("emar", "emar_seq"),
        ("discharge", "note_seq"),
        ("radiology", "note_seq"),
    )
)
"""Running numbers without a row: rows that are hidden. How many, but not of what."""

_LATER_YEAR = "patients WHERE anchor_year > CAST(substr(:cutoff, 1, 4) AS INTEGER)"


def anchor_says(told: str, *, undated: bool = False) -> LookUp:
    """What follows from an anchor_year (and so an anchor_age) of a year to come."""
    return LookUp("anchor_year, anchor_age", f"SELECT '{told}' FROM {_LATER_YEAR}", undated=undated)


HINTS = (*GAPS, hint("anchor_year, anchor_age", _LATER_YEAR))
"""For every outcome: running numbers, and the year in which the patient's age is told."""
