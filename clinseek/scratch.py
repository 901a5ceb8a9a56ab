"""Folders for what lives only as long as a process: gone with it, however it ends.

A process that is killed removes nothing, and what it leaves may be a patient's whole record. So
each such folder holds a file that its process keeps locked, and who makes the next one beside it
first removes those that nobody holds.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".lock"


class Scratch:
    """A folder that its owner alone can read, held until `remove`, or until the process ends."""

    def __init__(self, prefix: str, *, parent: Path | None = None) -> None:
        """Make `parent/prefix...`, by default among the system's temporary files."""
        place = Path(tempfile.gettempdir()) if parent is None else parent
        _sweep(place, prefix, os.getpid())
        self.path, self._lock = _made(place, prefix)

    def remove(self) -> None:
        """Remove the folder and all in it; again does nothing."""
        if self._lock is None:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = None


@contextmanager
def scratch_folder(prefix: str, *, parent: Path | None = None) -> Iterator[Path]:
    """A folder beside which nothing is left of processes that died, gone with the context."""
    scratch = Scratch(prefix, parent=parent)
    try:
        yield scratch.path
    finally:
        scratch.remove()


@functools.cache
def _sweep(place: Path, prefix: str, process: int) -> None:
    """Remove what dead processes left here; looked for once a process."""
    del process  # a fork looks for itself
    with suppress(OSError):
        for left in place.glob(f"{prefix}*"):
            _remove_if_dead(left)


def _made(place: Path, prefix: str) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        with suppress(FileNotFoundError):  # swept before it had its lock: another one
            lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock).st_nlink:
                return folder, lock
            os.close(lock)


def _remove_if_dead(folder: Path) -> None:
    """Remove a folder whose process has ended: its lock went with it."""
    with suppress(OSError):
        folder.rmdir()  # killed before it had a lock
    with suppress(OSError):
        lock = os.open(folder / _LOCK, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
