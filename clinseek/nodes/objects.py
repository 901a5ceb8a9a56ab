"""JSON objects that a model wrote in the midst of its words. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from clinseek.models.dialects.json_values import value_at


def last_object(text: str, key: str) -> dict[str, Any] | None:
    """The last JSON object in `text` with `key`, mended where it is broken and reads one way.

    >>> last_object('I think so: {"answer": "yes"} and {answer: "no"', "answer")
    {'answer': 'no'}
    """
    found, end = _sound_object(text, key)
    limit = len(text)
    for opened in reversed(list(_opened(key).finditer(text, end))):
        read = value_at(text, opened.start(), limit=limit)
        if read is not None and isinstance(read.value, dict) and key in read.value:
            return read.value
        limit = opened.start()
    return found


def _sound_object(text: str, key: str) -> tuple[dict[str, Any] | None, int]:
    """The last object with `key` that is JSON as it stands, and its end."""
    found: tuple[dict[str, Any] | None, int] = (None, 0)
    if key not in text:
        return found
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    while at >= 0:
        try:
            opened, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(opened, dict) and key in opened:
            found = opened, end
        at = text.find("{", end)
    return found


def _opened(key: str) -> re.Pattern[str]:
    return re.compile(rf"""\{{(?=\s{{0,99}}["']?{re.escape(key)}["']?\s{{0,9}}:)""")
