"""The second reading of one patient: when each row and cell is known; the record at a cutoff."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from clinseek.errors import RuleError
from clinseek.validity.oracle import openings, surrogates
from clinseek.validity.oracle.clocks import Clocks, clocks_of
from clinseek.validity.oracle.images import reports_by_time
from clinseek.validity.oracle.model import Cell, Moment, OracleProfile, RawRecord, RawRow
from clinseek.validity.oracle.openings import Late
from clinseek.validity.oracle.orders import consult_times
from clinseek.validity.oracle.rules import KNOWN
from clinseek.validity.oracle.shown import shown_rows

_FIRST = ("poe", "emar", "discharge", "radiology")
"""Tables whose rows others hang on, so they are read before those."""


@dataclass(frozen=True)
class _TableReading:
    known: list[Moment]
    late: Late
    places: list[int]
    """Rows that are ever known, in the order of known."""
    moments: list[str]
    """When each of `places` is known."""
    shown: list[RawRow]
    """Every row with all cells that are ever shown; the raw row itself where nothing differs."""
    waiting: dict[int, tuple[tuple[str, str], ...]]
    """For rows in `late`: (moment, column) of cells that come after their row."""


@dataclass(frozen=True)
class Reading:
    """What one patient's record tells, and from when on, under one profile."""

    profile: OracleProfile
    known: dict[str, list[Moment]]
    """For every raw row, in the record's order: the first moment at which it is there."""
    _tables: dict[str, _TableReading]

    def opens(self, table: str, index: int, column: str) -> Moment:
        """The first moment at which a cell is there, never before its row.

        An empty cell hides nothing: it is there with its row.
        """
        reading = self._tables[table]
        late = reading.late.get(index)
        if late is not None and column in late:
            return late[column]
        return reading.known[index]

    def late(self, table: str) -> Late:
        """The filled cells that come after their row, by index of the row; None is never."""
        return self._tables[table].late

    def at(self, cutoff: str) -> dict[str, list[tuple[int, RawRow]]]:
        """The record as it must stand at `cutoff` (inclusive, `YYYY-MM-DD HH:MM:SS`).

        Every table of the record, with (index of the raw row, every schema column as it must be
        shown), in order of known. The rows are shared between calls: do not alter them.
        """
        tables = {name: _rows_at(reading, cutoff) for name, reading in self._tables.items()}
        if "patients" in tables:
            tables["patients"] = [(i, _aged(row, cutoff)) for i, row in tables["patients"]]
        return tables


def read_record(
    record: RawRecord, profile: OracleProfile, *, bedside_items: frozenset[int]
) -> Reading:
    """Read one patient's record.

    `bedside_items` are the itemids of chartevents whose d_items.category is known and not Labs.
    Raises RuleError for a table that no rule speaks of.
    """
    unknown = sorted(set(record) - set(KNOWN))
    if unknown:
        raise RuleError(f"the second reading has no rule for table {unknown[0]!r}")
    clocks = clocks_of(
        record,
        profile,
        bedside_items=bedside_items,
        consulted=consult_times(record.get("poe_detail", ())),
        reported=reports_by_time(record),
    )
    known = _known_of(record, clocks)
    numbers = {
        table: surrogates.numbers_of(table, record[table], known[table])
        for table in surrogates.NUMBERED
        if table in record
    }
    by_id = {
        table: surrogates.numbers_by_id(table, record[table], found)
        for table, found in numbers.items()
    }
    tables = {}
    for table, rows in record.items():
        late = openings.late_cells(table, rows, known[table], clocks)
        shown = shown_rows(table, rows, known[table], numbers=numbers.get(table), by_id=by_id)
        tables[table] = _table_reading(known[table], late, shown)
    return Reading(profile, known, tables)


def _known_of(record: RawRecord, clocks: Clocks) -> dict[str, list[Moment]]:
    """When each row is known. Fills `clocks.rows_known` for the rows that hang on others."""
    known: dict[str, list[Moment]] = {}
    first = [table for table in _FIRST if table in record]
    clocks.rows_known.update({table: {} for table in _FIRST})
    for table in (*first, *(table for table in record if table not in first)):
        rule = KNOWN[table]
        known[table] = [rule(row, clocks) for row in record[table]]
        if table in first:
            key = surrogates.NUMBERED[table].key
            clocks.rows_known[table] = _latest(record[table], key, known[table])
    return {table: known[table] for table in record}


def _latest(rows: Sequence[RawRow], key: str, known: Sequence[Moment]) -> dict[Cell, str]:
    found: dict[Cell, str] = {}
    for row, moment in zip(rows, known, strict=True):
        if moment is not None and row[key] is not None:
            found[row[key]] = max(moment, found.get(row[key], moment))
    return found


def _table_reading(known: list[Moment], late: Late, shown: list[RawRow]) -> _TableReading:
    ordered = sorted((moment, place) for place, moment in enumerate(known) if moment is not None)
    waiting = {}
    for place, cells in late.items():
        shown_later = [(moment, column) for column, moment in cells.items() if moment is not None]
        never = [column for column, moment in cells.items() if moment is None]
        if never:
            shown[place] = shown[place] | dict.fromkeys(never)
        if shown_later:
            waiting[place] = tuple(shown_later)
    return _TableReading(
        known=known,
        late=late,
        places=[place for _, place in ordered],
        moments=[moment for moment, _ in ordered],
        shown=shown,
        waiting=waiting,
    )


def _rows_at(reading: _TableReading, cutoff: str) -> list[tuple[int, RawRow]]:
    places = reading.places[: bisect_right(reading.moments, cutoff)]
    shown, waiting = reading.shown, reading.waiting
    if not waiting:
        return [(place, shown[place]) for place in places]
    rows = []
    for place in places:
        row = shown[place]
        hidden = [column for moment, column in waiting.get(place, ()) if moment > cutoff]
        rows.append((place, row | dict.fromkeys(hidden) if hidden else row))
    return rows


def _aged(row: RawRow, cutoff: str) -> RawRow:
    """The patient with age and year at the cutoff: an anchor_year ahead betrays a later visit."""
    age, year = row["anchor_age"], row["anchor_year"]
    now = int(cutoff[:4])
    aged = age + now - year if isinstance(age, int) and isinstance(year, int) else None
    return row | {"anchor_age": aged, "anchor_year": now}
