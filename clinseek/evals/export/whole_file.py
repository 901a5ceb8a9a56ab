"""A file that is whole or as it was, and its owner's alone: it holds patient data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinseek.errors import SettingError


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """A path to write to, which becomes `file` when the block ends well.

    SettingError where it cannot be written.
    """
    making = file.with_name(f".{file.name}.making")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        making.touch(mode=0o600)
        yield making
        making.replace(file)
    except OSError as error:
        raise SettingError(f"{file}: cannot be written ({error.strerror})") from None
    finally:
        with suppress(OSError):
            making.unlink()
