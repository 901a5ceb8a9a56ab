"""One table of the store, from its raw file to sorted shards."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.toolkits.ehr.store.convert import Converter
from clinseek.toolkits.ehr.store.header import Header, read_header
from clinseek.toolkits.ehr.store.manifest import SourceFile, TableManifest
from clinseek.toolkits.ehr.store.parquet import write_shard
from clinseek.toolkits.ehr.store.raw_file import RawFile, ahead
from clinseek.toolkits.ehr.store.report import ProgressMeter
from clinseek.toolkits.ehr.store.rows import Rejected, Rows, cut_rows
from clinseek.toolkits.ehr.store.shards import Spool
from clinseek.toolkits.ehr.tables import Table

if TYPE_CHECKING:
    import duckdb

SHARD_FILE = "{:05d}.parquet"
REJECTED_FILE = "rejected.csv"


def source_name(table: Table, path: Path) -> str:
    """How the manifest calls a raw file: by its module and its own name, not by its place."""
    return f"{table.module}/{path.name}"


def build_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    path: Path,
    *,
    shards: int,
    folder: Path,
    meter: ProgressMeter,
) -> TableManifest:
    """Write every shard of `table` into `folder`, and REJECTED_FILE where rows were broken.

    `connection` holds `plan(subject_id, shard)`. Memory stays bounded by pieces, not by the file:
    rows are typed piece by piece, gathered by shard on disk, and sorted a shard at a time.
    """
    folder.mkdir(parents=True)
    raw = RawFile(path)
    header, pieces = read_rows(ahead(raw.chunks()), table, path)
    converter = Converter(connection, table)
    spool = Spool(folder / "spool", 1 if table.is_dictionary else shards)
    broken = _RejectedFile(folder / REJECTED_FILE, table, path)
    read = 0
    for rows in pieces:
        typed, rejected = converter.convert(rows)
        spool.add(typed)
        broken.add(rejected)
        read += typed.num_rows
        meter.read(read, raw.bytes_read)
    digest = hashlib.sha256()
    count = 0
    for shard, typed in spool.by_shard():
        written = write_shard(connection, table, typed, folder / SHARD_FILE.format(shard))
        count += written.rows
        digest.update(f"{shard}:{written.digest}\n".encode())
        meter.written(count, count / max(read, 1))
    counts = converter.counts
    return TableManifest(
        module=table.module,
        rows=count,
        columns=table.column_names,
        unknown_columns=header.unknown,
        files=(SourceFile(name=source_name(table, path), size=raw.size, sha256=raw.sha256),),
        rejected=counts.rejected,
        unlisted=counts.unlisted,
        unselected=counts.unselected,
        bare_dates=counts.bare_dates,
        digest=digest.hexdigest(),
    )


def read_rows(chunks: Iterator[bytes], table: Table, path: Path) -> tuple[Header, Iterator[Rows]]:
    """The header and, piece by piece, the rows of a csv text; `path` is named in errors."""
    first = next(chunks, b"")
    line, _, rest = first.partition(b"\n")
    header = read_header(line, table, path)

    def remaining() -> Iterator[bytes]:
        yield rest
        yield from chunks

    return header, cut_rows(remaining(), header, first_line=2)


class _RejectedFile:
    """The csv of a table's broken rows; made with the first of them."""

    def __init__(self, path: Path, table: Table, source: Path) -> None:
        self._path = path
        self._table = table.name
        self._source = source_name(table, source)

    def add(self, rejected: Iterable[Rejected]) -> None:
        rows = [(self._table, self._source, *row) for row in rejected]
        if not rows:
            return
        is_new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(("table", "file", "line", "reason", "raw"))
            writer.writerows(rows)
