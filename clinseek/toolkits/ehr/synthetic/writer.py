"""Compressed CSV files, one a table, that grow patient by patient and always get the same bytes."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TextIO, cast

from clinseek.toolkits.ehr.synthetic.sheet import Cell, Row
from clinseek.toolkits.ehr.tables import TABLES, Table

COHORT_TABLES: dict[str, Table] = {
    name: table for name, table in TABLES.items() if table.module in ("hosp", "icu", "ed", "note")
}
"""The tables of the record; chest films lie in a folder of their own shape."""

_BUFFER = 1 << 16


def open_gzip(path: Path, *, files: ExitStack) -> TextIO:
    """A text file that is compressed without name or date; closed with `files`."""
    raw: BinaryIO = files.enter_context(path.open("wb"))
    packed = files.enter_context(
        gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=raw, mtime=0)
    )
    buffered = files.enter_context(io.BufferedWriter(cast(io.RawIOBase, packed), _BUFFER))
    return files.enter_context(io.TextIOWrapper(buffered, encoding="utf-8", newline=""))


class _TableFile:
    def __init__(self, table: Table, file: TextIO) -> None:
        self.rows = 0
        self._name = table.name
        self._columns = table.column_names
        self._known = frozenset(table.column_names)
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(self._columns)

    def write(self, rows: Iterable[Row]) -> None:
        columns, known = self._columns, self._known
        lines: list[list[Cell]] = []
        for row in rows:
            if not row.keys() <= known:
                raise ValueError(f"{self._name} has no column {sorted(row.keys() - known)}")
            cell = row.get
            lines.append([cell(column) for column in columns])
        self._writer.writerows(lines)
        self.rows += len(lines)


class CohortWriter:
    """All tables of a cohort, open for writing below `out`; a context manager."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._files = ExitStack()
        self._tables: dict[str, _TableFile] = {}

    def __enter__(self) -> CohortWriter:
        try:
            for name, table in COHORT_TABLES.items():
                folder = self._out / table.module
                folder.mkdir(parents=True, exist_ok=True)
                file = open_gzip(folder / f"{name}.csv.gz", files=self._files)
                self._tables[name] = _TableFile(table, file)
        except BaseException:
            self._files.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.__exit__(kind, error, trace)

    def write(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Append rows by table; a column that the table does not have is a ValueError."""
        for name, table_rows in rows.items():
            self._tables[name].write(table_rows)

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows written so far, by table."""
        return {name: table.rows for name, table in self._tables.items()}
