"""Cases that nobody closed: of runs and servers that were killed."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, get_args

from clinseek.errors import SettingError
from clinseek.purging.removal import Removal, of_database, of_files
from clinseek.purging.searching import SQLITE, number_marks, search
from clinseek.settings import case_folder
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

_LOCK = ".lock"
_TEMPORARY = re.compile(
    r"clinseek-(audit|bench|case|codes|features|images|jobs|leaks|openseek|probe|sheet|spill|validity)-[a-z0-9_]{8}"
)
"""What this package calls its temporary folders; others of a like name are not ours to remove."""
_CASE = re.compile(
    rf".+-([0-9a-f]{{16}}|{'|'.join(get_args(CaseProfile))})(\.sqlite(-wal|-shm|-journal)?|\.images)"
    r"|(serve-|\.making-).+"
)
"""What lies in CLINSEEK_HOME/cases by the names that runs, servers and cases give there."""
_OF_PATIENTS = (
    "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
    "WHERE m.type = 'table' AND c.name = 'subject_id'"
)
"""The tables with rows of patients: a case that was half made may lack the first."""
_IN_USE_SECONDS = 24 * 3600.0
"""A temporary folder without a lock that somebody wrote to since may be in use."""


def left_cases() -> Iterator[Removal]:
    """Every case in CLINSEEK_HOME, and temporary folders of processes that have died.

    SettingError while a server runs, whose cases these may be.
    """
    ours = [place for place in sorted(case_folder().iterdir()) if _CASE.fullmatch(place.name)]
    for place in ours:
        if place.is_dir():
            _refuse_if_held(place)
    yield from of_files("case, or what was beside one", ours)
    yield from of_folders(_dead_folders())


def not_of_cases() -> list[Path]:
    """What lies in CLINSEEK_HOME/cases and is none of ours: the folder may have been there."""
    return [each for each in sorted(case_folder().iterdir()) if not _CASE.fullmatch(each.name)]


def of_patient(subject_id: int) -> Iterator[Removal]:
    """The cases of a patient in CLINSEEK_HOME; SettingError for one of a server that runs."""
    ours = [each for each in case_folder().iterdir() if _CASE.fullmatch(each.name)]
    for file in sorted(file for each in ours for file in (each, *each.rglob("*"))):
        if not _is_own_file(file) or not _is_of(file, subject_id):
            continue
        if file.parent != case_folder():
            _refuse_if_held(file.parent)
        yield from of_database("case", file)
        yield from of_files("pictures of a case", [file.with_suffix(".images")])


def temporary_of_patient(subject_id: int) -> list[Path]:
    """Temporary folders of processes that died which hold rows or the number of a patient."""
    marks = number_marks("the patient's number", subject_id)
    return [
        folder
        for folder in _dead_folders()
        if search([folder], marks).left
        or any(_is_of(file, subject_id) for file in folder.rglob("*") if _is_own_file(file))
    ]


def of_folders(dead: Sequence[Path]) -> Iterator[Removal]:
    """Temporary folders of processes that died, whole: nobody comes back for them."""
    yield from of_files("temporary folder of a process that died", dead)


def _is_own_file(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _refuse_if_held(folder: Path) -> None:
    if _lock_of(folder) == "held":
        raise SettingError(f"{folder} holds the cases of a process that is running; stop it first")


def _lock_of(folder: Path) -> Literal["none", "free", "held"]:
    """How the lock stands by which a process keeps a folder while it lives (see `scratch`)."""
    lock = folder / _LOCK
    if not lock.is_file():
        return "none"
    with lock.open("a") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "held"
    return "free"


def _is_of(file: Path, subject_id: int) -> bool:
    with file.open("rb") as opened:
        if opened.read(len(SQLITE)) != SQLITE:
            return False
    return _has_rows(file, subject_id, "mode=ro") or _has_rows(file, subject_id, "immutable=1")


def _has_rows(file: Path, subject_id: int, how: str) -> bool:
    """Immutable: as it lies, where a process died while it wrote."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)) as connection:
            return any(
                connection.execute(
                    f'SELECT 1 FROM "{table}" WHERE subject_id = ? LIMIT 1', (subject_id,)
                ).fetchone()
                for (table,) in connection.execute(_OF_PATIENTS).fetchall()
            )
    except sqlite3.Error:
        return False


def _dead_folders() -> list[Path]:
    found = Path(tempfile.gettempdir()).iterdir()
    ours = [each for each in found if _TEMPORARY.fullmatch(each.name) and _is_ours(each)]
    return sorted(each for each in ours if _is_dead(each))


def _is_dead(folder: Path) -> bool:
    held = _lock_of(folder)
    return held == "free" or (held == "none" and time.time() - _touched(folder) > _IN_USE_SECONDS)


def _is_ours(folder: Path) -> bool:
    return not folder.is_symlink() and folder.is_dir() and folder.stat().st_uid == os.getuid()


def _touched(folder: Path) -> float:
    return max(each.lstat().st_mtime for each in (folder, *folder.rglob("*")))
