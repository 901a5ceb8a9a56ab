"""From cells of text to typed columns: one SELECT a table, composed from its schema alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clinseek.toolkits.ehr.store.rows import Rejected, Rows
from clinseek.toolkits.ehr.tables import Column, Table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_MOMENTS = (
    "['%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%dT%H:%M:%S', "
    "'%Y-%m-%dT%H:%M:%S.%f', '%Y-%m-%d %H:%M']"
)
_DATE = "'%Y-%m-%d'"
_LENGTH_OF_A_DATE = 10


@dataclass
class Counts:
    """What happened to the rows of a table beside being kept."""

    rejected: int = 0
    unlisted: int = 0
    unselected: int = 0
    bare_dates: dict[str, int] = field(default_factory=dict)


class Converter:
    """Types the rows of one table and says to which shard each belongs.

    `connection` holds `plan(subject_id, shard)`: shard is -1 for a patient outside the selection.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        self.table = table
        self.counts = Counts()
        self._connection = connection
        self._typing = typing_sql(table)
        self._bare_dates = bare_dates_sql(table)
        self._seen = 0

    def convert(self, rows: Rows) -> tuple[pa.Table, list[Rejected]]:
        """The good rows, typed, with `shard` and `ordinal` (place in the file); and the broken.

        Rows of patients that `patients` does not list, or that were not selected, are counted
        and left out.
        """
        import pyarrow.compute as pc

        first = self._seen
        typed = self._type(rows)
        rejected = [*rows.rejected]
        if pc.any(typed["broken"]).as_py():
            broken = typed.filter(typed["broken"]).to_pylist()
            rejected += [self._reject(rows, int(row["ordinal"]) - first, row) for row in broken]
            typed = typed.filter(pc.invert(typed["broken"]))
        self.counts.rejected += len(rejected)
        return self._placed(typed.drop_columns(["broken"])), sorted(rejected)

    def subject_ids(self, rows: Rows) -> list[int]:
        """The patients of the good rows, listed in `plan` or not."""
        import pyarrow.compute as pc

        typed = self._type(rows)
        found: list[int] = typed.filter(pc.invert(typed["broken"]))["subject_id"].to_pylist()
        return found

    def _type(self, rows: Rows) -> pa.Table:
        import pyarrow as pa

        first, self._seen = self._seen, self._seen + rows.cells.num_rows
        ordinal = pa.arange(first, self._seen)
        self._connection.register("cells", rows.cells.append_column("ordinal", ordinal))
        self._count_bare_dates()
        typed = self._connection.sql(self._typing).to_arrow_table()
        # Not in a `finally`: an ingest that failed closes its connection, and the first error
        # is the one to be heard.
        self._connection.unregister("cells")
        return typed

    def _placed(self, typed: pa.Table) -> pa.Table:
        """Only the rows that have a shard; the others are counted."""
        import pyarrow.compute as pc

        if typed["shard"].null_count:
            self.counts.unlisted += typed["shard"].null_count
            typed = typed.filter(pc.is_valid(typed["shard"]))
        outside = pc.sum(pc.less(typed["shard"], 0)).as_py() or 0
        if outside:
            self.counts.unselected += outside
            typed = typed.filter(pc.greater_equal(typed["shard"], 0))
        return typed

    def _reject(self, rows: Rows, place: int, typed: dict[str, Any]) -> Rejected:
        cells = rows.cells.slice(place, 1).to_pylist()[0]
        return rows.reject(place, _reason(self.table, cells, typed))

    def _count_bare_dates(self) -> None:
        if self._bare_dates is None:
            return
        (counts,) = self._connection.execute(self._bare_dates).fetchall()
        times = (column.name for column in self.table.columns if column.type == "time")
        for column, count in zip(times, counts, strict=True):
            if count:
                self.counts.bare_dates[column] = self.counts.bare_dates.get(column, 0) + count


def _reason(table: Table, cells: dict[str, str | None], typed: dict[str, Any]) -> str:
    unread = [
        f"{column.name}: {cells[column.name]!r} is no {column.type}"
        for column in table.columns
        if cells[column.name] is not None and typed[column.name] is None
    ]
    if "subject_id" in cells and cells["subject_id"] is None:
        unread.append("no subject_id")
    return "; ".join(unread)


def typing_sql(table: Table) -> str:
    """SELECT over `cells` (text columns and `ordinal`): typed columns, ordinal, broken, shard.

    A cell that is there and cannot be read as its type makes its row broken, as does a patient's
    row without subject_id. Dictionaries have one shard, 0.
    """
    columns = ", ".join(f'{_typed(column)} AS "{column.name}"' for column in table.columns)
    broken = [
        f'(cells."{column.name}" IS NOT NULL AND {_typed(column)} IS NULL)'
        for column in table.columns
        if column.type != "text"
    ]
    if table.is_dictionary:
        flag = " OR ".join(broken) or "FALSE"
        return f"SELECT {columns}, ordinal, {flag} AS broken, 0::INTEGER AS shard FROM cells"
    flag = " OR ".join([*broken, "cells.subject_id IS NULL"])
    return (
        f"WITH typed AS (SELECT {columns}, ordinal, {flag} AS broken FROM cells) "
        "SELECT typed.*, plan.shard FROM typed LEFT JOIN plan USING (subject_id)"
    )


def bare_dates_sql(table: Table) -> str | None:
    """How many cells of each `time` column hold a date without an hour; None without times."""
    counts = ", ".join(
        f'count(*) FILTER (strlen("{column.name}") = {_LENGTH_OF_A_DATE})'
        for column in table.columns
        if column.type == "time"
    )
    return f"SELECT {counts} FROM cells" if counts else None


def _typed(column: Column) -> str:
    """SQL for one cell: its value, NULL where it is empty or cannot be read.

    A date in a `time` column means some hour of that day, so the row counts from the end of the
    day on (mimic-code#354): it becomes 23:59:59 of it.
    """
    cell = f'cells."{column.name}"'
    number = f"TRY_CAST({cell} AS DOUBLE)"
    if column.type == "text":
        return cell
    if column.type == "number":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    if column.type == "integer":
        whole = f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
        return f"CASE WHEN contains({cell}, '.') THEN {whole} ELSE TRY_CAST({cell} AS BIGINT) END"
    date, moment = (_strictly(cell, formats) for formats in (_DATE, _MOMENTS))
    is_date = f"strlen({cell}) = {_LENGTH_OF_A_DATE}"
    if column.type == "date":
        return f"CAST(CASE WHEN {is_date} THEN {date} ELSE {moment} END AS DATE)"
    return f"CASE WHEN {is_date} THEN {date} + INTERVAL 86399 SECOND ELSE {moment} END"


def _strictly(cell: str, formats: str) -> str:
    # TRY_STRPTIME also takes 'epoch' and 'infinity', as 1900-01-01, and the year 0.
    looks_like_one = f"{cell}[5] = '-' AND {cell} >= '0001'"
    return f"CASE WHEN {looks_like_one} THEN TRY_STRPTIME({cell}, {formats}) END"
