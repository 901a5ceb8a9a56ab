"""Parquet files that grow a group of rows at a time, so that no more than one is in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class GroupedParquet:
    """Rows of one schema; the file is whole when it was closed."""

    def __init__(self, file: Path, schema: Any, *, rows_a_group: int) -> None:
        import pyarrow.parquet as pq

        self._schema, self._rows_a_group = schema, rows_a_group
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        """Add a row."""
        self._rows.append(row)
        if len(self._rows) >= self._rows_a_group:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
