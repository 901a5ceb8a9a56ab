"""The folder of a store: what lies where, who may write into it, and what a full disk means."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinseek.errors import StoreError
from clinseek.toolkits.ehr.store.build import REJECTED_FILE, SHARD_FILE
from clinseek.toolkits.ehr.store.lock import LOCK, writing
from clinseek.toolkits.ehr.store.manifest import MANIFEST, PROGRESS
from clinseek.toolkits.ehr.tables import Table

TABLE_FOLDER = "tables"
DICTIONARY_FOLDER = "dictionaries"
REJECTED_FOLDER = "rejected"
SUBJECTS = "subjects.parquet"
VOCABULARY = "vocabulary.sqlite"
WORK = ".work"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_IN_WORDS = ("no space left", "disk is full", "file too large", "max_temp_directory_size")


def table_path(store: Path, table: Table) -> Path:
    """The folder of a patients' table, or the file of a dictionary."""
    if table.is_dictionary:
        return store / DICTIONARY_FOLDER / f"{table.name}.parquet"
    return store / TABLE_FOLDER / table.name


def rejected_path(store: Path, table: Table) -> Path:
    """Where the broken rows of a table are listed, if it had any."""
    return store / REJECTED_FOLDER / f"{table.name}.csv"


@contextmanager
def claimed(store: Path) -> Iterator[Path]:
    """Make or enter the folder of a store as its one writer; yields an empty folder to work in.

    Raises StoreError where something else lies there, where another process writes, and when the
    disk is full. Whatever happens, the working folder is removed and finished tables stay; where
    nothing came of it, no folder and no lock is left.
    """
    refuse_other_folders(store)
    absent = [place for place in (store, *store.parents) if not place.exists()]
    with _sentences_for_a_full_disk(store):
        try:
            store.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            if error.errno in _FULL:
                raise
            raise StoreError(
                f"the store cannot be made at {store} ({error.strerror}); name another folder"
            ) from error
        with writing(store):
            work = store / WORK
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
                _leave_nothing_bare(store, absent)


def install(store: Path, table: Table, made: Path) -> None:
    """Move a finished table from the working folder to its place, over an earlier one."""
    target = table_path(store, table)
    target.parent.mkdir(exist_ok=True)
    _install_rejected(store, table, made / REJECTED_FILE)
    if table.is_dictionary:
        (made / SHARD_FILE.format(0)).replace(target)
        return
    shutil.rmtree(made / "spool", ignore_errors=True)
    if target.exists():
        target.replace(made.with_name(f"{made.name}.old"))
    made.replace(target)


def remove(store: Path, table: Table) -> None:
    """Take a table, and the list of its broken rows, out of the store."""
    target = table_path(store, table)
    rejected_path(store, table).unlink(missing_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _install_rejected(store: Path, table: Table, made: Path) -> None:
    target = rejected_path(store, table)
    if made.exists():
        target.parent.mkdir(exist_ok=True)
        made.replace(target)
    else:
        target.unlink(missing_ok=True)


def refuse_other_folders(store: Path) -> None:
    """StoreError where `store` is a folder with other things in it."""
    if not store.is_dir():
        return
    # Hidden names are our own lock and drafts, or a file browser's.
    names = {entry.name for entry in store.iterdir() if not entry.name.startswith(".")}
    if names and not names & {MANIFEST, PROGRESS}:
        raise StoreError(
            f"{store} is no store, and it is not empty (it holds {min(names)}); name a new folder"
        )


def _leave_nothing_bare(store: Path, made: list[Path]) -> None:
    """Where a store holds its lock alone, remove that and the folders made for it."""
    if [entry.name for entry in store.iterdir()] != [LOCK]:
        return
    (store / LOCK).unlink()
    for place in made:
        with suppress(OSError):  # somebody put something there
            place.rmdir()


@contextmanager
def _sentences_for_a_full_disk(store: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (OSError, duckdb.Error, sqlite3.Error) as error:
        words = str(error).lower()
        is_full = isinstance(error, OSError) and error.errno in _FULL
        if not is_full and not any(sign in words for sign in _FULL_IN_WORDS):
            raise
        raise StoreError(
            f"the disk of {store} is full; the tables finished so far are kept: make room and "
            "run the same ingest again, and it goes on from there"
        ) from error
