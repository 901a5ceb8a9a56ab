"""A new edition of a whole store: made beside the old one, which is read until the new stands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from clinseek.errors import StoreError
from clinseek.toolkits.ehr.store import folder
from clinseek.toolkits.ehr.store.manifest import (
    MANIFEST,
    PROGRESS,
    Manifest,
    Progress,
    read_manifest,
    write_atomically,
)
from clinseek.toolkits.ehr.store.raw_file import file_sha256
from clinseek.toolkits.ehr.tables import TABLES

_DRAFT = ".next"
_READY = ".ready"
_OLD = ".old"
_CONTENT = (
    folder.TABLE_FOLDER,
    folder.DICTIONARY_FOLDER,
    folder.REJECTED_FOLDER,
    folder.SUBJECTS,
    folder.VOCABULARY,
)


def draft_of(store: Path) -> Path:
    """Where the next edition of a whole store is made; it outlives a kill, to be gone on with."""
    return store / _DRAFT


def refuse_another_download(store: Path, standing: Manifest, patients: Path) -> None:
    """StoreError where the raw file `patients` is not the one that the store was made from.

    The patients are what all tables of one release share; a table added or fetched again later
    comes with the same list of them.
    """
    made_from = standing.tables["patients"].files
    size = patients.stat().st_size
    if any(file.size == size and file.sha256 == file_sha256(patients) for file in made_from):
        return
    raise StoreError(
        f"{store} holds another download ({standing.subjects:,} patients; {patients} is not the "
        "file of patients it was made from); name another folder"
    )


def take_along(store: Path, draft: Path, names: Iterable[str]) -> None:
    """Put tables of the standing edition into the draft, with no second copy on the disk."""
    for name in names:
        table = TABLES[name]
        _link(folder.table_path(store, table), folder.table_path(draft, table))
        _link(folder.rejected_path(store, table), folder.rejected_path(draft, table))


def switch(store: Path) -> None:
    """Put a finished draft in the place of the standing edition; nothing where there is none.

    To be called by the store's writer. Between taking the old manifest away and laying down the
    new one lie renames only. A kill among them leaves what the next call needs to end the switch.
    """
    draft, ready = store / _DRAFT, store / _READY
    finished = read_manifest(draft)
    if finished is not None:
        _clear_the_place(store, finished)
        draft.replace(ready)
    if ready.is_dir():
        for name in (*_CONTENT, MANIFEST):
            if (ready / name).exists():
                (ready / name).replace(store / name)
        shutil.rmtree(ready)
    shutil.rmtree(store / _OLD, ignore_errors=True)
    if (store / MANIFEST).is_file():
        (store / PROGRESS).unlink(missing_ok=True)


def forget_draft(store: Path) -> None:
    """Remove what an ingest that was broken off left beside the standing edition."""
    shutil.rmtree(store / _DRAFT, ignore_errors=True)


def _clear_the_place(store: Path, finished: Manifest) -> None:
    old = store / _OLD
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir()
    unfinished = Progress(
        schema_version=finished.schema_version, plan=finished.plan, tables=finished.tables
    )
    write_atomically(store / PROGRESS, unfinished)
    (store / MANIFEST).unlink(missing_ok=True)
    for name in _CONTENT:
        if (store / name).exists():
            (store / name).replace(old / name)


def _link(made: Path, place: Path) -> None:
    if made.is_dir():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(made, place, copy_function=_link_file)
    elif made.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        _link_file(str(made), str(place))


def _link_file(made: str, place: str) -> None:
    try:
        os.link(made, place)
    except OSError:  # a file system without links
        shutil.copyfile(made, place)
