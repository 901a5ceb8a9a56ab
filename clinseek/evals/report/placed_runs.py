"""Single runs out of a file of records, by where they stand in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json

from clinseek.errors import SettingError


def run_at(file: Path, offset: int, length: int) -> dict[str, Any]:
    """The JSON object of the record that stands at `offset`. SettingError where none does."""
    with file.open("rb") as opened:
        opened.seek(offset)
        line = opened.read(length)
    try:
        run = from_json(line)
    except ValueError:
        run = None
    if not isinstance(run, dict):
        raise SettingError(f"{file}: no record at byte {offset}; was it written anew meanwhile?")
    return run
