"""JSON as models write it: read strictly, then mended where only one reading is possible.

What is mended: a comma before a closing bracket; single quotes; True, False, None; keys without
quotes; line breaks and needless backslashes in strings; surplus closing brackets behind the value;
and closing brackets that are missing at the very end, behind a string, a bracket or a word that
is complete. What is not: a string that does not end, a number at the very end (it may have had
more digits), a quote inside a string that was not escaped, anything else between two tokens. A
lexer of ours decides that; json-repair then does the mending, and its value must hold as many
keys and values as there were tokens, and the very texts of the tokens (it reads some escapes as
something else). A cut call never runs with half of its arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

_LONGEST_MENDED = 200_000
_MOST_OPEN = 8
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<word>(?:true|false|null|True|False|None)\b)
      | (?P<key>[A-Za-z_]\w*(?=\s{0,9}:))
      | (?P<mark>[{}\[\]:,])
    )""",
    re.VERBOSE | re.DOTALL,
)
_SURPLUS = re.compile(r"[\s}\]]*")


class JsonValue(NamedTuple):
    """A value, where its text ended, and whether that text had to be mended."""

    value: Any
    end: int
    mended: bool


def value_at(
    text: str, at: int, *, limit: int | None = None, cut: bool = False
) -> JsonValue | None:
    """The JSON value that begins at `at`; None where there is none, or more than one reading.

    What is not strict JSON must end before `limit`. `cut`: the text was broken off, so nothing
    that is missing at its end is added.
    """
    for strict in (True, False):
        try:
            value, end = json.JSONDecoder(strict=strict, parse_constant=_no_json).raw_decode(
                text, at
            )
        except (ValueError, RecursionError):
            continue
        return JsonValue(value, end, mended=not strict) if is_json(value) else None
    return _mended(text[at:limit], at, cut=cut) if text[at : at + 1] in ("{", "[") else None


def read_object(text: str) -> JsonValue | None:
    """The one JSON object that `text` is, else None.

    >>> read_object("{'a': 'x', 'b': [1, 2,],}")
    JsonValue(value={'a': 'x', 'b': [1, 2]}, end=25, mended=True)
    >>> read_object('{"a": "SELECT "x" FROM y"}')
    """
    trimmed = text.strip()
    read = value_at(trimmed, 0) if trimmed.startswith("{") else None
    if read is None or not isinstance(read.value, dict):
        return None
    surplus = trimmed[read.end :]
    if surplus.strip("} \n\t\r"):
        return None
    return read._replace(end=len(trimmed), mended=read.mended or bool(surplus))


def skip_surplus(text: str, at: int) -> int:
    """The place behind closing brackets that close nothing."""
    found = _SURPLUS.match(text, at)
    return found.end() if found else at


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def is_json(value: object) -> bool:
    """Whether a value can be written down again: no infinity, no half of a character."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _mended(text: str, offset: int, *, cut: bool) -> JsonValue | None:
    shape = _shape(text[:_LONGEST_MENDED])
    if shape is None or shape.open > (0 if cut else _MOST_OPEN):
        return None
    from json_repair import repair_json

    try:
        value: Any = repair_json(text[: shape.end], return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict | list) or not is_json(value):
        return None
    held = list(_leaves(value))
    if len(held) != shape.tokens or [one for one in held if isinstance(one, str)] != shape.texts:
        return None
    return JsonValue(value, offset + shape.end, mended=True)


class _Shape(NamedTuple):
    """A text whose tokens have one reading: its end, its keys and values, the texts among them,
    and the brackets left open.
    """

    end: int
    tokens: int
    texts: list[str | None]
    open: int


def _shape(text: str) -> _Shape | None:
    """The shape of the value at the beginning of `text`, or None where a token is out of place."""
    brackets: list[str] = []
    texts: list[str | None] = []
    tokens, at, before = 0, 0, "start"
    while (token := _TOKEN.match(text, at)) is not None:
        kind, said = token.lastgroup or "", token.group().strip()
        step = said if kind == "mark" else kind
        if not _may_follow(before, step, brackets):
            return None
        at = token.end()
        if step in "{[":
            brackets.append("}" if step == "{" else "]")
        elif step in "}]":
            if brackets.pop() != step:
                return None
            if not brackets:
                return _Shape(at, tokens, texts, 0)
            step = "value"
        elif kind != "mark":
            tokens += 1
            if kind in ("text", "key"):
                texts.append(_text_of(said))
            is_key = brackets[-1] == "}" and before in "{,"
            step = "key" if is_key else kind
        before = step
    complete = before in ("text", "word", "value")
    if not complete or text[at:].strip():
        return None
    return _Shape(at, tokens, texts, len(brackets))


_VALUES = frozenset({"text", "number", "word", "{", "["})
_ENDED = frozenset({"text", "number", "word", "value"})


def _may_follow(before: str, step: str, brackets: list[str]) -> bool:
    if before == "start":
        return step in ("{", "[")
    in_object = brackets[-1] == "}"
    if before == "{" or (before == "," and in_object):
        return step in ("text", "key", "}")
    if before == "key":
        return step == ":"
    if before == ":":
        return step in _VALUES
    if before in ("[", ","):
        return step in _VALUES or step == "]"
    return before in _ENDED and step in (",", "}", "]")


_INSIDE = re.compile(r"""\\(.)|(")""", re.DOTALL)


def _text_of(token: str) -> str | None:
    """The text that a quoted token or a naked key stands for; None for half an escape."""
    if token[0] not in "\"'":
        return token
    inside = _INSIDE.sub(_as_json, token[1:-1])
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:
        return None


def _as_json(found: re.Match[str]) -> str:
    escaped, quote = found.groups()
    if quote is not None or escaped == '"':
        return '\\"'
    if escaped == "'":
        return "'"
    return found.group() if escaped in "bfnrtu/\\" else f"\\{found.group()}"


def _leaves(value: object) -> Iterator[object]:
    """The keys and plain values that a value holds, in their order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
