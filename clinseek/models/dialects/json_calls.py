"""Calls as JSON inside markup: one object, several, or a list; sound or broken."""

from __future__ import annotations

import re

from clinseek.models.dialects.calls import (
    Dialect,
    Element,
    Reading,
    Repair,
    TextCall,
    name_in,
    named_in,
)
from clinseek.models.dialects.json_values import JsonValue, skip_surplus, value_at

_BETWEEN = re.compile(r"[\s;,]{0,99}(?=[{\[])")


def calls_at(reading: Reading, at: int, *, limit: int, dialect: Dialect) -> Element:
    """The calls of the JSON values from `at` on, as an element that begins there.

    Broken JSON is one call without arguments, up to `limit`; so is JSON that names no tool, as
    markup says that a call was meant.
    """
    calls: list[TextCall] = []
    place, end = at, at
    while True:
        read = value_at(
            reading.text, place, limit=limit, cut=reading.cut and at_end(reading, limit)
        )
        if read is None:
            broken = _broken(reading, place, limit, dialect)
            return Element(at, limit, (*calls, broken))
        found = calls_of(reading, read, place, dialect)
        if found is None and calls:
            break
        end = read.end
        calls += found or [TextCall("", None, reading.text[place:end], dialect)]
        following = _BETWEEN.match(reading.text, end)
        if following is None or following.end() >= limit:
            break
        place = following.end()
    surplus = skip_surplus(reading.text, end)
    return Element(at, surplus if reading.text[end:surplus].strip() else end, tuple(calls))


def calls_of(reading: Reading, read: JsonValue, at: int, dialect: Dialect) -> list[TextCall] | None:
    """The calls that a JSON value names; None where any part of it names none."""
    raw = reading.text[at : read.end]
    calls: list[TextCall] = []
    for named in named_in(read.value):
        if named is None:
            return None
        repair: Repair | None = "json" if read.mended or named.mended else None
        calls.append(TextCall(named.name, named.arguments, raw, dialect, repair))
    return calls or None


def argument_call(
    reading: Reading, name: str, at: int, *, start: int, limit: int, dialect: Dialect
) -> Element:
    """The call of `name` whose arguments are the JSON object at `at`; the element from `start`."""
    cut = reading.cut and at_end(reading, limit)
    read = value_at(reading.text, at, limit=limit, cut=cut)
    if read is None or not isinstance(read.value, dict):
        end = limit if read is None else read.end
        call = TextCall(name, None, reading.text[start:end].strip(), dialect)
        return Element(start, end, (call,))
    raw = reading.text[start : read.end].strip()
    call = TextCall(name, read.value, raw, dialect, "json" if read.mended else None)
    surplus = skip_surplus(reading.text, read.end)
    end = surplus if reading.text[read.end : surplus].strip() else read.end
    return Element(start, end, (call,))


def at_end(reading: Reading, place: int) -> bool:
    """Whether nothing but white space follows."""
    return reading.skip(place) == len(reading.text)


def _broken(reading: Reading, at: int, limit: int, dialect: Dialect) -> TextCall:
    raw = reading.text[at:limit].strip()
    return TextCall(name_in(raw), None, raw, dialect)
