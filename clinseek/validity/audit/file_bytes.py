"""The file of a case, made again from nothing but the rows that it shows.

If the two are the same to the byte, the file holds nothing beside those rows: no free page, no
slack between cells, no statistics, no order in which anything else once stood.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from clinseek.scratch import scratch_folder
from clinseek.validity.audit.shown import opened

_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "page_size = 4096")


def holds_only_its_rows(path: Path) -> bool:
    """True when the file at `path` is to the byte what its visible rows alone make."""
    with scratch_folder("clinseek-audit-") as folder:
        again = folder / "case.sqlite"
        try:
            _make_again(path, again)
        except sqlite3.Error:  # something that no case has, such as statistics
            return False
        return path.read_bytes() == again.read_bytes()


def _make_again(path: Path, again: Path) -> None:
    with (
        closing(opened(path)) as shown,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as making,
    ):
        making.execute('ATTACH DATABASE ? AS "case"', (str(again),))
        for pragma in _PRAGMAS:
            making.execute(f'PRAGMA "case".{pragma}')
        making.execute("BEGIN")
        schema = shown.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid")
        for kind, name, sql in schema.fetchall():
            made = f"CREATE {kind.upper()} "
            making.execute(sql.replace(made, f'{made}"case".', 1))
            if kind == "table":
                _copy_rows(shown, making, name)
        making.execute("COMMIT")


def _copy_rows(shown: sqlite3.Connection, making: sqlite3.Connection, table: str) -> None:
    # table_info leaves out the generated columns, which are other names of row_id.
    columns = [row[1] for row in shown.execute(f'PRAGMA table_info("{table}")')]
    listed = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join("?" * len(columns))
    rows = shown.execute(f'SELECT {listed} FROM "{table}" ORDER BY rowid')
    making.executemany(f'INSERT INTO "case"."{table}" ({listed}) VALUES ({places})', rows)
