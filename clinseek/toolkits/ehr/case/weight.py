"""How large a statement grows when SQLite prepares it, told from its words before it is sent.

SQLite puts the text of a subquery's column in the place of each mention of it, and of a CTE in the
place of each mention in FROM: `t1(x) AS (SELECT x||x FROM t0), t2(x) AS (SELECT x||x FROM t1)` and
so on doubles with each line. It looks at no clock and at no limit while it does. So the words are
counted here as often as they would stand in the end, rather too many than too few; whether the
statement is sound is left to SQLite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import NamedTuple, TypeAlias

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.case.words import (
    Item,
    is_name,
    is_query,
    name_of,
    nested,
    small,
    split,
    text_of,
    until,
    word_of,
    words_in,
)

MOST_WEIGHT = 150_000
"""Some 700 calls of functions, 15,000 columns or 150,000 constants; 150 SELECTs, as each may keep
a table of its own (2 MB in memory, the rest in a file), and so may each DISTINCT."""
_KEPT, _CALL, _COLUMN, _WORD = 1_000, 200, 10, 1
_SHORT = 500
_ANY = "*"
"""Under this name: the size of the columns whose names are not known here."""

_CORES = frozenset({"union", "intersect", "except"})
_AFTER_FROM = frozenset({"where", "group", "having", "order", "limit"})
_AFTER_LIST = _AFTER_FROM | {"from"}
_COMMA = frozenset({","})
_SELECTS = re.compile(r"select|values", re.IGNORECASE)
_NUMBERED = re.compile(r":\d+$")
_SIMPLE = re.compile(r"\w+")
_KEYWORDS = (
    "all and as between by case distinct else end except exists filter from glob group having "
    "in intersect is isnull join like limit materialized not notnull offset on or order over "
    "partition recursive select then union using values when where with"
)
_NO_CALL = frozenset(_KEYWORDS.split())

_Names: TypeAlias = Mapping[str, int]
_Scope: TypeAlias = "Mapping[str, _Cte]"


class _Grown(NamedTuple):
    """A query as SQLite would see it: all its words, and its columns by name and by place."""

    total: int
    columns: _Names
    by_place: Sequence[int] | None
    """None where a star stands among the columns."""

    @property
    def largest(self) -> int:
        return max((*self.columns.values(), *(self.by_place or ())), default=_COLUMN)


@dataclass
class _Cte:
    names: Sequence[str]
    body: Sequence[Item]
    scope: _Scope
    outer: _Names
    grown: _Grown | None = None
    open: bool = False


def refuse_growth(sql: str) -> None:
    """Raise Refusal where a statement would grow beyond MOST_WEIGHT.

    >>> refuse_growth("SELECT a.itemid FROM labevents a WHERE a.valuenum > 5")
    """
    if len(sql) <= _SHORT and len(_SELECTS.findall(sql)) <= 2:
        return  # its square is small enough
    weight = weight_of(sql)
    if weight > MOST_WEIGHT:
        told = f"some {weight:,}" if weight < 10**9 else "more than a billion"
        raise Refusal(
            "the statement is too large once its subqueries stand in each other "
            f"({told} words and calls, at most {MOST_WEIGHT:,}); mention each CTE or computed "
            "column fewer times, or ask in several statements"
        )


def weight_of(sql: str) -> int:
    """The words of a statement as often as they stand in the end; a call counts for 200,
    a SELECT for 1,000.

    >>> weight_of("SELECT x, x FROM (SELECT a + 1 AS x FROM t)")
    2076
    """
    items = nested(sql)
    # EXPLAIN may stand before it, or a semicolon.
    for at, item in enumerate(items):
        if word_of(item) in ("with", "select", "values"):
            return _query(items[at:], {}, {}).total
    return _size(items, {}, {})


def _query(items: Sequence[Item], scope: _Scope, outer: _Names) -> _Grown:
    items, scope = _without_ctes(items, scope, outer)
    cores = [_core(part, scope, outer) for part in split(items, _CORES)]
    if len(cores) == 1:
        return cores[0]
    largest = max(core.largest for core in cores)
    first = cores[0].by_place
    names = [*cores[0].columns, *([_ANY] if first is None else [])]
    places = None if first is None else [largest] * len(first)
    return _Grown(sum(core.total for core in cores), dict.fromkeys(names, largest), places)


def _without_ctes(
    items: Sequence[Item], scope: _Scope, outer: _Names
) -> tuple[Sequence[Item], _Scope]:
    """What follows a WITH, and what it may name."""
    if not items or word_of(items[0]) != "with":
        return items, scope
    known = dict(scope)
    for at, item in enumerate(items):
        if word_of(item) in ("select", "values"):
            return items[at:], known
        if not isinstance(item, str) and is_query(item):
            name, names = _named_before(items[:at])
            known[name] = _Cte(names, item, known, outer)
    return (), known


def _named_before(items: Sequence[Item]) -> tuple[str, Sequence[str]]:
    """The name of a CTE and of its columns, from what stands before its body."""
    left = list(items)
    for word in ("materialized", "not", "as"):
        if left and word_of(left[-1]) == word:
            left.pop()
    names: Sequence[str] = ()
    if left and not isinstance(left[-1], str):
        names = [name_of(each) for each in left.pop() if isinstance(each, str) and each != ","]
    return (name_of(left[-1]) if left and isinstance(left[-1], str) else ""), names


def _core(items: Sequence[Item], scope: _Scope, outer: _Names) -> _Grown:
    if items and word_of(items[0]) == "values":
        return _values(items, scope, outer)
    listed, rest = until(items[1:], _AFTER_LIST)
    has_from = bool(rest) and word_of(rest[0]) == "from"
    sources, tail = until(rest[1:], _AFTER_FROM) if has_from else ((), rest)
    read = list(_sources(sources, scope, outer))
    inner = _joined([outer, _mentioned(sources, read)])
    columns, places, size = _columns(listed, scope, inner)
    # What follows the list may name its columns, and by their numbers too.
    numbers = {str(at): grown for at, grown in enumerate(places or (), 1)}
    total = (
        _KEPT
        + size
        + sum(source.total for source in read)
        + _size(_apart(sources), scope, inner)
        + _size(tail, scope, _joined([inner, columns, numbers]))
        + _windows(rest, scope, inner) * _over_a_name(items)
    )
    return _Grown(total, columns, places)


def _windows(items: Sequence[Item], scope: _Scope, names: _Names) -> int:
    """The size of a WINDOW clause, which is copied to each OVER that names it."""
    at = [at for at, item in enumerate(items) if word_of(item) == "window"]
    return _size(items[at[0] :], scope, names) if at else 0


def _over_a_name(items: Sequence[Item]) -> int:
    if not any(word_of(item) == "window" for item in items):
        return 0
    return sum(first == "over" and is_name(then) for first, then in pairwise(_every_word(items)))


def _every_word(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, str):
            yield small(item)
        else:
            yield from ("(", *_every_word(item))


def _values(items: Sequence[Item], scope: _Scope, outer: _Names) -> _Grown:
    rows = [item for item in items if not isinstance(item, str)]
    sizes = [[_size(each, scope, outer) for each in split(row, _COMMA)] for row in rows]
    tallest = [max(column) for column in zip_longest(*sizes, fillvalue=0)]
    names = {f"column{at}": size for at, size in enumerate(tallest, 1)}
    return _Grown(sum(map(sum, sizes)), names, tallest)


def _mentioned(sources: Sequence[Item], read: Sequence[_Grown]) -> _Names:
    """What a name of the sources stands for: in a FULL JOIN ... USING, for all of them."""
    columns = [source.columns for source in read]
    if not {"full", "right"} & {word_of(item) for item in sources}:
        return _joined(columns)
    together: dict[str, int] = {}
    for names in columns:
        for name, size in names.items():
            together[name] = together.get(name, 0) + size
    return together


def _columns(
    listed: Sequence[Item], scope: _Scope, inner: _Names
) -> tuple[_Names, Sequence[int] | None, int]:
    """The columns of a list by name and by place, and its size."""
    columns: dict[str, int] = {}
    places: list[int] = []
    starred, total = False, 0
    for written in split(listed, _COMMA):
        if written and written[-1] == "*" and (len(written) == 1 or written[-2] == "."):
            starred = True
            columns = dict(_joined([columns, inner]))
            total += sum(inner.values())
            continue
        size = _size(written, scope, inner)
        places.append(size)
        total += size
        for name in _called(written):
            columns[name] = max(size, columns.get(name, 0))
    return columns, None if starred else places, total


def _called(written: Sequence[Item]) -> set[str]:
    """What a column may be called: by its AS; else by its text, or by any word in it."""
    last = written[-1] if written else ""
    if len(written) > 1 and isinstance(last, str) and word_of(written[-2]) == "as":
        return {name_of(last)}
    return {text_of(written), *words_in(written)}


def _sources(items: Sequence[Item], scope: _Scope, outer: _Names) -> Iterator[_Grown]:
    """What stands in FROM and is no table of the case: each is copied where it is named."""
    for item in items:
        if isinstance(item, str):
            cte = scope.get(name_of(item))
            if cte is not None and not cte.open:
                yield _of_cte(cte)
        elif is_query(item):
            yield _query(item, scope, outer)
        else:
            yield from _sources(item, scope, outer)


def _of_cte(cte: _Cte) -> _Grown:
    if cte.grown is None:
        cte.open = True  # one that names itself is recursive, and runs step by step
        grown = _query(cte.body, cte.scope, cte.outer)
        cte.open = False
        if cte.names:
            places = grown.by_place if grown.by_place is not None else ()
            sizes = zip_longest(cte.names, places[: len(cte.names)], fillvalue=grown.largest)
            grown = grown._replace(columns={str(name): int(size) for name, size in sizes})
        cte.grown = grown
    return cte.grown


def _apart(items: Sequence[Item]) -> Sequence[Item]:
    """FROM without its queries, which are told apart."""
    return [
        item if isinstance(item, str) else list(_apart(item))
        for item in items
        if isinstance(item, str) or not is_query(item)
    ]


def _size(items: Sequence[Item], scope: _Scope, names: _Names) -> int:
    size = 0
    for at, item in enumerate(items):
        before = items[at - 1] if at else ""
        if isinstance(item, str):
            size += _size_of_word(item, names, of_table=before == ".")
            if word_of(before) == "in":  # x IN t is a subquery as well
                size += sum(source.total for source in _sources([item], scope, names))
        elif is_query(item):
            size += _query(item, scope, names).total
        else:
            called = isinstance(before, str) and is_name(before) and small(before) not in _NO_CALL
            size += _size(item, scope, names) + (_CALL if called else 0)
    return size


def _size_of_word(word: str, names: _Names, *, of_table: bool) -> int:
    name = name_of(word)
    grown = names.get(name) or names.get(_NUMBERED.sub("", name))
    if grown is not None:
        return grown
    if not is_name(word):
        return _WORD if word[0].isdigit() else 0
    if word[0] in '"`[' or (word[0] == "'" and of_table):
        # An expression's text with a comment in it is the name of its column as well.
        simple = _SIMPLE.fullmatch(name) is not None
        return names.get(_ANY, _COLUMN) if simple else max(names.values(), default=_COLUMN)
    if small(word) == "distinct":
        return _KEPT
    if word[0] == "'" or small(word) in _NO_CALL:
        return _WORD
    return names.get(_ANY, _COLUMN)


def _joined(every: Sequence[_Names]) -> _Names:
    joined: dict[str, int] = {}
    for names in every:
        for name, size in names.items():
            joined[name] = max(size, joined.get(name, 0))
    return joined
