"""One table of the store, from its raw file to sorted shards."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from clinseek.toolkits.ehr.store.convert import Converter, Counts
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
    import pyarrow as pa

SHARD_FILE = "{:05d}.parquet"
REJECTED_FILE = "rejected.csv"


def source_name(table: Table, path: Path) -> str:
    """How the manifest calls a raw file: by its module and its own name, not by its place."""
    return f"{table.module}/{path.name}"


class Typed(NamedTuple):
    """A piece of a table: its good rows with `shard` and `ordinal`, and the broken ones.

    `path` is the file in which the broken ones stand.
    """

    rows: pa.Table
    rejected: list[Rejected]
    path: Path


class TableSource(Protocol):
    """Where the rows of a table come from; `read` is to be called once and to its end."""

    counts: Counts

    @property
    def size(self) -> int:
        """Bytes of all its files, as they lie on disk."""
        ...

    @property
    def bytes_read(self) -> int:
        """How many of them were read so far."""
        ...

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Its files with their hashes; whole once `read` has ended."""
        ...

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        """Columns of its files that no schema has; known once `read` has begun."""
        ...

    def read(self) -> Iterator[Typed]:
        """The rows in pieces, at least one."""
        ...


class CsvSource:
    """The one csv file that most tables are."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
        self._table = table
        self._raw = RawFile(path)
        self._converter = Converter(connection, table)
        self.counts = self._converter.counts
        self.unknown_columns: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._raw.size

    @property
    def bytes_read(self) -> int:
        """Bytes read of it."""
        return self._raw.bytes_read

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The file by its content."""
        return (source_file(self._table, self._raw),)

    def read(self) -> Iterator[Typed]:
        """The rows of the file, piece by piece."""
        header, pieces = read_rows(ahead(self._raw.chunks()), self._table, self._raw.path)
        self.unknown_columns = header.unknown
        for rows in pieces:
            yield Typed(*self._converter.convert(rows), self._raw.path)


def source_file(table: Table, raw: RawFile) -> SourceFile:
    """A file that was read to its end, by its content."""
    return SourceFile(name=source_name(table, raw.path), size=raw.size, sha256=raw.sha256)


def build_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    source: TableSource,
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
    spool = Spool(folder / "spool", 1 if table.is_dictionary else shards)
    broken = _RejectedFile(folder / REJECTED_FILE, table)
    read = 0
    for piece in source.read():
        spool.add(piece.rows)
        broken.add(piece.rejected, piece.path)
        read += piece.rows.num_rows
        meter.read(read, source.bytes_read)
    digest = hashlib.sha256()
    count = 0
    for shard, typed in spool.by_shard():
        written = write_shard(connection, table, typed, folder / SHARD_FILE.format(shard))
        count += written.rows
        digest.update(f"{shard}:{written.digest}\n".encode())
        meter.written(count, count / max(read, 1))
    counts = source.counts
    return TableManifest(
        module=table.module,
        rows=count,
        columns=table.column_names,
        unknown_columns=source.unknown_columns,
        files=source.files,
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

    def __init__(self, path: Path, table: Table) -> None:
        self._path = path
        self._table = table

    def add(self, rejected: Iterable[Rejected], source: Path) -> None:
        name = source_name(self._table, source)
        rows = [(self._table.name, name, *row) for row in rejected]
        if not rows:
            return
        is_new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(("table", "file", "line", "reason", "raw"))
            writer.writerows(rows)
