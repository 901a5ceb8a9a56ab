"""A file that is whole or as it was, and its owner's alone: it may hold patients' rows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinseek.errors import SettingError


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """A path to write to, which becomes `file` when the block ends well and it is on the disk.

    Where the block ends early `file` stays as it was, and nothing is left beside it. SettingError
    where it cannot be written.
    """
    making = file.with_name(f".{file.name}.making")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        making.unlink(missing_ok=True)  # of one that was killed, whoever may read it
        making.touch(mode=0o600)
        yield making
        with making.open("rb") as written:
            os.fsync(written.fileno())
        making.replace(file)
    except OSError as error:
        raise SettingError(f"{file}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            making.unlink()


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, read in parts. OSError where it cannot be read."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
