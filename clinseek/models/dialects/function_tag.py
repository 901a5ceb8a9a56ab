"""`<function=NAME>` with parameters in tags (Qwen3-Coder, Qwen3.5) or JSON (Llama), `<invoke>`.

A value in a tag is text; it becomes another JSON type only where the tool's schema says so.
"""

from __future__ import annotations

import re
from typing import Any

from clinseek.models.dialects.calls import Dialect, Element, Reading, Repair, TextCall
from clinseek.models.dialects.coercion import coerced
from clinseek.models.dialects.expressions import expression_at
from clinseek.models.dialects.json_calls import argument_call
from clinseek.models.dialects.json_values import value_at

_SPACE = r"(?:｜DSML｜|antml:)?"  # noqa: RUF001
OPENING = (
    rf"<function\s?=\s?[\"']?(?P<function>[\w.:/-]{{1,200}})"
    rf"|<{_SPACE}invoke\s+name\s?=\s?[\"']?(?P<invoke>[\w.:/-]{{1,200}})"
)
OPEN = re.compile(OPENING)
_PARAMETER = re.compile(
    rf"\s{{0,999}}<{_SPACE}parameter(?:\s?=\s?|\s{{1,9}}name\s?=\s?)[\"']?([^\"'>\s]{{1,200}})[\"']?"
    r"(?:\s{1,9}string=\"(true|false)\")?\s{0,9}>"
)
_VALUE_END = re.compile(
    rf"</{_SPACE}parameter>|<{_SPACE}parameter(?=[\s=])|</{_SPACE}(?:function|invoke)>|</tool_call>"
)
_CLOSE = re.compile(rf"\s{{0,999}}</{_SPACE}(?:function|invoke)>")
_ENDS = re.compile(
    rf"</{_SPACE}(?:function|invoke)>|</tool_call>|<tool_call>|<function=|<{_SPACE}invoke\s"
)
_AFTER_NAME = re.compile(r"[\"']?\s{0,9}(?:=\s{0,9}(?=\{)|,\s{0,9}(?=\{))?")
_EXPRESSION_END = re.compile(r"\s{0,9}>?(?:\s{0,9}</function>)?")
_JSON_END = re.compile(r"\s{0,9}(?:</function>|>(?:\s{0,9}</function>)?)?")


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The call of the tag that `opened` opens; None where it is no call."""
    text, after = reading.text, _AFTER_NAME.match(reading.text, opened.end())
    if after is None:
        return None
    name = opened.group("function") or opened.group("invoke")
    start, at = opened.start(), after.end()
    if text[at : at + 1] == "(":
        return _expression(reading, start, opened.start("function"))
    if text[at : at + 1] == "{":
        return _json(reading, name, start, at)
    if text[at : at + 1] != ">":
        return None
    inside = reading.skip(at + 1)
    if text[inside : inside + 1] == "{":
        return _json(reading, name, start, inside)
    dialect: Dialect = "invoke" if opened.group("invoke") else "tool_call_xml"
    return _tags(reading, name, start, at + 1, dialect)


def _expression(reading: Reading, start: int, name_at: int) -> Element | None:
    """`<function=f({...})>` and `<function=f(a=1)>`."""
    limit = _limit(reading.text, name_at)
    found = expression_at(reading.text, name_at, limit=limit) if name_at >= 0 else None
    if found is None:
        return None
    end = _end(_EXPRESSION_END, reading.text, found.end)
    repair: Repair | None = "json" if found.mended else None
    raw = reading.text[start:end].strip()
    call = TextCall(found.name, found.arguments, raw, "function_json", repair)
    return Element(start, end, (call,))


def _json(reading: Reading, name: str, start: int, at: int) -> Element:
    limit = _limit(reading.text, at)
    found = argument_call(reading, name, at, start=start, limit=limit, dialect="function_json")
    return found._replace(end=_end(_JSON_END, reading.text, found.end))


def _tags(reading: Reading, name: str, start: int, at: int, dialect: Dialect) -> Element | None:
    text, arguments = reading.text, dict[str, Any]()
    whole: bool = True
    repair: Repair | None = None
    while whole and (parameter := _PARAMETER.match(text, at)) is not None:
        ended = _VALUE_END.search(text, parameter.end())
        whole = ended is not None
        value = text[parameter.end() : ended.start() if ended else len(text)]
        key, as_text = parameter.group(1), parameter.group(2)
        arguments[key] = _value(reading, name, key, value, as_text)
        closed = ended is not None and ended.group().startswith("</") and "param" in ended.group()
        repair = repair if closed else "markup"
        at = len(text) if ended is None else ended.end() if closed else ended.start()
    close = _CLOSE.match(text, at)
    rest = reading.skip(at)
    if close is None:
        closed_outside = text.startswith("</tool_call>", rest)
        if not arguments and not closed_outside:
            return _headless(reading, name, start, at, dialect)
        whole, repair = whole and (closed_outside or not reading.breaks_off(at)), "markup"
    end = close.end() if close else _limit(text, at) if not whole else at
    raw = text[start:end].strip()
    return Element(
        start, end, (TextCall(name, arguments if whole else None, raw, dialect, repair),)
    )


def _headless(reading: Reading, name: str, start: int, at: int, dialect: Dialect) -> Element | None:
    """A tag that is opened and holds neither parameters nor an end: a cut call, or prose."""
    if not reading.names.knows(name):
        return None
    end = _limit(reading.text, at)
    return Element(start, end, (TextCall(name, None, reading.text[start:end].strip(), dialect),))


def _value(reading: Reading, name: str, key: str, value: str, as_text: str | None) -> Any:
    value = value.removeprefix("\n").removesuffix("\n")
    if as_text == "true":
        return value
    if as_text == "false":
        read = value_at(value.strip(), 0)
        return read.value if read and read.end == len(value.strip()) else value
    return coerced(value, reading.schema_of(name, key))


def _limit(text: str, at: int) -> int:
    found = _ENDS.search(text, at)
    return found.start() if found else len(text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
