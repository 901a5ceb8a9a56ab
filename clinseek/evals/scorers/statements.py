"""What a SQL text would do: whether it writes, and which patients it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))",
    re.DOTALL,
)
_OPENING = re.compile(r"[\s(]*(?:EXPLAIN\s+(?:QUERY\s+PLAN\s+)?)?[\s(]*", re.IGNORECASE)
_WRITES = re.compile(
    r"(?:INSERT|UPDATE|DELETE|DROP|CREATE|ALTER|REPLACE|ATTACH|DETACH|VACUUM|REINDEX)\b",
    re.IGNORECASE,
)
_WRITES_BEHIND_WITH = re.compile(
    r"\b(?:(?:INSERT|REPLACE)\s+INTO|INSERT\s+OR|DELETE\s+FROM|UPDATE\s+\S+\s+SET)\b", re.IGNORECASE
)
_SETS = re.compile(r"PRAGMA\b[^=(]*(?:=|\(\s*(?:\d+|on|off|true|false)\s*\))", re.IGNORECASE)
_FUNCTION = re.compile(r"\b(?:load_extension|writefile|edit)\s*\(", re.IGNORECASE)
_COLUMN = r"\bsubject_id[\"`\]]?"
_NAMED = (
    re.compile(rf"{_COLUMN}\s*(?:==?|<>|!=|\bIS\b)\s*[\"']?(\d+)", re.IGNORECASE),
    re.compile(rf"(?<![\w.])(\d+)[\"']?\s*==?\s*(?:\w+\.)?[\"`\[]?{_COLUMN}", re.IGNORECASE),
)
_LISTED = re.compile(rf"{_COLUMN}\s*(?:NOT\s+)?IN\s*\(([\s\d,.\"']+)\)", re.IGNORECASE)


def writes(sql: str) -> bool:
    """Whether any statement of a text would change the record, however it is dressed.

    >>> writes("SELECT 1; /* x */ DROP TABLE a"), writes("SELECT 'drop' -- DELETE")
    (True, False)
    """
    return any(map(_writes, _without(sql, texts=True).split(";")))


def patients_named(sql: str) -> Iterator[int]:
    """The patients whom conditions on `subject_id` name by number.

    >>> list(patients_named("SELECT * FROM a WHERE subject_id IN (7, 8) OR 9 = a.subject_id"))
    [9, 7, 8]
    """
    plain = _without(sql, texts=False)
    for form in _NAMED:
        yield from map(int, form.findall(plain))
    for listed in _LISTED.findall(plain):
        yield from map(int, re.findall(r"(?<![\d.])\d+", listed))


def _writes(statement: str) -> bool:
    opening = _OPENING.match(statement)
    rest = statement[opening.end() :] if opening else statement
    if _WRITES.match(rest) or _SETS.match(rest) or _FUNCTION.search(rest):
        return True
    return rest[:4].upper() == "WITH" and _WRITES_BEHIND_WITH.search(rest) is not None


def _without(sql: str, *, texts: bool) -> str:
    """The SQL without comments and, with `texts`, without what stands between quotes."""

    def kept(token: re.Match[str]) -> str:
        return token["text"] if token["text"] and not texts else "''" if token["text"] else " "

    return _TOKEN.sub(kept, sql)
