"""What a case shows, read straight from its file, without the tools and their limits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from clinseek.toolkits.ehr.case import Case
from clinseek.validity.oracle import Cell


class ShownTable(NamedTuple):
    """One table of a case: its columns without `row_id`, and by row_id the cells."""

    columns: tuple[str, ...]
    rows: dict[int, tuple[Cell, ...]]

    def in_order(self, columns: tuple[str, ...]) -> Iterable[tuple[Cell, ...]]:
        """Every row with the cells of `columns`, in that order; None where a column lacks."""
        if self.columns == columns:
            return self.rows.values()
        return (self.cells(row_id, columns) for row_id in self.rows)

    def cells(self, row_id: int, columns: tuple[str, ...]) -> tuple[Cell, ...]:
        """The cells of one row."""
        cells = dict(zip(self.columns, self.rows[row_id], strict=True))
        return tuple(cells.get(column) for column in columns)


Shown = dict[str, ShownTable]


def shown_tables(case: Case) -> Shown:
    """Every patient's table of `case`, whole."""
    with closing(opened(case.path)) as connection:
        return {table: _table(connection, table) for table in case.tables}


def opened(path: Path) -> sqlite3.Connection:
    """A read-only connection to the file of a case."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def _table(connection: sqlite3.Connection, table: str) -> ShownTable:
    names = [row[1] for row in connection.execute(f'PRAGMA table_xinfo("{table}")')]
    columns = tuple(name for name in names if name != "row_id")
    listed = ", ".join(("rowid", *(f'"{name}"' for name in columns)))
    rows = connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY rowid')
    return ShownTable(columns, {row[0]: row[1:] for row in rows})
