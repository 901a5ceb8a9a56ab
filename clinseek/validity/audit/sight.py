"""One patient at one cutoff, and which raw row it is that a case shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.findings import Check, Violation, raw_key, told_moment
from clinseek.validity.oracle import Cell, RawRecord, RawRow, Reading

Expected = dict[str, list[tuple[int, RawRow]]]
Cells = tuple[Cell, ...]


class Sight(NamedTuple):
    """One patient at one cutoff: the raw rows, and what the second reading makes of them."""

    subject_id: int
    cutoff: str
    record: RawRecord
    reading: Reading
    expected: Expected


class Look:
    """One table of one patient at one cutoff, where something is not as it should be.

    A case shows rows under new numbers; a violation tells them by their raw key.
    """

    def __init__(self, table: str, sight: Sight) -> None:
        self.table = table
        self.sight = sight
        self.rows = sight.record[table]
        self.indexed: dict[str, dict[Cell, list[int]]] = {}

    def raw_row_of(self, cells: Cells, *, prefer: Collection[int] = ()) -> int:
        """The raw row that a shown one most likely is: the most cells alike; -1 when none is.

        `cells` are those of the schema, in its order.
        """

        def alike(index: int) -> tuple[int, bool]:
            agree = sum(
                1
                for raw, cell in zip(self.rows[index].values(), cells, strict=True)
                if cell is not None and raw == cell
            )
            return agree, index in prefer

        best = max(self._candidates(cells), key=alike, default=-1)
        return best if best >= 0 and alike(best)[0] > 1 else -1

    def is_early(self, column: str | None, index: int) -> bool:
        """True when the row, or its cell, is not known at the cutoff."""
        if index < 0:
            return False
        moment = self.moment(column, index)
        return moment is None or moment > self.sight.cutoff

    def moment(self, column: str | None, index: int) -> str | None:
        """The first moment at which a raw row, or its cell, is there."""
        if column is None:
            return self.sight.reading.known[self.table][index]
        return self.sight.reading.opens(self.table, index, column)

    def violation(self, check: Check, column: str | None, index: int, what: str) -> Violation:
        """One violation; `index` is the raw row's, -1 where it is none in particular."""
        row = raw_key(self.table, self.rows[index]) if index >= 0 else "-"
        known = told_moment(self.moment(column, index)) if index >= 0 else None
        return self._violation(check, column, row, known, what)

    def of_shown(self, check: Check, column: str | None, cells: Cells, what: str) -> Violation:
        """The same of a row as a case shows it, found among the raw ones where it is one."""
        index = self.raw_row_of(cells)
        if index >= 0:
            return self.violation(check, column, index, what)
        shown = dict(zip(TABLES[self.table].column_names, cells, strict=True))
        row = f"in no raw table: {raw_key(self.table, shown)}"
        return self._violation(check, column, row, None, what)

    def _violation(
        self, check: Check, column: str | None, row: str, known_at: str | None, what: str
    ) -> Violation:
        sight = self.sight
        here = (sight.subject_id, sight.cutoff, self.table)
        return Violation(check, *here, column, row, known_at, what)

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
