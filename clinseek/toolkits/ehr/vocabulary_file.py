"""A store's file of dictionaries and candidates, where it is damaged: told by its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from clinseek.errors import StoreError

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def check_vocabulary(file: Path, *, may_be_empty: bool) -> None:
    """StoreError where `file` is no SQLite file, or not as long as it says of itself.

    Only its header is read: what else may be damaged is told once it is read (`damage_told`).
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            header = opened.read(_HEADER)
    except OSError as error:
        raise StoreError(f"{file} cannot be read ({error.strerror})") from error
    if not size and may_be_empty:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise _damaged(file, "file is not a database")
    said = _size_by(header)
    if said is not None and size < said:
        raise _damaged(file, f"{size:,} of {said:,} bytes are there")


@contextmanager
def damage_told(vocabulary: Path | None) -> Iterator[None]:
    """StoreError in place of SQLite's own error where it is `vocabulary` that is damaged."""
    try:
        yield
    except sqlite3.Error as error:
        refuse_damaged(vocabulary, error)
        raise


def refuse_damaged(vocabulary: Path | None, error: sqlite3.Error) -> None:
    """StoreError where `error` speaks of damage, and it is `vocabulary` that has it.

    SQLite does not say which of the files of a connection it means, so the whole file is read.
    """
    if vocabulary is None or not _speaks_of_damage(error):
        return
    try:
        uri = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as found:
        told = str(found)
    if told != "ok":
        raise _damaged(vocabulary, str(error)) from error


def _speaks_of_damage(error: sqlite3.Error) -> bool:
    # Errors of the sqlite3 module's own have no code; the low byte is the kind of SQLite's.
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def _size_by(header: bytes) -> int | None:
    """The size of the whole file by its header; None where a writer left it unsaid."""
    page = int.from_bytes(header[16:18])
    pages = int.from_bytes(header[28:32])
    if not pages or header[24:28] != header[92:96]:
        return None
    return pages * (65_536 if page == 1 else page)


def _damaged(file: Path, why: str) -> StoreError:
    return StoreError(f"{file} is damaged ({why}); remove it and ingest again")
