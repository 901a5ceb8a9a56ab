"""The citations that a model writes: `【3†L12-L15】`, page by cursor, lines from and to."""

from __future__ import annotations

import re
from typing import NamedTuple

_CITED = re.compile(r"【(\d{1,4})†L(\d{1,6})(?:\s*[-\u2013\u2014]\s*L?(\d{1,6}))?(?:†[^】]*)?】")


class Cited(NamedTuple):
    """Lines `first` to `last` of the page at `cursor`."""

    cursor: int
    first: int
    last: int


def cited_in(text: str) -> tuple[Cited, ...]:
    """Every citation in a text, in its order; lines named backwards are put right.

    >>> cited_in("above 5.5 mmol/L 【6†L9-L11】【8†L3】")
    (Cited(cursor=6, first=9, last=11), Cited(cursor=8, first=3, last=3))
    """
    found: list[Cited] = []
    for cursor, first, last in _CITED.findall(text):
        lines = sorted((int(first), int(last or first)))
        found.append(Cited(int(cursor), *lines))
    return tuple(found)
