"""Llama: `<|python_tag|>` before JSON or an expression, `<|python_start|>[f(a=1)]`."""

from __future__ import annotations

import re

from clinseek.models.dialects.calls import Element, Reading, TextCall
from clinseek.models.dialects.expressions import statements
from clinseek.models.dialects.json_calls import calls_at

OPENING = r"<\|python_(?:tag|start)\|>"
_END = re.compile(r"<\|(?:python_end|eom_id|eot_id|eot|python_tag|python_start)\|>")
_SWALLOWED = re.compile(r"\s{0,9}<\|(?:python_end|eom_id|eot_id|eot)\|>")


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The calls behind the tag; None where code follows that is more than calls."""
    text, at = reading.text, reading.skip(opened.end())
    ends = _END.search(text, at)
    limit = ends.start() if ends else len(text)
    found: Element | None
    if text[at : at + 1] == "{" or text.startswith("[{", at):
        found = calls_at(reading, at, limit=limit, dialect="python_tag")
    else:
        found = _code(text, at, limit)
    if found is None:
        return None
    swallowed = _SWALLOWED.match(text, found.end)
    end = swallowed.end() if swallowed else found.end
    return found._replace(start=opened.start(), end=end)


def _code(text: str, at: int, limit: int) -> Element | None:
    code = text[at:limit].strip()
    expressions = statements(code)
    if expressions is None:
        return None
    # Llama names a built-in tool's method: brave_search.call(query=...).
    calls = tuple(
        TextCall(expression.name.removesuffix(".call"), expression.arguments, code, "python_tag")
        for expression in expressions
    )
    return Element(at, limit, calls)
