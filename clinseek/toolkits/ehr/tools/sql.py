"""ehr.run_sql_query: one SELECT of the model's own over the case and its vocabulary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools.names import ROW_ID, nearest
from clinseek.toolkits.ehr.tools.records import Answer
from clinseek.toolkits.ehr.tools.rendering import MOST_CHARACTERS, Grid, show
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case, Rows

LONGEST_SECONDS = 10.0
_DEEPEST_PAGE = 20_000
_WIDE = 12
_DESCRIBING = re.compile(r"\s*(PRAGMA|EXPLAIN)\b", re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```(?:sql|sqlite)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL | re.IGNORECASE)


def run(case: Case, asked: takes.RunSqlQuery) -> Answer:
    """The rows of `sql_query`, `limit` of them from `offset` on.

    Rows can be cited when the result has a column row_id and one patient's table was read.
    """
    from clinseek.toolkits.ehr.case import Limits

    statement = _bare(asked.sql_query)
    wanted = asked.offset + asked.limit
    if wanted > _DEEPEST_PAGE:
        raise Refusal(f"offset {asked.offset:,} is too deep; write LIMIT and OFFSET in the SELECT")
    try:
        found = case.select(statement, limits=Limits(rows=wanted, seconds=LONGEST_SECONDS))
    except Refusal as refusal:
        raise _helped(case, statement, str(refusal)) from refusal
    return _answer(case, found, asked, _tables(case, statement))


def _bare(written: str) -> str:
    fenced = _FENCE.match(written)
    return fenced.group(1) if fenced else written


def _tables(case: Case, statement: str) -> tuple[str, ...]:
    if _DESCRIBING.match(statement):
        return ()
    return tuple(sorted(case.tables_read(statement)))


def _answer(case: Case, found: Rows, asked: takes.RunSqlQuery, tables: tuple[str, ...]) -> Answer:
    patient_tables = [name for name in tables if name in case.tables]
    over = f"query over {', '.join(tables)}" if tables else "query"
    rows = found.rows[asked.offset :]
    if not rows and found.more:
        raise Refusal(
            "one row of the result is longer than a reply can be; select fewer columns, or parts "
            "of them with substr"
        )
    if not rows:
        rest = f" at offset {asked.offset:,} of {len(found.rows):,}" if found.rows else ""
        return f"{over}: no rows{rest}", Observation(tables=tables)
    columns = found.columns
    cited = len(patient_tables) == 1 and _row_ids_at(columns, rows) is not None
    if cited:
        at = columns.index(ROW_ID)
        columns = ("row", *columns[:at], *columns[at + 1 :])
        rows = [(row[at], *row[:at], *row[at + 1 :]) for row in rows]
    body = show(Grid(columns, rows, cited), room=MOST_CHARACTERS, fold_empty=len(columns) > _WIDE)
    first = _first_line(over, found, asked, len(rows), body.rows)
    return f"{first}\n\n{body.text}", Observation(
        tables=tables,
        table=patient_tables[0] if cited else None,
        row_ids=tuple(row[0] for row in rows[: body.rows]) if cited else (),
    )


def _row_ids_at(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> int | None:
    if columns.count(ROW_ID) != 1:
        return None
    at = columns.index(ROW_ID)
    return at if all(isinstance(row[at], int) for row in rows) else None


def _first_line(over: str, found: Rows, asked: takes.RunSqlQuery, rows: int, fitted: int) -> str:
    last = asked.offset + fitted
    if fitted < rows:
        return (
            f"{over}: rows {asked.offset + 1:,}-{last:,}, only {fitted:,} of {rows:,} because a "
            f"reply holds {MOST_CHARACTERS:,} characters; select fewer columns or page with "
            f"offset={last}"
        )
    if found.more:
        return (
            f"{over}: rows {asked.offset + 1:,}-{last:,}; more rows exist: page with "
            f"offset={last}, add LIMIT/OFFSET or aggregate"
        )
    return f"{over}: rows {asked.offset + 1:,}-{last:,} of {len(found.rows):,}"


def _helped(case: Case, statement: str, sentence: str) -> Refusal:
    if named := re.search(r"no such table: (\S+)", sentence):
        tables = (*case.tables, *case.dictionaries)
        written = named.group(1)
        return Refusal(f"{sentence}; {nearest(written, tables)}tables: {', '.join(case.tables)}")
    if named := re.search(r"no such column: (\S+)", sentence):
        written = named.group(1).rpartition(".")[2]
        words = {word.lower() for word in re.findall(r"\w+", statement)}
        read = [name for name in (*case.tables, *case.dictionaries) if name in words]
        columns = {column for name in read for column in case.columns(name)}
        listed = "; ".join(f"{name}: {', '.join(case.columns(name))}" for name in read[:4])
        return Refusal(f"{sentence}; {nearest(written, columns)}columns of {listed}")
    return Refusal(sentence)
