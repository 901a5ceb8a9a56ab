"""Calls without markup of their own: in fences, or as the whole answer. Known tools only.

Such a text may as well be an example or an answer, so it must name known tools, and it counts
only where no call stands in markup. A whole answer is JSON, `f(a=1)` or `[f(a=1), g(b=2)]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from clinseek.models.dialects.calls import Dialect, Element, Reading, Repair, TextCall, named_in
from clinseek.models.dialects.expressions import statements
from clinseek.models.dialects.json_values import skip_surplus, value_at

_FENCE = re.compile(r"[ \t]{0,9}(`{3,9})[ \t]{0,9}([\w-]{0,20})[ \t]{0,9}\r?$")
_JSON_LABELS = frozenset({"json", "json5", "jsonc", "tool_call", "tool_calls", "tool", "", "text"})
_CODE_LABELS = frozenset({"tool_code", "python", "py", "tool_call", "tool_calls", ""})
_BETWEEN = re.compile(r"[\s;,]*")
_STOPS = re.compile(
    r"(?:\s|<\|(?:eom_id|eot_id|eot|im_end|end|endoftext|call|return)\|>|</s>|<end_of_turn>|<turn\|>)+$"
)
_TAIL = 400


class Fence(NamedTuple):
    """A fenced block: [start, end) with its fences, [inside, until) without."""

    start: int
    inside: int
    until: int
    end: int
    label: str
    closed: bool


def fenced(reading: Reading) -> list[Element]:
    """The calls in fenced blocks, each block whole."""
    found: list[Element] = []
    for fence in fences(reading.text):
        body = reading.text[fence.inside : fence.until].strip()
        calls: tuple[TextCall, ...] = ()
        if fence.label in _JSON_LABELS and body[:1] in ("{", "["):
            calls = json_calls(reading, body, "fenced_json")
        if not calls and fence.label in _CODE_LABELS:
            calls = _code_calls(reading, body, "tool_code")
        if calls and not (reading.cut and not fence.closed):
            found.append(Element(fence.start, fence.end, calls))
    return found


def whole_answer(reading: Reading) -> list[Element]:
    """The calls where the answer is nothing but calls."""
    body = without_stops(reading.text)
    calls = json_calls(reading, body, "bare_json") or _code_calls(reading, body, "pythonic")
    return [Element(0, len(reading.text), calls)] if calls else []


def fences(text: str) -> Iterator[Fence]:
    r"""The fenced blocks of a text; one that is not closed ends with the text.

    >>> [(fence.label, fence.closed) for fence in fences("```json\n{}\n```\n```py")]
    [('json', True), ('py', False)]
    """
    opened: tuple[int, int, str, str] | None = None
    at = 0
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line.rstrip("\n"))
        end = at + len(line)
        if mark is not None and opened is None:
            opened = (at, end, mark.group(1), mark.group(2).lower())
        elif mark is not None and opened is not None and not mark.group(2):
            start, inside, ticks, label = opened
            if len(mark.group(1)) >= len(ticks):
                yield Fence(start, inside, at, end, label, closed=True)
                opened = None
        at = end
    if opened is not None:
        start, inside, _, label = opened
        yield Fence(start, inside, len(text), len(text), label, closed=False)


def without_stops(text: str) -> str:
    """The text without white space around it and the control tokens that end a turn."""
    tail = max(0, len(text) - _TAIL)
    found = _STOPS.search(text, tail)
    return (text[: found.start()] if found else text).strip()


def json_calls(reading: Reading, body: str, dialect: Dialect) -> tuple[TextCall, ...]:
    """The calls of a body that is nothing but JSON objects which name known tools, else none."""
    calls: list[TextCall] = []
    at = 0
    while at < len(body):
        if body[at] not in "{[":
            return ()
        read = value_at(body, at, cut=reading.cut)
        if read is None:
            return ()
        for named in named_in(read.value):
            if named is None or not named.plain or not reading.names.knows(named.name):
                return ()
            repair: Repair | None = "json" if read.mended or named.mended else None
            raw = body[at : read.end]
            calls.append(TextCall(named.name, named.arguments, raw, dialect, repair))
        surplus = skip_surplus(body, read.end)
        between = _BETWEEN.match(body, surplus)
        at = between.end() if between else surplus
    return tuple(calls)


def _code_calls(reading: Reading, body: str, dialect: Dialect) -> tuple[TextCall, ...]:
    if not _LIKE_A_CALL.match(body):
        return ()
    found = statements(body)
    if not found or not all(reading.names.knows(each.name) for each in found):
        return ()
    return tuple(TextCall(each.name, each.arguments, body, dialect) for each in found)


_LIKE_A_CALL = re.compile(r"\[?\s{0,99}(?:\w{1,64}\s?=\s?)?(?:print\()?[A-Za-z_][\w.]{0,199}\(")
