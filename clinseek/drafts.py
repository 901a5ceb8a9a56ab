"""Folders that are whole or not there: made beside their place, and moved into it at the end.

A draft lies in `.NAME.draft` beside its place, which its process keeps locked: the lock goes with
the process, however it ends, and whoever makes the same folder next removes what it left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinseek.errors import SettingError


def check_free(folder: Path) -> None:
    """SettingError where `folder` is a file, or holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingError(f"--out {folder} is there already; name a new folder")


@contextmanager
def draft_of(out: str | Path, *, check: Callable[[Path], None] = check_free) -> Iterator[Path]:
    """A draft folder, its owner's alone, which takes the place `out` once the context ends well.

    SettingError where `check` finds that `out` is not free, where another process is making it,
    and where its parent cannot be written; what was made is removed where the context ends early.
    """
    folder = Path(out)
    place = folder.absolute().with_name(f".{folder.absolute().name}.draft")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = _locked(place)
    except BlockingIOError:
        raise SettingError(
            f"--out {folder} is being made by another process; wait for it, or name a new folder"
        ) from None
    except OSError as error:
        check(folder)
        raise SettingError(f"--out {folder}: cannot be written ({error.strerror})") from error
    try:
        check(folder)
        draft = place / "made"
        shutil.rmtree(draft, ignore_errors=True)  # of one that was killed
        draft.mkdir(mode=0o700)
        yield draft
        check(folder)
        flush(draft)
        draft.replace(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def flush(folder: Path) -> None:
    """Every file of the folder on the disk."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())


def _locked(place: Path) -> int:
    """The lock of a draft's place, gone with its process; BlockingIOError where it is held."""
    while True:
        place.mkdir(exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):  # its last holder has just removed it
            lock = os.open(place / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise
            if os.fstat(lock).st_nlink:
                return lock
            os.close(lock)
