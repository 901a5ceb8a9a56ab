"""The published form: `[Tool Call: f({...})]`, also `[Tool Call: f(a="x")]`."""

from __future__ import annotations

import re

from clinseek.models.dialects.calls import Element, Reading, Repair, TextCall
from clinseek.models.dialects.expressions import expression_at

OPENING = r"\[(?i:tool[ _]calls?):"
_NEXT = re.compile(OPENING)
_CLOSE = re.compile(r"\s{0,99}\]")
_NAME = re.compile(r"([\w./:-]{1,200})(?=\s{0,9}[(\]])")


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The call in the brackets; None where no name and bracket follow."""
    text, at = reading.text, reading.skip(opened.end())
    following = _NEXT.search(text, at)
    limit = following.start() if following else len(text)
    named = _NAME.match(text, at)
    if named is None:
        return None
    found = expression_at(text, at, limit=limit)
    if found is None:
        return _without_arguments(reading, opened.start(), named, limit)
    close = _CLOSE.match(text, found.end)
    end = close.end() if close else found.end
    repair: Repair | None = "json" if found.mended else None if close else "markup"
    raw = text[opened.start() : end]
    call = TextCall(found.name, found.arguments, raw, "bracket", repair)
    return Element(opened.start(), end, (call,))


def _without_arguments(reading: Reading, start: int, named: re.Match[str], limit: int) -> Element:
    """A call in bare brackets has no arguments; one whose arguments do not end is broken."""
    close = _CLOSE.match(reading.text, named.end())
    if close is not None:
        raw = reading.text[start : close.end()]
        return Element(start, close.end(), (TextCall(named.group(1), {}, raw, "bracket"),))
    raw = reading.text[start:limit].strip()
    return Element(start, limit, (TextCall(named.group(1), None, raw, "bracket"),))
