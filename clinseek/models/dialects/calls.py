"""What is read of a text: calls, where they stood, and how a JSON object names one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from clinseek.models.dialects.json_values import read_object
from clinseek.models.names import NameTable

Dialect = Literal[
    "tool_call_json",
    "tool_call_xml",
    "tool_call_glm",
    "tool_call_gemma",
    "function_json",
    "invoke",
    "python_tag",
    "pythonic",
    "tool_code",
    "fenced_json",
    "deepseek",
    "kimi",
    "harmony",
    "mistral",
    "bracket",
    "bare_json",
]
"""The text forms of a call. `tool_call_*` stand in <tool_call> tags; `function_json` is
`<function=f>{...}</function>` and `<function=f({...})>`; `bracket` is `[Tool Call: f({...})]`."""

Repair = Literal["json", "markup"]
"""What had to be mended: the JSON of the arguments, or markup that was not closed."""

_NAME_KEYS = ("name", "function", "tool", "tool_name", "recipient_name")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "tool_input")
_BESIDE = frozenset({"id", "type", "index", "call_id", "tool_call_id"})
_LISTS = ("tool_calls", "tool_uses", "calls")
_NAMED = re.compile(
    r"""["'](?:name|tool_name|function|tool)["']\s{0,9}:\s{0,9}["']([^"'\\\n]{1,200})["']"""
)
_DEEPEST = 4


class TextCall(NamedTuple):
    """A call that a model wrote as text.

    `name` is as it was written ("" where it could not be read); `arguments` None: they are no
    sound JSON object, and `raw`, the text that held the call, is all there is.
    """

    name: str
    arguments: dict[str, Any] | None
    raw: str
    dialect: Dialect
    repair: Repair | None = None


class TextCalls(NamedTuple):
    """The calls of a text in their order, and the text without them."""

    calls: list[TextCall]
    rest: str


class Element(NamedTuple):
    """A piece of the text, [start, end), and the calls that it holds."""

    start: int
    end: int
    calls: tuple[TextCall, ...]


@dataclass(frozen=True)
class Reading:
    """A text being read: the tools that are known, and what their parameters take.

    `parameters` holds the schema of each parameter by tool and name; `cut`: the host broke the
    text off, so that what stands open at its end is not complete.
    """

    text: str
    names: NameTable
    parameters: Mapping[str, Mapping[str, Any]]
    cut: bool = False

    def schema_of(self, tool: str, parameter: str) -> Mapping[str, Any]:
        """The schema of one parameter; empty where none is known."""
        found = self.parameters.get(self.names.repair(tool).name, {}).get(parameter)
        return found if isinstance(found, Mapping) else {}

    def skip(self, at: int) -> int:
        """The place of the first character from `at` on that is no white space."""
        found = _VISIBLE.search(self.text, at)
        return found.start() if found else len(self.text)

    def breaks_off(self, at: int) -> bool:
        """Whether markup that is not closed at `at` stops short, so that more was to come."""
        rest = self.skip(at)
        if rest < len(self.text) and self.text[rest] == "<":
            return _GOES_ON.match(self.text, rest) is None
        return self.cut and _GOES_ON.search(self.text, rest) is None


_VISIBLE = re.compile(r"\S")
_GOES_ON = re.compile(
    r"</?tool_call>|<\||</s>|<end_of_turn>|</?function|<(?:｜DSML｜|antml:)?invoke|<｜(?:end|tool)"  # noqa: RUF001
)


class Named(NamedTuple):
    """A call as a JSON object names it; `plain`: the object holds nothing else."""

    name: str
    arguments: dict[str, Any] | None
    mended: bool
    plain: bool


def named_in(value: object, *, deep: int = 0) -> Iterator[Named | None]:
    """The calls that a JSON value names, in lists and wrappers too; None for what names none.

    >>> [call.name for call in named_in([{"name": "f", "parameters": {}}]) if call]
    ['f']
    """
    if isinstance(value, list) and deep < _DEEPEST:
        for item in value:
            yield from named_in(item, deep=deep + 1)
        return
    if not isinstance(value, dict):
        yield None
        return
    wrapped = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
    if wrapped is not None and deep < _DEEPEST:
        yield from named_in(wrapped, deep=deep + 1)
        return
    yield _named(value)


def _named(value: dict[str, Any]) -> Named | None:
    inner = value.get("function")
    if isinstance(inner, dict):
        value = {**{key: value[key] for key in value if key != "function"}, **inner}
    name_key = next((key for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
    if name_key is None or not value[name_key].strip():
        return None
    key = next((key for key in _ARGUMENT_KEYS if key in value), None)
    others = value.keys() - {name_key, key} - _BESIDE
    if key is None:
        return Named(value[name_key], None if others else {}, mended=False, plain=False)
    given, mended = value[key], False
    if isinstance(given, str):
        read = read_object(given)
        given, mended = (read.value, read.mended) if read else (given or {}, False)
    arguments = {} if given is None else given if isinstance(given, dict) else None
    return Named(value[name_key], arguments, mended, plain=not others and arguments is not None)


def name_in(broken: str) -> str:
    """The name in JSON that could not be read, or "" where none stands there.

    >>> name_in('{"name": "ehr.think", "arguments": {"resp')
    'ehr.think'
    """
    found = _NAMED.search(broken)
    return found.group(1).strip() if found else ""
