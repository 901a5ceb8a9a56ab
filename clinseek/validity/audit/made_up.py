"""A made-up record in the form of a store's, so that a case opens on it as on any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.toolkits.ehr.tables import TABLES, Table
from clinseek.validity.oracle import RawRecord, RawRow

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class MadeUp:
    """The rows of one patient in the place of a store's; dictionaries stay the store's own."""

    path: Path
    tables: tuple[str, ...]
    vocabulary: Path
    rows: dict[str, pa.Table]

    def read_subject(self, subject_id: int) -> dict[str, pa.Table]:  # noqa: ARG002
        """The made-up rows, whoever is asked for."""
        return self.rows


def arrow_rows(record: RawRecord) -> dict[str, pa.Table]:
    """The rows by table, typed as a store types them."""
    return {name: _arrow_table(TABLES[name], rows) for name, rows in record.items()}


def _arrow_table(table: Table, rows: list[RawRow]) -> pa.Table:
    import pyarrow as pa

    from clinseek.toolkits.ehr.store.parquet import arrow_schema

    schema = arrow_schema(table)
    columns = []
    for column, field in zip(table.columns, schema, strict=True):
        cells = [row[column.name] for row in rows]
        written = pa.string() if column.type in ("time", "date") else field.type
        columns.append(pa.array(cells, type=written).cast(field.type))
    return pa.table(columns, schema=schema)
