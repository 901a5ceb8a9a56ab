"""The structure of a case as numbers: what is there and what is empty, never what it says.

No value and no time is looked at, only how many rows a table has, which cells are NULL, how many
stays the ids name, and how the running numbers run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from clinseek.toolkits.ehr.case import Case, reader

ABSENT = -1.0
"""What stands for a share of no rows at all."""

_STAYS = ("hadm_id", "stay_id")
_RUNNING = {
    "labevents": "labevent_id",
    "microbiologyevents": "microevent_id",
    "poe": "poe_seq",
    "poe_detail": "poe_seq",
    "prescriptions": "poe_seq",
    "emar": "emar_seq",
    "emar_detail": "emar_seq",
    "discharge": "note_seq",
    "radiology": "note_seq",
}
"""Numbers that run through the raw record, so that a number without a row tells of a row."""

_NAMED_BY = {"hadm_id": ("admissions",), "stay_id": ("edstays", "icustays")}


class Cells(NamedTuple):
    """The cells of one case: `names` in the order of `numbers`."""

    names: tuple[str, ...]
    numbers: tuple[float, ...]


def cells_of(case: Case) -> Cells:
    """Every number that the structure of a case holds; the same names for every case of a store."""
    with reader(case) as connection:
        found = [pair for table in case.tables for pair in _of_table(connection, case, table)]
        found += [pair for column in _STAYS for pair in _unexplained(connection, case, column)]
    return Cells(tuple(name for name, _ in found), tuple(number for _, number in found))


def _of_table(
    connection: sqlite3.Connection, case: Case, table: str
) -> Iterator[tuple[str, float]]:
    columns = [name for name in case.columns(table) if name not in ("row_id", "subject_id")]
    counts = ", ".join(f'count("{column}")' for column in columns)
    rows, *filled = connection.execute(f'SELECT count(*), {counts} FROM "{table}"').fetchone()
    yield f"{table}: rows", float(rows)
    for column, number in zip(columns, filled, strict=True):
        yield f"{table}.{column}: share not NULL", number / rows if rows else ABSENT
    empty = ", ".join(f'"{column}" IS NOT NULL' for column in columns)
    last = connection.execute(
        f'SELECT {empty} FROM "{table}" ORDER BY row_id DESC LIMIT 1'
    ).fetchone()
    for place, column in enumerate(columns):
        yield f"{table}.{column}: not NULL in the last row", float(last[place]) if last else ABSENT
    for column in _STAYS:
        if column in columns:
            yield (
                f"{table}.{column}: stays named",
                _number(connection, f'SELECT count(DISTINCT "{column}") FROM "{table}"'),
            )
    if table in _RUNNING:
        yield from _running(connection, table, _RUNNING[table])


def _running(
    connection: sqlite3.Connection, table: str, column: str
) -> Iterator[tuple[str, float]]:
    gap = f"max({column}) - min({column}) + 1 - count(DISTINCT {column})"
    yield (
        f"{table}.{column}: numbers without a row",
        _number(connection, f"SELECT {gap} FROM {table}"),
    )
    last = (
        f"SELECT max({column}) - min({column}) FROM "
        f"(SELECT {column} FROM {table} ORDER BY row_id DESC LIMIT 2)"
    )
    yield f"{table}.{column}: from the last but one to the last", _number(connection, last)


def _unexplained(
    connection: sqlite3.Connection, case: Case, column: str
) -> Iterator[tuple[str, float]]:
    """Stays that some row names, but no row of their own table."""
    own = [table for table in _NAMED_BY[column] if table in case.tables]
    naming = [table for table in case.tables if column in case.columns(table) and table not in own]
    if not own or not naming:
        return
    named = " UNION ".join(f'SELECT "{column}" FROM "{table}"' for table in naming)
    known = " UNION ".join(f'SELECT "{column}" FROM "{table}"' for table in own)
    yield (
        f"{column}: stays that only other tables name",
        _number(connection, f"SELECT count({column}) FROM ({named} EXCEPT {known})"),
    )


def _number(connection: sqlite3.Connection, sql: str) -> float:
    found = connection.execute(sql).fetchone()
    return ABSENT if found is None or found[0] is None else float(found[0])
