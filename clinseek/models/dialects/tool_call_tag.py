"""`<tool_call>` and its cousins: JSON (Qwen, Hermes, Granite, Phi), GLM's keys, names alone.

What stands in `<function=...>` or `<invoke ...>` inside the tag is read by `function_tag`.
"""

from __future__ import annotations

import re
from typing import Any

from clinseek.models.dialects import function_tag, gemma
from clinseek.models.dialects.calls import Element, Reading, Repair, TextCall
from clinseek.models.dialects.coercion import coerced
from clinseek.models.dialects.expressions import expression_at
from clinseek.models.dialects.json_calls import argument_call, calls_at

OPEN = r"<\|?tool_calls?\|?>|<function_calls?>|<start_function_call>"
_NEXT = re.compile(
    r"<\|?/tool_calls?\|?>|<tool_calls?\|>|</function_calls?>|<end_function_call>|" + OPEN
)
_CLOSE = re.compile(r"<\|?/tool_calls?\|?>|<tool_calls?\|>|</function_calls?>|<end_function_call>")
_FENCE = re.compile(r"```\w{0,20}\s{0,9}")
_FENCE_END = re.compile(r"\s{0,9}```")
_NAME = re.compile(r"([\w.:/-]{1,200})\s{0,99}(?=<arg_key>|[{]|</tool_call>)")
_PAIR = re.compile(r"\s{0,99}<arg_key>([^<]{1,200})</arg_key>\s{0,99}<arg_value>")
_VALUE_END = re.compile(r"</arg_value>|<arg_key>|</tool_call>|<tool_call>")


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The calls of the tag that `opened` opens; None where it holds none."""
    text, body = reading.text, reading.skip(opened.end())
    fence = _FENCE.match(text, body)
    body = fence.end() if fence else body
    inner = function_tag.OPEN.match(text, body)
    if inner is not None:
        found = function_tag.read(reading, inner)
    elif text.startswith("call:", body):
        found = gemma.read_at(reading, body, limit=_limit(text, body))
    else:
        found = _body(reading, body)
    return _with_tags(reading, opened.start(), found) if found else None


def read_closed(reading: Reading, closed: re.Match[str], *, since: int) -> Element | None:
    """The JSON call that ends at a closing tag whose opening tag got lost."""
    opened = _OBJECT.search(reading.text, since, closed.start())
    if opened is None:
        return None
    found = calls_at(reading, opened.end() - 1, limit=closed.start(), dialect="tool_call_json")
    if reading.skip(found.end) != closed.start():
        return None
    return found._replace(end=closed.end())


_OBJECT = re.compile(r"""(?:^|\n)[ \t]{0,9}\{(?=\s{0,99}["'](?:name|function)["'])""")


def _body(reading: Reading, body: int) -> Element | None:
    text, limit = reading.text, _limit(reading.text, body)
    if text[body : body + 1] in ("{", "["):
        return calls_at(reading, body, limit=limit, dialect="tool_call_json")
    named = _NAME.match(text, body)
    if named is None:
        return _expression(reading, body, limit)
    name, at = named.group(1), named.end()
    if text[at : at + 1] == "{":
        return argument_call(reading, name, at, start=body, limit=limit, dialect="tool_call_json")
    if text.startswith("<arg_key>", at):
        return _pairs(reading, name, body, at)
    if not reading.names.knows(name):
        return None
    return Element(body, at, (TextCall(name, {}, name, "tool_call_glm"),))


def _expression(reading: Reading, body: int, limit: int) -> Element | None:
    found = expression_at(reading.text, body, limit=limit)
    if found is None:
        return None
    raw = reading.text[body : found.end]
    repair: Repair | None = "json" if found.mended else None
    return Element(
        body, found.end, (TextCall(found.name, found.arguments, raw, "pythonic", repair),)
    )


def _pairs(reading: Reading, name: str, start: int, at: int) -> Element:
    """GLM's `<arg_key>k</arg_key><arg_value>v</arg_value>`, as many as follow."""
    text, arguments = reading.text, dict[str, Any]()
    whole: bool = True
    repair: Repair | None = None
    while whole and (pair := _PAIR.match(text, at)) is not None:
        ended = _VALUE_END.search(text, pair.end())
        whole = ended is not None
        key = pair.group(1).strip()
        value = text[pair.end() : ended.start() if ended else len(text)]
        arguments[key] = coerced(value, reading.schema_of(name, key))
        closed = ended is not None and ended.group() == "</arg_value>"
        repair = repair if closed else "markup"
        at = len(text) if ended is None else ended.end() if closed else ended.start()
    rest = reading.skip(at)
    if whole and not text.startswith("</tool_call>", rest):
        whole, repair = not reading.breaks_off(at), "markup"
        at = at if whole else _limit(text, at)
    raw = text[start:at].strip()
    call = TextCall(name, arguments if whole else None, raw, "tool_call_glm", repair)
    return Element(start, at, (call,))


def _limit(text: str, at: int) -> int:
    found = _NEXT.search(text, at)
    return found.start() if found else len(text)


def _with_tags(reading: Reading, start: int, found: Element) -> Element:
    fence = _FENCE_END.match(reading.text, found.end)
    end = reading.skip(fence.end() if fence else found.end)
    closed = _CLOSE.match(reading.text, end)
    if closed is not None:
        return Element(start, closed.end(), found.calls)
    return Element(start, found.end, tuple(map(_unclosed, found.calls)))


def _unclosed(call: TextCall) -> TextCall:
    whole = call.arguments is not None and call.repair is None
    return call._replace(repair="markup") if whole else call
