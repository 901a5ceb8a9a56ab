"""A file that is whole or as it was, and its owner's alone: it may hold patients' rows."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinseek.errors import SettingError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """A path to write to, which becomes `file` when the block ends well and it is on the disk.

    Where the block ends early `file` stays as it was, and nothing is left beside it. A link stays
    one: the file that it leads to is made or replaced. SettingError where it cannot be written,
    and before anything is, where `file` is a device, a pipe or a folder.
    """
    place = place_of(file)
    making = place.with_name(f".{place.name}.making")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        making.unlink(missing_ok=True)  # of one that was killed, whoever may read it
        making.touch(mode=0o600)
        yield making
        with making.open("rb") as written:
            os.fsync(written.fileno())
        making.replace(place)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        with suppress(OSError):
            making.unlink()


def place_of(file: Path) -> Path:
    """Where a file to write lies: itself, or where its link leads, be there a file or none.

    SettingError where something lies there that a file must not take the place of.
    """
    try:
        mode = file.stat().st_mode  # of what the link leads to
    except (FileNotFoundError, NotADirectoryError):  # a folder that cannot be made is told then
        mode = stat.S_IFREG
    except OSError as error:
        raise _unwritable(file, error) from error
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
        raise SettingError(f"{file}: this is {kind}; name a file, or a new name for one")
    return Path(os.path.realpath(file)) if file.is_symlink() else file


def _unwritable(file: Path, error: OSError) -> SettingError:
    return SettingError(f"{file}: cannot be written ({error.strerror or error})")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, read in parts. OSError where it cannot be read."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
