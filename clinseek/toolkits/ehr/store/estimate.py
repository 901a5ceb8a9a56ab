"""What an ingest would take: rows, disk and time, from a sample of every raw file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.store.build import read_rows
from clinseek.toolkits.ehr.store.convert import Converter
from clinseek.toolkits.ehr.store.cxr.files import CxrFiles
from clinseek.toolkits.ehr.store.cxr.source import CxrSource
from clinseek.toolkits.ehr.store.discover import Discovery
from clinseek.toolkits.ehr.store.engine import connect, load_plan
from clinseek.toolkits.ehr.store.folder import refuse_other_folders
from clinseek.toolkits.ehr.store.parquet import write_shard
from clinseek.toolkits.ehr.store.raw_file import RawFile
from clinseek.toolkits.ehr.store.report import IngestReport, TableReport
from clinseek.toolkits.ehr.store.shards import BYTES_IN_MEMORY
from clinseek.toolkits.ehr.tables import CXR, TABLES, Table

if TYPE_CHECKING:
    import duckdb

_SAMPLE = 4 << 20

_VOCABULARY_BYTES = 2.2
_VOCABULARY_SECONDS = 7e-8
"""For each byte of the dictionaries' text, as MIMIC-IV 2.2's came out."""
_TEXT_OF_CODES = 6
"""A byte of a code list counts for so many: it names codes whose titles are told again."""


class _Estimate(NamedTuple):
    rows: float
    seconds: float
    disk_bytes: float
    text_bytes: float
    working_bytes: float


def estimate(
    found: Discovery,
    store: Path,
    selected: tuple[int, ...] | None = None,
    *,
    code_bytes: int = 0,
) -> IngestReport:
    """The report that an ingest of `found` into `store` would give, with estimates for numbers.

    The files of MIMIC-CXR are small and are read whole.
    The first 4 MB of each file's text are really read, typed, sorted and packed (in memory), and
    the rest of the file is taken to be like them. The vocabulary grows with the text of the
    dictionaries and of the code lists, which are `code_bytes` large.
    """
    refuse_other_folders(store)
    with scratch_folder("clinseek-spill-") as spill:
        connection = connect(spill)
        try:
            everyone = load_plan(connection, found.tables["patients"], None)
            each = {
                name: _whole(connection, found.cxr)
                if name == "cxr" and found.cxr is not None
                else _estimate(connection, TABLES[name], found.tables[name])
                for name in TABLES
                if name in found.tables
            }
        finally:
            connection.close()
    chosen = set(everyone.subjects) & set(everyone.subjects if selected is None else selected)
    share = {
        name: 1.0 if TABLES[name].is_dictionary else len(chosen) / len(everyone.subjects)
        for name in each
    }
    vocabulary = _TEXT_OF_CODES * code_bytes + sum(
        some.text_bytes for name, some in each.items() if TABLES[name].is_dictionary
    )
    tables_bytes = sum(some.disk_bytes * share[name] for name, some in each.items())
    return IngestReport(
        store=store,
        tables=tuple(
            TableReport(name, TABLES[name].module, round(some.rows * share[name]), some.seconds)
            for name, some in each.items()
        ),
        subjects=len(chosen),
        seconds=sum(some.seconds for some in each.values()) + _VOCABULARY_SECONDS * vocabulary,
        disk_bytes=round(tables_bytes + _VOCABULARY_BYTES * vocabulary),
        fingerprint=None,
        missing=found.missing,
        unknown_tables=found.unknown_tables,
        strays=found.strays,
        absent_subjects=tuple(sorted(set(selected or ()) - chosen)),
        working_bytes=round(max(some.working_bytes for some in each.values())),
        dry_run=True,
        cxr=found.cxr,
    )


def _estimate(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> _Estimate:
    """For one table, as if all patients were taken."""
    import pyarrow as pa

    began = time.monotonic()
    raw = RawFile(path)
    sample = next(raw.chunks(_SAMPLE), b"")
    times = max(1.0, raw.size / max(raw.bytes_read, 1))
    _, pieces = read_rows(iter([sample[: sample.rfind(b"\n") + 1]]), table, path)
    typed, _ = Converter(connection, table).convert(next(pieces))
    packed = pa.BufferOutputStream()
    write_shard(connection, table, typed, packed)
    typed_bytes = typed.nbytes * times
    return _Estimate(
        rows=typed.num_rows * times,
        seconds=(time.monotonic() - began) * times,
        disk_bytes=packed.tell() * times,
        text_bytes=len(sample) * times,
        working_bytes=typed_bytes if typed_bytes > BYTES_IN_MEMORY else 0,
    )


def _whole(connection: duckdb.DuckDBPyConnection, found: CxrFiles) -> _Estimate:
    """For the X-rays of all patients, from all of their rows."""
    import pyarrow as pa

    began = time.monotonic()
    typed = pa.concat_tables(piece.rows for piece in CxrSource(connection, found).read())
    packed = pa.BufferOutputStream()
    write_shard(connection, CXR[0], typed, packed)
    return _Estimate(
        rows=typed.num_rows,
        seconds=time.monotonic() - began,
        disk_bytes=packed.tell(),
        text_bytes=0,
        working_bytes=typed.nbytes if typed.nbytes > BYTES_IN_MEMORY else 0,
    )
