"""A small disk of memory that this process alone sees, and its children."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

_NEW_MOUNTS = 0x00020000


def mounted(place: Path, options: str) -> bool:
    """Mount one at a folder; False where this machine allows it not. It ends with this process."""
    return _mounts_of_our_own() and _did("mount", "-t", "tmpfs", "-o", options, "none", str(place))


def mounted_again(place: Path, options: str) -> None:
    """The same with other options, as `size=4096` or `ro`."""
    if not _did("mount", "-o", f"remount,{options}", str(place)):
        raise OSError(f"{place} cannot be mounted again with {options}")


def _mounts_of_our_own() -> bool:
    """Leave the mounts of the machine: what is mounted from here on is gone with this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or not hasattr(libc, "unshare") or libc.unshare(_NEW_MOUNTS) != 0:
        return False
    return _did("mount", "--make-rprivate", "/")


def _did(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
