"""The objects of a file of JSON that somebody else wrote: a list of them, or one a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.published.shapes import writable

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Half a character, if it has no other half: no file can hold it."""
_FRONT = 64
"""Characters in which a list opens, behind white space."""


def json_objects(path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The objects of a JSON list or of JSONL, each with its place; of JSONL one is held at a time.

    SettingError, with the place, for a file that cannot be read, for what is no JSON or no object,
    and for JSON that nothing can hold.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            opens_list = file.read(_FRONT).lstrip().startswith("[")
            file.seek(0)
            if opens_list:
                yield from _listed(_read(file.read(), str(path)), path)
                return
            for number, line in enumerate(file, start=1):
                if line.strip():
                    at = f"{path}, line {number}"
                    yield _object(_read(line, at), at)
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: is no text file") from None


def _listed(held: Any, path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    for number, each in enumerate(held, start=1):
        yield _object(each, f"{path}, item {number}")


def _read(text: str, at: str) -> Any:
    try:
        held = json.loads(text)
        return writable(held) if _HALF.search(text) else held
    except json.JSONDecodeError as error:
        where = f", line {error.lineno}" if error.lineno > 1 else ""
        raise SettingError(f"{at}: is no JSON ({error.msg}{where})") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, lists without end
        raise SettingError(f"{at}: cannot be read ({error})") from None


def _object(held: Any, at: str) -> tuple[Mapping[str, Any], str]:
    if not isinstance(held, dict):
        raise SettingError(f"{at}: no JSON object")
    return held, at
