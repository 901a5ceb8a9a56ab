"""Calls between control tokens: DeepSeek (`<｜tool▁call▁begin｜>`) and Kimi."""  # noqa: RUF002

from __future__ import annotations

import re

from clinseek.models.dialects.calls import Dialect, Element, Reading, TextCall
from clinseek.models.dialects.json_calls import argument_call

_BAR = "[｜|]"  # noqa: RUF001
_JOIN = "[▁_ ]"
OPENING = rf"<{_BAR}tool{_JOIN}calls?{_JOIN}begin{_BAR}>"
_SEPARATOR = rf"<{_BAR}tool{_JOIN}sep{_BAR}>"
_DEEPSEEK = re.compile(rf"\s{{0,9}}(?:function)?{_SEPARATOR}([^\s<{{]{{1,200}})")  # V3, R1
_DEEPSEEK_31 = re.compile(rf"\s{{0,9}}([^\s<{{]{{1,200}})\s{{0,9}}{_SEPARATOR}")
_KIMI = re.compile(
    r"\s{0,9}(?:functions\.)?([\w./-]{1,200}?)(?::\d{1,9})?\s{0,9}<\|tool_call_argument_begin\|>"
)
_FENCE = re.compile(r"```\w{0,20}\s{0,9}")
_END = re.compile(
    rf"(?:\s{{0,9}}```)?(?:\s{{0,9}}<{_BAR}tool{_JOIN}calls?{_JOIN}end{_BAR}>){{0,2}}"
)
_LIMIT = re.compile(rf"<{_BAR}tool{_JOIN}calls?{_JOIN}(?:begin|end){_BAR}>")


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The call behind a begin token; None behind one that only opens the list."""
    head, dialect = _head(reading.text, opened.end())
    if head is None:
        return None
    at = reading.skip(head.end())
    fence = _FENCE.match(reading.text, at)
    at = fence.end() if fence else at
    ends = _LIMIT.search(reading.text, at)
    limit = ends.start() if ends else len(reading.text)
    name, start = head.group(1), opened.start()
    if reading.text[at : at + 1] == "{":
        found = argument_call(reading, name, at, start=start, limit=limit, dialect=dialect)
    else:
        raw = reading.text[start:limit].strip()
        arguments = None if reading.text[at:limit].strip(" `\n") or not ends else dict[str, str]()
        found = Element(start, limit, (TextCall(name, arguments, raw, dialect),))
    end = _END.match(reading.text, found.end)
    return found._replace(end=end.end() if end else found.end)


def _head(text: str, at: int) -> tuple[re.Match[str] | None, Dialect]:
    kimi = _KIMI.match(text, at)
    if kimi is not None:
        return kimi, "kimi"
    return _DEEPSEEK.match(text, at) or _DEEPSEEK_31.match(text, at), "deepseek"
