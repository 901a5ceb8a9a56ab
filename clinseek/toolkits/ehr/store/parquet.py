"""Writing a shard of a table: sorted rows to Parquet, with a hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clinseek.toolkits.ehr.tables import ColumnType, Table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROWS_A_GROUP = 4_096
"""Rows of a Parquet row group: few enough that one patient's rows are read without much else."""

_BYTES_A_GROUP = 2 << 20
"""Long rows (notes) stand in smaller groups, for the same reason."""


_ROWS_A_WRITE = 16 * ROWS_A_GROUP
_MAIN_TIMES = (
    "charttime", "chartdate", "starttime", "admittime", "intime", "transfertime", "ordertime",
    "studydatetime",
)  # fmt: skip


class Written(NamedTuple):
    """How many rows a shard file has, and the hash of what they say."""

    rows: int
    digest: str


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of a table as the store holds them, in the order of the schema."""
    import pyarrow as pa

    types: dict[ColumnType, pa.DataType] = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "text": pa.string(),
        "time": pa.timestamp("us"),
        "date": pa.date32(),
    }
    return pa.schema([(column.name, types[column.type]) for column in table.columns])


def sorting_sql(table: Table) -> str:
    """SELECT over `spool`: the columns of the schema by patient, main time, place in the file."""
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    if table.is_dictionary:
        return f"SELECT {columns} FROM spool ORDER BY ordinal"
    times = (f'"{name}" NULLS LAST, ' for name in _MAIN_TIMES if name in table.column_names)
    return f"SELECT {columns} FROM spool ORDER BY subject_id, {next(times, '')}ordinal"


def write_shard(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: pa.Table | pa.RecordBatchReader,
    where: Path | pa.BufferOutputStream,
) -> Written:
    """Sort `rows` and write them to a file, or to memory."""
    import pyarrow.parquet as pq

    schema = arrow_schema(table)
    digest = hashlib.sha256()
    count = 0
    connection.register("spool", rows)
    reader = connection.sql(sorting_sql(table)).to_arrow_reader(_ROWS_A_WRITE)
    with pq.ParquetWriter(
        where,
        schema,
        # Snappy reads fastest; for notes, which are long, zstd saves half the disk.
        compression="zstd" if table.module == "note" else "snappy",
        write_statistics=[name for name in ("subject_id",) if name in schema.names],
        store_schema=False,
    ) as writer:
        for slab in _slabs(reader, schema):
            writer.write_table(slab, row_group_size=_rows_a_group(slab))
            _hash_into(digest, slab)
            count += slab.num_rows
    # Not in a `finally`: while an interrupted query stands open DuckDB refuses, and hides Ctrl-C.
    connection.unregister("spool")
    return Written(count, digest.hexdigest())


def _slabs(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in tables of one fixed size (the last is shorter), whatever the batches were."""
    import pyarrow as pa

    held: list[pa.Table] = []
    size = 0
    for batch in reader:
        held.append(pa.Table.from_batches([batch]).cast(schema))
        size += batch.num_rows
        while size >= _ROWS_A_WRITE:
            rows = pa.concat_tables(held).combine_chunks()
            yield rows.slice(0, _ROWS_A_WRITE).combine_chunks()
            size -= _ROWS_A_WRITE
            held = [rows.slice(_ROWS_A_WRITE)]
    if size:
        yield pa.concat_tables(held).combine_chunks()


def _rows_a_group(slab: pa.Table) -> int:
    bytes_a_row = max(int(slab.nbytes) // max(int(slab.num_rows), 1), 1)
    return max(1, min(ROWS_A_GROUP, _BYTES_A_GROUP // bytes_a_row))


def _hash_into(digest: hashlib._Hash, slab: pa.Table) -> None:
    """Hash what the cells say, not how a library lays them out: NULLs, lengths, values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digest.update(slab.num_rows.to_bytes(8, "little"))
    for column in slab.columns:
        cells = column.chunk(0)
        digest.update(_fixed(pc.cast(pc.is_valid(cells), pa.uint8())))
        if pa.types.is_string(cells.type):
            text = pc.fill_null(cells, "")
            digest.update(_fixed(pc.binary_length(text)))
            digest.update(_characters(text))
        else:
            # A NULL's place may hold anything: it counts as 0.
            bits = cells.view(pa.int64() if cells.type.bit_width == 64 else pa.int32())
            digest.update(_fixed(pc.fill_null(bits, 0)))


def _fixed(cells: pa.Array) -> memoryview:
    width = cells.type.bit_width // 8
    start = cells.offset * width
    return memoryview(cells.buffers()[1])[start : start + len(cells) * width]


def _characters(text: pa.Array) -> memoryview:
    offsets = memoryview(text.buffers()[1]).cast("i")
    start, end = offsets[text.offset], offsets[text.offset + len(text)]
    characters = text.buffers()[2]
    return memoryview(characters)[start:end] if characters is not None else memoryview(b"")
