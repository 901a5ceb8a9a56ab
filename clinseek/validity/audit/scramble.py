"""The future of a patient deleted, randomised, multiplied: none of it may move a byte of the case.

What is the future is decided by the second reading alone, and so is whether a made-up row is: those
that would be known by the cutoff after all are left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from clinseek.toolkits.ehr.tables import TABLES, Column
from clinseek.validity.audit.sight import Sight
from clinseek.validity.oracle import Cell, OracleProfile, RawRecord, RawRow, read_record

Way = Literal["deleted", "randomised", "tenfold"]
WAYS: tuple[Way, ...] = get_args(Way)

_COPIES = 10
_POOL = 32
_OWN_KEYS = {
    "admissions": "hadm_id",
    "transfers": "transfer_id",
    "labevents": "labevent_id",
    "microbiologyevents": "microevent_id",
    "poe": "poe_id",
    "pharmacy": "pharmacy_id",
    "emar": "emar_id",
    "icustays": "stay_id",
    "edstays": "stay_id",
    "discharge": "note_id",
    "radiology": "note_id",
    "cxr": "dicom_id",
}
"""The column by which other rows name one of these; two rows never share it in MIMIC."""

_LINKS = frozenset(
    {
        "subject_id", "hadm_id", "stay_id", "poe_id", "poe_seq", "emar_id", "emar_seq",
        "pharmacy_id", "note_id", "note_type", "note_seq", "field_name", "itemid",
        "micro_specimen_id", "discontinued_by_poe_id", "discontinue_of_poe_id", "transfer_id",
    }
)  # fmt: skip
"""Cells that say to what a row belongs: another value would be another patient's or stay's row."""

_LINKS_BY_TIME = {("radiology", "charttime"): "cxr"}
"""Times that are links too, if there is such a table: an X-ray finds its report by them alone. A
note moved away from its study would be no future of that study, whose labels wait for it."""

_FRESH = 2_000_000_000
"""Where made-up keys begin; those of MIMIC have at most eight digits."""


class Future(NamedTuple):
    """What is not known at the cutoff: whole rows, and cells of rows that are."""

    rows: dict[str, frozenset[int]]
    cells: dict[str, dict[int, tuple[str, ...]]]


def future_of(sight: Sight) -> Future:
    """The rows and cells of the record that the second reading does not show."""
    rows: dict[str, frozenset[int]] = {}
    cells: dict[str, dict[int, tuple[str, ...]]] = {}
    for table, raw in sight.record.items():
        there = dict(sight.expected[table])
        rows[table] = frozenset(range(len(raw))) - there.keys()
        hidden = {index: _hidden_cells(raw[index], there[index]) for index in there}
        cells[table] = {index: columns for index, columns in hidden.items() if columns}
    return Future(rows, cells)


def scrambled(
    sight: Sight,
    future: Future,
    *,
    profile: OracleProfile,
    seed: int,
    bedside_items: frozenset[int],
) -> Iterator[tuple[Way, RawRecord]]:
    """The record with another future, in each way; by the second reading none of it is known yet.

    What is multiplied is the randomised future.
    """
    yield "deleted", _deleted(sight.record, future)
    maker = _Maker(sight, future, random.Random(seed))
    past = {table: maker.past(table) for table in sight.record}
    to_come = {table: maker.to_come(table) for table in sight.record}
    record = {table: [*past[table], *to_come[table]] for table in sight.record}
    known = read_record(record, profile, bedside_items=bedside_items).known
    later = {
        table: [
            row
            for row, moment in zip(rows, known[table][len(past[table]) :], strict=True)
            if moment is None or moment > sight.cutoff
        ]
        for table, rows in to_come.items()
    }
    yield "randomised", {table: [*rows, *later[table]] for table, rows in past.items()}
    yield (
        "tenfold",
        {
            table: [*rows, *later[table], *maker.copies(table, later[table])]
            for table, rows in past.items()
        },
    )


def _deleted(record: RawRecord, future: Future) -> RawRecord:
    return {
        table: [
            {**row, **dict.fromkeys(future.cells[table].get(index, ()))}
            for index, row in enumerate(rows)
            if index not in future.rows[table]
        ]
        for table, rows in record.items()
    }


def _hidden_cells(raw: RawRow, shown: RawRow) -> tuple[str, ...]:
    return tuple(
        column for column, cell in raw.items() if cell is not None and shown[column] is None
    )


class _Maker:
    """Makes another future for one record."""

    def __init__(self, sight: Sight, future: Future, stream: random.Random) -> None:
        self.sight = sight
        self.future = future
        self.stream = stream
        self.cutoff = datetime.fromisoformat(sight.cutoff)
        self.next_key = _FRESH
        self.pools = {
            table: {column.name: self._pool(table, column) for column in TABLES[table].columns}
            for table, rows in sight.record.items()
            if rows
        }

    def past(self, table: str) -> list[RawRow]:
        """The rows that are known, in their order of old, each hidden cell with another value."""
        rows = self.sight.record[table]
        made = []
        for index in sorted(set(range(len(rows))) - self.future.rows[table]):
            row, hidden = rows[index], self.future.cells[table].get(index, ())
            made.append({**row, **{column: self._hidden(table, row, column) for column in hidden}})
        return made

    def to_come(self, table: str) -> list[RawRow]:
        """Another row in the place of each that is not known yet, linked as that one is."""
        rows = self.sight.record[table]
        return [
            {
                column: self._other(self.pools[table][column], cell)
                for column, cell in rows[index].items()
            }
            for index in sorted(self.future.rows[table])
        ]

    def copies(self, table: str, rows: list[RawRow]) -> list[RawRow]:
        """Nine more of each row, known exactly when it is, under keys and with values of their own.

        Cells of moments and links stay, since they decide when a row is known.
        """
        key = _OWN_KEYS.get(table)
        varied = [
            column.name
            for column in TABLES[table].columns
            if column.name not in _LINKS and column.type not in ("time", "date")
        ]
        made = []
        for row in rows:
            for _ in range(_COPIES - 1):
                copy = dict(row)
                if varied:
                    column = self.stream.choice(varied)
                    copy[column] = self.stream.choice(self.pools[table][column])
                if key is not None:
                    copy[key] = self._key(table, row)
                made.append(copy)
        return made

    def _hidden(self, table: str, row: RawRow, column: str) -> Cell:
        """Another value for a cell whose time has not come; a link leads to nothing known."""
        if column not in _LINKS:
            return self.stream.choice(self.pools[table][column])
        if self.stream.random() < 0.5:
            return row[column]
        self.next_key += 1
        integer = TABLES[table].type_of(column) == "integer"
        return self.next_key if integer else f"{self.sight.subject_id}-{self.next_key}"

    def _other(self, pool: list[Cell], cell: Cell) -> Cell:
        lot = self.stream.random()
        return cell if lot < 0.2 or not pool else pool[int(lot * len(pool))]

    def _pool(self, table: str, column: Column) -> list[Cell]:
        """Values to draw from; none for a link, which stays."""
        linked = _LINKS_BY_TIME.get((table, column.name))
        if column.name in _LINKS or (linked is not None and self.sight.record.get(linked)):
            return []
        empty: list[Cell] = [] if column.type in ("time", "date") else [None] * 8
        return [*(self._value(column) for _ in range(_POOL)), *empty]

    def _value(self, column: Column) -> Cell:
        if column.type == "text":
            return f"scrambled {self.stream.randrange(10**9)}"
        if column.type == "integer":
            return self.stream.randrange(10**6)
        if column.type == "number":
            return round(self.stream.uniform(-1e4, 1e4), 3)
        later = self.cutoff + timedelta(minutes=self.stream.randrange(1, 4_000_000))
        if column.type == "date":
            return (later + timedelta(days=1)).date().isoformat()
        return later.strftime("%Y-%m-%d %H:%M:%S")

    def _key(self, table: str, row: RawRow) -> Cell:
        self.next_key += 1
        if table in ("discharge", "radiology"):
            return f"{self.sight.subject_id}-{row['note_type']}-{self.next_key}"
        if table in ("poe", "emar", "cxr"):
            return f"{self.sight.subject_id}-{self.next_key}"
        return self.next_key
