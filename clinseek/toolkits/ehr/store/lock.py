"""One writer a store: a lock file that the system frees when its process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clinseek.errors import StoreError

LOCK = ".lock"


@contextmanager
def writing(store: Path) -> Iterator[None]:
    """Hold the store's lock; StoreError naming the process that holds it already.

    The lock lies on the open file, not in its being there, so what a dead process left is no
    obstacle.
    """
    try:
        handle = os.open(store / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError as error:
        raise StoreError(f"{store} may not be written by you; name another folder") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"{store} is being written by process {_holder(handle)}; wait for it to end, or "
                "stop it and run this again"
            ) from error
        except OSError as error:
            raise StoreError(
                f"{store} cannot be locked ({error.strerror}), so two writers could spoil it; put "
                "the store on a disk whose file system has locks"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def writer_of(store: Path) -> str | None:
    """The id of the process that writes the store now; None when nobody does."""
    try:
        handle = os.open(store / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(handle)
    finally:
        os.close(handle)
    return None


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode(errors="replace").strip() or "(unknown)"
