"""The one entry: the calls of a text in any dialect, in their order, and the text without them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from clinseek.models.dialects import (
    brackets,
    function_tag,
    harmony,
    llama,
    mistral,
    plain,
    token_tags,
    tool_call_tag,
)
from clinseek.models.dialects.calls import Element, Reading, TextCall, TextCalls
from clinseek.models.dialects.inline_code import InlineCode
from clinseek.models.names import NameTable

_READERS: dict[str, Callable[[Reading, re.Match[str]], Element | None]] = {
    "tag": tool_call_tag.read,
    "tokens": token_tags.read,
    "llama": llama.read,
    "mistral": mistral.read,
    "bracket": brackets.read,
    "harmony": harmony.read,
}
_MARKUP = re.compile(
    rf"(?P<tag>{tool_call_tag.OPEN})|(?P<tokens>{token_tags.OPENING})|(?P<llama>{llama.OPENING})"
    rf"|(?P<mistral>{mistral.OPENING})|(?P<bracket>{brackets.OPENING})"
    r"|(?P<opens>(?=<function\s?=|<(?:｜DSML｜|antml:)?invoke\s))"  # noqa: RUF001
    rf"|(?P<closed></tool_call>)|(?P<harmony>{harmony.OPENING})"
)
_LEFT_OVER = re.compile(
    r"</?tool_calls?>|</?function_calls?>|</function>|</invoke>|</?[｜]DSML[｜][a-z_]{1,30}>"  # noqa: RUF001
    r"|<[｜|]tool[▁_ ]calls?(?:[▁_ ]section)?[▁_ ](?:begin|end)[｜|]>"  # noqa: RUF001
    r"|<\|tool_calls_section_(?:begin|end)\|>|</?(?:minimax:tool_call|antml:function_calls)>"
    r"|<\|(?:eom_id|eot_id|eot|im_end|call|python_end)\|>|<[｜]end▁of▁sentence[｜]>"  # noqa: RUF001
)
_EMPTY_CODE = re.compile(r"```\w{0,20}\s{0,9}```|^`\s{0,9}`$")


def read_calls(
    text: str,
    *,
    known: Collection[str],
    schemas: Sequence[Mapping[str, Any]] = (),
    cut: bool = False,
) -> TextCalls:
    """The calls that `text` (an answer's content, or its reasoning) makes, and the rest of it.

    `known` are the names of the tools; names come back as they were written. Explicit markup
    makes a call of any name; JSON and Python without markup only of a known one, and only where
    no call stands in markup. Markup in inline code is an example, not a call. `schemas` (OpenAI
    form) say which values of XML parameters are no text. `cut`: the host broke the text off
    (finish_reason "length"), so that a call left open at its end is not run. Pure, linear in the
    text, never raises.

    >>> found = read_calls(
    ...     'First.<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>', known=["f"]
    ... )
    >>> found.rest, [(call.name, call.arguments) for call in found.calls]
    ('First.', [('f', {'a': 1})])
    """
    reading = Reading(text, NameTable(known), _parameters(schemas), cut)
    elements = _in_markup(reading) or plain.fenced(reading) or plain.whole_answer(reading)
    calls = [_sound(call) for element in elements for call in element.calls]
    return TextCalls(calls, _without(text, elements))


def _sound(call: TextCall) -> TextCall:
    """The call, without a repair where it could not be repaired."""
    return call if call.arguments is not None else call._replace(repair=None)


def _in_markup(reading: Reading) -> list[Element]:
    found: list[Element] = []
    inline = InlineCode(reading.text)
    at = done = 0
    while (opened := _MARKUP.search(reading.text, at)) is not None:
        at = max(opened.end(), opened.start() + 1)
        if inline.holds(opened.start(), since=found[-1].end if found else 0):
            continue
        element = _element(reading, opened, done)
        if element is not None:
            found.append(element)
            at = done = max(element.end, opened.start() + 1)
        elif opened.lastgroup == "closed":
            done = at
    return found


def _element(reading: Reading, opened: re.Match[str], done: int) -> Element | None:
    kind = opened.lastgroup or ""
    if kind == "closed":
        return tool_call_tag.read_closed(reading, opened, since=done)
    if kind == "opens":
        inner = function_tag.OPEN.match(reading.text, opened.start())
        return function_tag.read(reading, inner) if inner else None
    return _READERS[kind](reading, opened)


def _without(text: str, elements: Sequence[Element]) -> str:
    if not elements:
        return text
    parts: list[str] = []
    at = 0
    for element in elements:
        parts.append(text[at : element.start])
        at = element.end
    parts.append(text[at:])
    cleaned = (_LEFT_OVER.sub("", part).strip() for part in parts)
    return _EMPTY_CODE.sub("", "\n".join(part for part in cleaned if part)).strip()


def _parameters(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for schema in schemas:
        function = schema.get("function", schema)
        properties = function.get("parameters", {}).get("properties", {})
        found[function["name"]] = properties
    return found
