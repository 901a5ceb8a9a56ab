"""Mistral: `[TOOL_CALLS] [{...}]`, and since v11 `[TOOL_CALLS]f[ARGS]{...}`."""

from __future__ import annotations

import re

from clinseek.models.dialects.calls import Element, Reading
from clinseek.models.dialects.json_calls import argument_call, calls_at

OPENING = r"\[TOOL_CALLS\]"
_NAMED = re.compile(r"([\w./:-]{1,200})(?:\[CALL_ID\][\w-]{1,64})?(?:\[ARGS\])?\s{0,9}(?=\{)")
_NEXT = re.compile(OPENING)


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The calls behind the token; None where neither JSON nor a name follows it."""
    text, at = reading.text, reading.skip(opened.end())
    following = _NEXT.search(text, at)
    limit = following.start() if following else len(text)
    if text[at : at + 1] in ("[", "{"):
        found = calls_at(reading, at, limit=limit, dialect="mistral")
        return found._replace(start=opened.start())
    named = _NAMED.match(text, at)
    if named is None:
        return None
    return argument_call(
        reading,
        named.group(1),
        named.end(),
        start=opened.start(),
        limit=limit,
        dialect="mistral",
    )
