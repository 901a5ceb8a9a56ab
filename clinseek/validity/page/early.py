"""What the published cutoff rule shows before it was known: rows, and cells of rows.

Measured without a cutoff. What is shown strictly after one moment and known from a later one on
is shown too early at every cutoff between the two. Pure: a record and its reading in, counts out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from clinseek.validity.oracle import Moment, RawRecord, RawRow, Reading, published_shown_from
from clinseek.validity.page.spans import Spans, between

TEXT_OF_ADMISSIONS = "admissions.text"
"""What the published systems add to an admission: the beginning of its discharge summary."""

_ALWAYS = ""
_SUMMARY = "DS"


@dataclass
class Tally:
    """Of `total` rows or cells, those shown too early: by how long, or `never` known at all."""

    total: int = 0
    never: int = 0
    by: Spans = field(default_factory=Spans)

    @property
    def early(self) -> int:
        """How many are shown too early, those that are never known among them."""
        return self.never + self.by.total()

    def beyond(self, span: timedelta) -> int:
        """How many are early by more than `span`, or never known."""
        return self.never + sum(number for by, number in self.by.items() if by > span)

    def count(self, shown: str, known: Moment) -> bool:
        """Count one that is shown after `shown` and known from `known` on; True if early."""
        if known is None:
            self.never += 1
        elif shown < known:
            self.by[between(shown, known)] += 1
        return known is None or shown < known

    def add(self, other: Tally) -> None:
        """Count in what another patient or table has."""
        self.total += other.total
        self.never += other.never
        self.by.update(other.by)


@dataclass
class Early:
    """What is shown too early of one table, over any number of patients.

    `cells` counts the filled ones, as early those whose own moment is later than that of their
    row: a late row is counted among `rows` alone. `columns` tells which cells these are.
    `withheld` are the rows that the published rule shows later than they were known, or never.
    """

    rows: Tally = field(default_factory=Tally)
    withheld: int = 0
    cells: Tally = field(default_factory=Tally)
    columns: Counter[str] = field(default_factory=Counter)

    def add(self, other: Early) -> None:
        """Count in what another patient or table has."""
        self.rows.add(other.rows)
        self.withheld += other.withheld
        self.cells.add(other.cells)
        self.columns.update(other.columns)


def early_by_table(record: RawRecord, reading: Reading) -> dict[str, Early]:
    """What the published rule shows too early of one patient, against `reading`.

    A table that it shows whole is counted from the patient's first arrival on (admission or ED):
    nobody asks about a patient before. `admissions.text` has an entry of its own where the record
    has discharge summaries; each admission with a summary counts as a row of it.
    """
    arrival = first_arrival(record)
    found = {table: _early_of_table(table, record, reading, arrival) for table in record}
    if "discharge" in record:
        found[TEXT_OF_ADMISSIONS] = _early_texts(record, reading)
    return found


def first_arrival(record: RawRecord) -> Moment:
    """The patient's first admission or arrival in the ED; None without either."""
    moments = [stay["admittime"] for stay in record.get("admissions", ())]
    moments += [stay["intime"] for stay in record.get("edstays", ())]
    return min((moment for moment in moments if isinstance(moment, str)), default=None)


def total_of(tables: Iterable[Early]) -> Early:
    """All tables taken together."""
    total = Early()
    for early in tables:
        total.add(early)
    return total


def _early_of_table(table: str, record: RawRecord, reading: Reading, arrival: Moment) -> Early:
    found = Early()
    for index, row in enumerate(record[table]):
        known = reading.known[table][index]
        shown = published_shown_from(table, row, record)
        filled = [column for column, cell in row.items() if cell is not None]
        found.rows.total += 1
        found.cells.total += len(filled)
        if _is_withheld(shown, known):
            found.withheld += 1
        if shown == _ALWAYS:
            shown = arrival
        if shown is None:
            continue
        found.rows.count(shown, known)
        if known is not None:
            _count_cells(found, shown, known, _opens(reading, table, index, filled))
    return found


def _is_withheld(shown: Moment, known: Moment) -> bool:
    if shown is None:
        return known is not None
    return known is not None and _ALWAYS != known < shown


def _opens(
    reading: Reading, table: str, index: int, columns: Iterable[str]
) -> list[tuple[str, Moment]]:
    return [(column, reading.opens(table, index, column)) for column in columns]


def _count_cells(found: Early, shown: str, known: str, opens: list[tuple[str, Moment]]) -> None:
    for column, moment in opens:
        if moment != known and found.cells.count(shown, moment):
            found.columns[column] += 1


def _early_texts(record: RawRecord, reading: Reading) -> Early:
    """Of several summaries of a stay the first by note_id is the one in `admissions.text`."""
    first: dict[object, int] = {}
    notes = sorted(enumerate(record["discharge"]), key=lambda note: str(note[1]["note_id"]))
    for index, note in notes:
        if note["note_type"] == _SUMMARY:
            first.setdefault(note["hadm_id"], index)
    found = Early()
    for stay in record.get("admissions", ()):
        admitted = _moment_in(stay, "admittime")
        if admitted is not None and stay["hadm_id"] in first:
            found.rows.total += 1
            found.rows.count(admitted, reading.known["discharge"][first[stay["hadm_id"]]])
    return found


def _moment_in(row: RawRow, column: str) -> Moment:
    cell = row[column]
    return cell if isinstance(cell, str) else None
