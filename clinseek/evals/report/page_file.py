"""Writing a page so that it is whole or as it was, and its owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

from clinseek.errors import SettingError


def write_page(file: Path, page: str) -> None:
    """Write `page`; a file that was there is replaced. SettingError where it cannot be."""
    making = file.with_name(f".{file.name}.making")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(making, "w", encoding="utf-8", opener=_private) as opened:
            opened.write(page)
        making.replace(file)
    except OSError as error:
        making.unlink(missing_ok=True)
        raise SettingError(f"{file}: cannot be written ({error.strerror})") from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
