"""Building STORE/vocabulary.sqlite: the dictionaries and candidate titles of one store.

Equal content gives equal bytes: tables in alphabetical order, rows sorted, one connection that
only inserts. The file is written beside its name, made read-only and moved into place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinseek.toolkits.ehr.candidates.codes import code_sheets
from clinseek.toolkits.ehr.candidates.recorded import EDITION_TABLE, edition_of
from clinseek.toolkits.ehr.candidates.sheet import Sheet
from clinseek.toolkits.ehr.candidates.sources import (
    CANDIDATE_SOURCES,
    INDEXED_CODES,
    CandidateSource,
)
from clinseek.toolkits.ehr.candidates.supplied import supplied_sheets
from clinseek.toolkits.ehr.tables import TABLES, ColumnType

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VOCABULARY_FILE = "vocabulary.sqlite"
FEWEST_PATIENTS = 20
"""In a smaller store a drug or a test on the list would tell what one patient is going to get."""

_STORED_AS: dict[ColumnType, str] = {
    "integer": "INTEGER",
    "number": "REAL",
    "text": "TEXT",
    "time": "TEXT",
    "date": "TEXT",
}


def build_vocabulary(store_path: Path, *, codes: Path | None) -> Path:
    """Write STORE/vocabulary.sqlite from the store's Parquet files and return its path.

    `codes` is a folder of code lists, any of them: the HCUP CCS files (`ccs_dx_categories.csv` and
    its companions), CCSR and GEM files for synonyms, `vocabularies/NAME.csv` of the user's own, and
    a published `candidate_table.db`; a table that comes from a file of the user replaces the one
    that the store would give. What is missing is absent. Raises RawRecordError when a file is
    there and cannot be read. The table `vocabulary_edition`
    holds one SHA-256 over all names and rows. Of titles drawn from patients' rows (drugs, tests,
    units) those that fewer than FEWEST_HOLDERS patients have are left out, and all of them in a
    store of fewer than FEWEST_PATIENTS.
    """
    with closing(_connect()) as reader:
        found = [*_dictionaries(store_path, reader), *_candidates(store_path, reader)]
    if codes is not None:
        found += read_code_lists(codes)
    named = {sheet.name: sheet for sheet in found}
    sheets = [named[name] for name in sorted(named)]
    target = store_path / VOCABULARY_FILE
    unfinished = target.with_name(f".{VOCABULARY_FILE}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        _write(unfinished, sheets)
        unfinished.chmod(0o444)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def read_code_lists(codes: Path) -> list[Sheet]:
    """Every table that a folder of code lists gives; RawRecordError for a file that cannot be read.

    Of two tables with one name the later is the one that counts.
    """
    return [*code_sheets(codes), *supplied_sheets(codes)]


def _dictionaries(store_path: Path, reader: DuckDBPyConnection) -> Iterator[Sheet]:
    for table in TABLES.values():
        file = store_path / "dictionaries" / f"{table.name}.parquet"
        if not (table.is_dictionary and file.is_file()):
            continue
        names = ", ".join(f'"{name}"' for name in table.column_names)
        rows = _selected(f"SELECT DISTINCT {names} FROM {{source}}", file, reader)
        yield Sheet(table.name, tuple((c.name, c.type) for c in table.columns), rows)


def _candidates(store_path: Path, reader: DuckDBPyConnection) -> Iterator[Sheet]:
    few = _patients(store_path) < FEWEST_PATIENTS
    for source in CANDIDATE_SOURCES:
        files = _parquet_of(store_path, source)
        if files is None or (few and not TABLES[source.reads].is_dictionary):
            continue
        yield Sheet(source.name, source.columns, _selected(source.select, files, reader))


def _patients(store_path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(store_path / "subjects.parquet").metadata.num_rows)


def _parquet_of(store_path: Path, source: CandidateSource) -> Path | None:
    if TABLES[source.reads].is_dictionary:
        file = store_path / "dictionaries" / f"{source.reads}.parquet"
        return file if file.is_file() else None
    folder = store_path / "tables" / source.reads
    return folder / "*.parquet" if any(folder.glob("*.parquet")) else None


def _selected(select: str, files: Path, reader: DuckDBPyConnection) -> list[tuple[Any, ...]]:
    reader.register("source", reader.from_parquet(str(files)))
    in_order = f"{select.format(source='source')} ORDER BY ALL NULLS FIRST"
    rows: list[tuple[Any, ...]] = reader.execute(in_order).fetchall()
    reader.unregister("source")
    return rows


def _connect() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 2})


def _write(file: Path, sheets: Sequence[Sheet]) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for sheet in sheets:
            _insert(connection, sheet)
        connection.execute(f"CREATE TABLE {EDITION_TABLE} (edition TEXT NOT NULL)")
        connection.execute(f"INSERT INTO {EDITION_TABLE} VALUES (?)", (edition_of(sheets),))
        connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, sheet: Sheet) -> None:
    columns = ", ".join(f'"{name}" {_STORED_AS[type_]}' for name, type_ in sheet.columns)
    connection.execute(f'CREATE TABLE "{sheet.name}" ({columns})')
    marks = ", ".join("?" * len(sheet.columns))
    connection.executemany(f'INSERT INTO "{sheet.name}" VALUES ({marks})', sheet.rows)
    if codes := INDEXED_CODES.get(sheet.name):
        names = ", ".join(f'"{code}"' for code in codes)
        connection.execute(f'CREATE INDEX "{sheet.name}_by_code" ON "{sheet.name}" ({names})')
