"""One thing to be removed, and removing rows from a SQLite file so that its bytes go too."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError, ThreadError

_WAIT_SECONDS = 5.0
_BESIDE = ("", "-wal", "-shm", "-journal")


class Removal(NamedTuple):
    """What is to be removed (`what`, how many), where it lies, and what removes it."""

    what: str
    where: Path
    many: int
    remove: Callable[[], object]


def of_files(what: str, files: Sequence[Path]) -> Iterator[Removal]:
    """A removal for each file or folder of these that is there."""
    for file in files:
        if file.is_symlink() or file.exists():
            yield Removal(what, file, 1, lambda file=file: _remove(file))  # type: ignore[misc]


def of_database(what: str, file: Path) -> Iterator[Removal]:
    """The removal of a whole SQLite file with what SQLite keeps beside it."""
    there = [each for suffix in _BESIDE if (each := Path(f"{file}{suffix}")).exists()]
    if there:
        yield Removal(what, file, 1, lambda: _unlink(there))


def _unlink(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)  # another may be removing it as well
        if place.exists():
            raise SettingError(f"{place} cannot be removed; is it yours to write?")
    else:
        place.unlink(missing_ok=True)


@contextmanager
def erasing(file: Path) -> Iterator[sqlite3.Connection]:
    """A transaction over a SQLite file; what it deletes stands in no byte of the file afterwards.

    Deleted cells are overwritten with zeros, the file is written anew without free pages, and its
    write-ahead log is emptied. ThreadError where another process has the file open at that moment:
    the rows are gone then, but the log may still hold them.
    """
    try:
        with closing(
            sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            connection.execute("VACUUM")
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise ThreadError(
                    f"{file} is read by another process, which keeps the log of it; stop that "
                    "process and purge again"
                )
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise SettingError(f"{file}: nothing could be removed ({error})") from error
        raise ThreadError(
            f"{file} is being written by another process; stop it and purge again"
        ) from error
