"""The case against the second reading: every row and cell, both ways."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.findings import Check, Violation, raw_key, told_moment
from clinseek.validity.audit.shown import Shown, ShownTable
from clinseek.validity.oracle import Cell, RawRecord, RawRow, Reading

_TOLD_ROWS = 20
"""Rows of one table at one cutoff that are told one by one; the rest are counted."""
_LOOKED_AT = 200
"""Rows too many among which those are looked for that should not be there at all."""

Expected = dict[str, list[tuple[int, RawRow]]]
Cells = tuple[Cell, ...]


class Sight(NamedTuple):
    """One patient at one cutoff: the raw rows, and what the second reading makes of them."""

    subject_id: int
    cutoff: str
    record: RawRecord
    reading: Reading
    expected: Expected


def differences(shown: Shown, sight: Sight) -> list[Violation]:
    """Every row or cell in which the case is not what the second reading expects of it."""
    what = "a table that the patient's record does not have"
    here = (sight.subject_id, sight.cutoff)
    beside = [
        Violation("record", *here, table, None, "-", None, what)
        for table in shown
        if table not in sight.record
    ]
    return beside + [
        violation
        for table in sight.record
        for violation in table_differences(table, shown.get(table), sight)
    ]


def table_differences(table: str, shown: ShownTable | None, sight: Sight) -> list[Violation]:
    """The same for one table; `shown` is None where the case lacks it."""
    look = _Look(table, sight)
    expected = sight.expected[table]
    if shown is None:
        return [look.violation("completeness", None, -1, "the case lacks the table")]
    schema = TABLES[table].column_names
    found = [
        look.violation("record", column, -1, "a column that the table does not have")
        for column in shown.columns
        if column not in schema
    ]
    found += [
        look.violation("completeness", column, -1, "the case lacks the column")
        for column in schema
        if column not in shown.columns
    ]
    there = Counter(_cells_of(shown, schema))
    wanted = Counter(tuple(row.values()) for _, row in expected)
    if there != wanted:
        found += look.pairs(there - wanted, wanted - there, expected)
    return found


def _cells_of(shown: ShownTable, columns: tuple[str, ...]) -> Iterable[Cells]:
    """The shown rows with the cells of `columns`, in that order; None where a column lacks."""
    if shown.columns == columns:
        return shown.rows.values()
    places = [shown.columns.index(name) if name in shown.columns else None for name in columns]
    return (
        tuple(None if place is None else cells[place] for place in places)
        for cells in shown.rows.values()
    )


class _Look:
    """One table of one patient at one cutoff, where something is not as it should be."""

    def __init__(self, table: str, sight: Sight) -> None:
        self.table = table
        self.sight = sight
        self.rows = sight.record[table]
        self.indexed: dict[str, dict[Cell, list[int]]] = {}

    def pairs(
        self, extra: Counter[Cells], missing: Counter[Cells], expected: list[tuple[int, RawRow]]
    ) -> Iterator[Violation]:
        """Each row too many and each row too few, the two matched where they are one raw row."""
        lacking: dict[int, Cells] = {}
        still = Counter(missing)
        for index, row in expected:
            cells = tuple(row.values())
            if still[cells] > 0:
                still[cells] -= 1
                lacking[index] = cells
        surplus = [
            (self._raw_row_of(cells, prefer=lacking), cells)
            for cells in itertools.islice(extra.elements(), _LOOKED_AT)
        ]
        there = {index for index, _ in expected}
        surplus.sort(key=lambda pair: pair[0] in there)  # rows that should not be there come first
        for index, cells in surplus[:_TOLD_ROWS]:
            yield from self._too_much(cells, index, lacking.pop(index, None))
        if extra.total() > _TOLD_ROWS:
            left = extra.total() - _TOLD_ROWS
            yield self.violation(
                "record",
                None,
                -1,
                f"{left} more rows shown that are early, or other than they should be",
            )
            return
        for index in list(lacking)[:_TOLD_ROWS]:
            yield self.violation("completeness", None, index, "a row known by then is not there")
        if len(lacking) > _TOLD_ROWS:
            left = len(lacking) - _TOLD_ROWS
            yield self.violation("completeness", None, -1, f"{left} more known rows missing")

    def _too_much(self, cells: Cells, index: int, wanted: Cells | None) -> Iterator[Violation]:
        if index < 0:
            yield self.violation("record", None, -1, f"a row that is in no raw table: {cells}")
            return
        if wanted is None:
            yield self.violation("record", None, index, "a row shown before it is known")
            return
        for column, cell, right in zip(self.rows[index], cells, wanted, strict=True):
            if cell == right:
                continue
            if right is None:
                yield self.violation("record", column, index, f"shows {cell!r} before its time")
            elif cell is None:
                yield self.violation("completeness", column, index, f"hides {right!r}, known then")
            else:
                what = f"shows {cell!r} instead of {right!r}"
                yield self.violation("record", column, index, what)

    def _raw_row_of(self, cells: Cells, *, prefer: dict[int, Cells]) -> int:
        """The raw row that a shown one most likely is: the most cells alike; -1 when none is."""

        def alike(index: int) -> tuple[int, bool]:
            agree = sum(
                1
                for raw, cell in zip(self.rows[index].values(), cells, strict=True)
                if cell is not None and raw == cell
            )
            return agree, index in prefer

        best = max(self._candidates(cells), key=alike, default=-1)
        return best if best >= 0 and alike(best)[0] > 1 else -1

    def _candidates(self, cells: Cells) -> Sequence[int]:
        """Raw rows that may be the shown one: those with its first time, where it has one."""
        for place, column in enumerate(TABLES[self.table].columns):
            if column.type in ("time", "date") and cells[place] is not None:
                return self._by_cell(column.name).get(cells[place], ())
        return range(len(self.rows))

    def _by_cell(self, column: str) -> dict[Cell, list[int]]:
        if column not in self.indexed:
            self.indexed[column] = {}
            for index, row in enumerate(self.rows):
                self.indexed[column].setdefault(row[column], []).append(index)
        return self.indexed[column]

    def violation(self, check: Check, column: str | None, index: int, what: str) -> Violation:
        """One violation; `index` is the raw row's, -1 where it is none in particular."""
        return Violation(
            check=check,
            subject_id=self.sight.subject_id,
            cutoff=self.sight.cutoff,
            table=self.table,
            column=column,
            row=raw_key(self.table, self.rows[index]) if index >= 0 else "-",
            known_at=told_moment(self._moment(column, index)) if index >= 0 else None,
            what=what,
        )

    def _moment(self, column: str | None, index: int) -> str | None:
        if column is None:
            return self.sight.reading.known[self.table][index]
        return self.sight.reading.opens(self.table, index, column)
