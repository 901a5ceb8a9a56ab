"""Calls as Python writes them, `f(a=1, b="x")`: read by ast, literals only, never evaluated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from clinseek.models.dialects.json_values import is_json, value_at

_NAME = re.compile(r"([A-Za-z_][\w./:-]{0,199})[ \t]{0,9}\(\s{0,99}")
_CLOSE = re.compile(r"\s{0,99}\)")
_STEP = re.compile(
    r""""{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[()\[\]{}"']""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = frozenset("\\'\"abfnrtvxuUN01234567\n")
_CONSTANTS = {"true": True, "false": False, "null": None}
_LONGEST = 200_000


class Expression(NamedTuple):
    """A call written as an expression; `arguments` None: they are no literals with names."""

    name: str
    arguments: dict[str, Any] | None
    end: int
    mended: bool = False


def expression_at(text: str, at: int, *, limit: int) -> Expression | None:
    """The call expression that begins at `at` and ends before `limit`; None where none does.

    The arguments are one JSON object, or literals with names.

    >>> expression_at("ehr.think(response='x')]", 0, limit=24)
    Expression(name='ehr.think', arguments={'response': 'x'}, end=23, mended=False)
    """
    named = _NAME.match(text, at, limit)
    if named is None:
        return None
    name, inside = named.group(1), named.end()
    end = _end_of(text, named.end(1), limit)
    if text[inside : inside + 1] == "{":
        read = value_at(text, inside, limit=end - 1 if end else limit)
        closed = _CLOSE.match(text, read.end) if read else None
        if read is not None and closed is not None and isinstance(read.value, dict):
            return Expression(name, read.value, closed.end(), read.mended)
    if end is None:
        return None
    return Expression(name, _arguments(text[named.end(1) : end]), end)


def statements(code: str) -> list[Expression] | None:
    """The calls that `code` consists of: one a line, in a list, printed or assigned.

    None where anything else stands in it. `end` is 0: the whole code was read.

    >>> [call.name for call in statements("[f(a=1), g(b=-2.5)]") or ()]
    ['f', 'g']
    """
    if len(code) > _LONGEST:
        return None
    parsed = _parsed(code.strip())
    if parsed is None or not parsed.body:
        return None
    found: list[Expression] = []
    for statement in parsed.body:
        if not isinstance(statement, ast.Expr | ast.Assign):
            return None
        for node in _calls(statement.value):
            name = _dotted(node.func) if isinstance(node, ast.Call) else None
            if name is None or not isinstance(node, ast.Call):
                return None
            found.append(Expression(name, _named_literals(node), 0))
    return found


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(_ESCAPE.sub(_as_meant, code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _as_meant(escape: re.Match[str]) -> str:
    """An escape that Python does not know is a backslash, as in regular expressions."""
    return escape.group() if escape.group(1) in _ESCAPED else f"\\{escape.group()}"


def _calls(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        for item in node.elts:
            yield from _calls(item)
    elif isinstance(node, ast.Call) and _dotted(node.func) == "print" and len(node.args) == 1:
        yield from _calls(node.args[0])
    else:
        yield node


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _end_of(text: str, at: int, limit: int) -> int | None:
    """The place behind the bracket that closes the one at `at`."""
    depth = 0
    for step in _STEP.finditer(text, at, limit):
        mark = step.group()
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth == 0:
                return step.end()
        elif len(mark) == 1:  # a quote that is never closed
            return None
    return None


def _arguments(bracketed: str) -> dict[str, Any] | None:
    if len(bracketed) > _LONGEST:
        return None
    # A name of ours before the brackets: the model's own may hold what Python does not allow.
    parsed = _parsed(f"f{bracketed.strip()}")
    call = parsed.body[0] if parsed and len(parsed.body) == 1 else None
    if not isinstance(call, ast.Expr) or not isinstance(call.value, ast.Call):
        return None
    return _named_literals(call.value)


def _named_literals(call: ast.Call) -> dict[str, Any] | None:
    try:
        if call.args:
            alone = _literal(call.args[0]) if len(call.args) == 1 and not call.keywords else None
            return alone if isinstance(alone, dict) else None
        named = {keyword.arg: _literal(keyword.value) for keyword in call.keywords}
    except (ValueError, RecursionError):
        return None
    return {name: value for name, value in named.items() if name} if None not in named else None


def _literal(node: ast.expr) -> Any:
    """The JSON value of a literal; ValueError for anything else."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value) if is_json(value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {_key(key): _literal(value) for key, value in zip(keys, values, strict=True)}
    raise ValueError(f"{type(node).__name__} is no literal")


def _key(node: ast.expr | None) -> str:
    key = _literal(node) if node is not None else None
    if not isinstance(key, str):
        raise ValueError(f"the key {key!r} is no text")
    return key
