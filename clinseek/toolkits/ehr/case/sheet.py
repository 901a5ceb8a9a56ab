"""The sheet: all raw rows of one patient in a SQLite file that only the harness ever sees.

The rows go from Arrow to SQLite column-wise inside the ADBC driver; no cell passes through Python,
and no Python value becomes an Arrow one: pyarrow would import pandas for that, where it is there.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.availability import rule_for
from clinseek.toolkits.ehr.case.arrow_writing import arrow_writer
from clinseek.toolkits.ehr.case.compose import column_type, content_columns
from clinseek.toolkits.ehr.case.joins import prepare_joins
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.vocabulary_file import damage_told

if TYPE_CHECKING:
    import pyarrow as pa

PATIENT_TABLES = tuple(table for table in TABLES.values() if not table.is_dictionary)


class Sheet(NamedTuple):
    """An opened sheet: `main` holds the raw rows, `temp` what the rules look at beside a row.

    `empty` names, by table, the columns that hold nothing in any of the patient's raw rows.
    """

    connection: sqlite3.Connection
    empty: dict[str, frozenset[str]]


@contextmanager
def raw_sheet(
    rows: Mapping[str, pa.Table], *, vocabulary: Path | None, ranked: bool = True
) -> Iterator[Sheet]:
    """The opened sheet of `rows` with the rules' joins prepared; gone with the context.

    Where not `ranked`, nothing is made for the rules, and the rows lie in the order of `rows`.
    StoreError where `vocabulary` is damaged.
    """
    with scratch_folder("clinseek-sheet-") as folder:
        path = folder / "sheet.sqlite"
        write_sheet(path, rows, ranked=ranked)
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}", uri=True, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA temp_store = MEMORY")
            with damage_told(vocabulary):
                _look_beside(connection, vocabulary, ranked=ranked)
            yield Sheet(connection, _empty_columns(rows))


def _look_beside(connection: sqlite3.Connection, vocabulary: Path | None, *, ranked: bool) -> None:
    if vocabulary is not None:
        connection.execute(
            "ATTACH DATABASE ? AS vocabulary",
            (f"file:{quote(str(vocabulary))}?mode=ro&immutable=1",),
        )
    if ranked:
        prepare_joins(connection, vocabulary=vocabulary is not None)


def write_sheet(path: Path, rows: Mapping[str, pa.Table], *, ranked: bool = True) -> None:
    """Write `rows` (tables as the store reads them) to a new SQLite file at `path`.

    Where `ranked`, wide tables without a raw key are sorted and ranked by their content.

    Tables that the store lacks are there without rows, so that a rule may look at them.
    """
    with arrow_writer(path) as writer:
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            writer.execute(f"PRAGMA {pragma}")
        writer.execute("BEGIN")
        for table in PATIENT_TABLES:
            writer.execute(f"CREATE TABLE {table.name} ({_columns(table.name)})")
            held = rows.get(table.name)
            if held is not None and held.num_rows:
                by = content_columns(rule_for(table.name, ())) if ranked else ()
                writer.append(table.name, _filled_columns(_ranked(held, by)))
        writer.execute("COMMIT")


def _columns(table: str) -> str:
    names = TABLES[table].column_names
    return ", ".join([*(f"{name} {column_type(table, name)}" for name in names), "content INTEGER"])


def _empty_columns(rows: Mapping[str, pa.Table]) -> dict[str, frozenset[str]]:
    return {
        table: frozenset(
            name
            for name, column in zip(held.column_names, held.columns, strict=True)
            if column.null_count == held.num_rows
        )
        for table, held in rows.items()
    }


def _ranked(rows: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """`rows` with their rank by `columns` in a column `content`; equal cells, equal rank."""
    import pyarrow as pa
    import pyarrow.compute as pc

    told_apart = [name for name in columns if rows[name].null_count < rows.num_rows]
    if not told_apart:
        return rows
    order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in told_apart])
    ranked = rows.take(order)
    new = pc.is_valid(pa.nulls(1))
    if rows.num_rows > 1:
        differs = [_differs_from_before(ranked[name].combine_chunks()) for name in told_apart]
        new = pa.concat_arrays([new, functools.reduce(pc.or_, differs)])
    return ranked.append_column("content", pc.cumulative_sum(new.cast(pa.int64())))


def _differs_from_before(cells: pa.Array) -> pa.Array:
    """For each cell but the first: is it another than the one before it (NULL equals NULL)?"""
    import pyarrow.compute as pc

    now, before = cells.slice(1), cells.slice(0, len(cells) - 1)
    now_null, before_null = pc.is_null(now), pc.is_null(before)
    a_null = pc.or_(now_null, before_null)
    return pc.if_else(a_null, pc.xor(now_null, before_null), pc.not_equal(now, before))


def _filled_columns(rows: pa.Table) -> pa.Table:
    """The columns that hold anything, times as text; the others stay NULL in the sheet."""
    import pyarrow as pa

    filled = {
        name: _moments(column)
        for name, column in zip(rows.column_names, rows.columns, strict=True)
        if column.null_count < rows.num_rows
    }
    return pa.table(filled)


def _moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times and dates as ISO text; parts of a second are kept where there are any."""
    import pyarrow as pa

    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if not pa.types.is_timestamp(column.type):
        return column
    try:
        return column.cast(pa.timestamp("s")).cast(pa.string())
    except pa.ArrowInvalid:  # some cell has a part of a second
        return _exact_moments(column)


def _exact_moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.cast(pa.timestamp("s"), safe=False)
    is_whole = pc.equal(whole.cast(column.type), column)
    return pc.if_else(is_whole, whole.cast(pa.string()), column.cast(pa.string()))
