"""The words of an SQL statement, what stands in brackets together: no grammar, only its outline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from clinseek.errors import Refusal

Item: TypeAlias = "str | list[Item]"
"""A word, or what stands in a pair of brackets."""

_DEEPEST = 60
_SPACE = " \t\n\f\r\ufeff"
_WORD = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|[ \t\n\f\r\ufeff]+
    |'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?
    |[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*|\d[\w.]*|.""",
    re.DOTALL | re.VERBOSE | re.ASCII,
)
_CAPITALS = re.compile("[A-Z]+")


def nested(sql: str) -> list[Item]:
    """The words of a statement; Refusal where brackets stand too deep in each other.

    >>> nested("SELECT max(a) /* b */ FROM 'x y'")
    ['SELECT', 'max', ['a'], 'FROM', "'x y'"]
    """
    top: list[Item] = []
    within = [top]
    for found in _WORD.finditer(sql):
        word = found.group()
        if word[0] in _SPACE or word.startswith(("--", "/*")):
            continue
        if word == "(":
            if len(within) > _DEEPEST:
                raise Refusal(f"brackets stand in more than {_DEEPEST} others; nest them less")
            inner: list[Item] = []
            within[-1].append(inner)
            within.append(inner)
        elif word == ")":
            if len(within) > 1:
                within.pop()
        else:
            within[-1].append(word)
    return top


def split(items: Sequence[Item], between: frozenset[str]) -> list[Sequence[Item]]:
    """The parts between words, without the ALL or DISTINCT that begins one.

    >>> split(nested("SELECT 1 UNION ALL SELECT 2"), frozenset({"union"}))
    [['SELECT', '1'], ['SELECT', '2']]
    """
    parts: list[list[Item]] = [[]]
    for item in items:
        word = word_of(item)
        if word in between:
            parts.append([])
        elif parts[-1] or word not in ("all", "distinct"):
            parts[-1].append(item)
    return list(parts)


def until(items: Sequence[Item], words: frozenset[str]) -> tuple[Sequence[Item], Sequence[Item]]:
    """What stands before one of the words, and what begins with it.

    >>> until(nested("a IS DISTINCT FROM b FROM t"), frozenset({"from"}))
    (['a', 'IS', 'DISTINCT', 'FROM', 'b'], ['FROM', 't'])
    """
    for at, item in enumerate(items):
        if word_of(item) in words and not (at and word_of(items[at - 1]) == "distinct"):
            return items[:at], items[at:]
    return items, ()


def is_query(item: Item) -> bool:
    """Whether a pair of brackets holds a SELECT. WITH alone may be the name of a column."""
    if isinstance(item, str) or not item:
        return False
    first = word_of(item[0])
    if first == "with":
        return any(word_of(each) in ("select", "values") for each in item)
    return first in ("select", "values")


def word_of(item: Item) -> str:
    """A word in small letters; empty for brackets."""
    return small(item) if isinstance(item, str) else ""


def is_name(word: str) -> bool:
    """Whether a word may name something: every word but numbers and signs.

    >>> [is_name(word) for word in ("a", "[a]", "'a'", "1", "+")]
    [True, True, True, False, False]
    """
    return word[:1] in ("_", '"', "`", "[", "'") or word[:1].isalpha() or word[:1] >= "\x80"


def name_of(word: str) -> str:
    """A name without its quotes and blanks.

    >>> name_of('"A + b"')
    'a+b'
    """
    bare = word[1:-1] if word[:1] in ('"', "`", "[", "'") else word
    return "".join(small(bare).split())


def small(word: str) -> str:
    """As SQLite compares names: capitals of ASCII alone are as small letters."""
    return word.lower() if word.isascii() else _CAPITALS.sub(lambda each: each[0].lower(), word)


def words_in(items: Sequence[Item]) -> Iterator[str]:
    """The names of all depths."""
    for item in items:
        if not isinstance(item, str):
            yield from words_in(item)
        elif is_name(item):
            yield name_of(item)


def text_of(items: Sequence[Item]) -> str:
    """An expression's text without blanks, the name of its column where it has no other.

    >>> text_of(nested("max( A )"))
    'max(a)'
    """
    return "".join(small(each) if isinstance(each, str) else f"({text_of(each)})" for each in items)
