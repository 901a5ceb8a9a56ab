"""Filling a case from a sheet: its rows are placed first, then written table by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from clinseek.toolkits.ehr.case.composition import Composition

_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "page_size = 4096")


@contextmanager
def new_file(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """The fresh file `path` attached as "case", filled in one transaction; it stays attached."""
    connection.execute('ATTACH DATABASE ? AS "case"', (str(path),))
    for pragma in _PRAGMAS:
        connection.execute(f'PRAGMA "case".{pragma}')
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")


def place_by(connection: sqlite3.Connection, statements: Iterable[str], *, cutoff: str) -> None:
    """Find the rows shown at the cutoff and give each its place."""
    for statement in statements:
        connection.execute(statement, {"cutoff": cutoff} if ":cutoff" in statement else {})


def writing(composition: Composition, table: str, *, indexed: bool) -> tuple[str, ...]:
    """The statements that write a table: CREATE, INSERT of the placed rows, and the indexes."""
    indexes = composition.indexes(table) if indexed else ()
    return (composition.create(table), composition.fill(table), *indexes)


def write_table(connection: sqlite3.Connection, statements: Sequence[str], *, cutoff: str) -> int:
    """Write a table by its statements; how many rows it has."""
    create, fill, *indexes = statements
    connection.execute(create)
    filled = connection.execute(fill, {"cutoff": cutoff}).rowcount
    for index in indexes:
        connection.execute(index)
    return filled
