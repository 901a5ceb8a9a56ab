"""Rows of one table, chosen by words in a column and by time: what most plans are made of."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from clinseek.offline.plans.plan import Ask, Asks, Desk, Observed
from clinseek.offline.plans.reading import falls_within, holding, like, query, whole_table, within
from clinseek.offline.plans.spans import resolved, stay_asks
from clinseek.offline.sheets import Line, moment
from clinseek.offline.task.intent import ANY_TIME, Window

_MOST_ROWS = 1_000
_NOON = " 12:00:00"


@dataclass(frozen=True)
class Lookup:
    """What to read: `columns` of `table`, where `named` holds one of `words`, newest first.

    No words means every row. `join` brings in a dictionary (SQL only: the record tools join theirs
    by themselves). `also` narrows an SQL query further. Where a row has no `time`, noon of its
    `day` stands for it.
    """

    table: str
    columns: tuple[str, ...]
    named: str
    time: str | None = None
    words: tuple[str, ...] = ()
    join: str = ""
    also: str = ""
    day: str | None = None
    oldest_first: bool = False

    def asks(self, desk: Desk, window: Window = ANY_TIME) -> Asks:
        """The calls that read it; none where the record or the tools do not allow it."""
        if not desk.knows(self.table):
            return ()
        if not desk.has("run_sql_query"):
            return self._by_tools(desk)
        tests = [like(self.named, self.words)] if self.words else []
        tests += [self.also] if self.also else []
        where = " AND ".join(tests) or "1"
        time = f"coalesce({self.time}, {self.day} || '{_NOON}')" if self.day else self.time
        span = within(time, window) if time else ""
        order = f"{time} {'ASC' if self.oldest_first else 'DESC'}, " if time else ""
        return (
            query(
                f"SELECT row_id, {', '.join(self.columns)} FROM {self.table} {self.join} "
                f"WHERE {where}{span} ORDER BY {order}row_id".replace("  ", " "),
                limit=_MOST_ROWS,
            ),
        )

    def _by_tools(self, desk: Desk) -> Asks:
        if self.words:
            return holding(desk, self.table, self.words, self.columns)
        if self.time:
            return whole_table(desk, self.table, self.columns, order=self.time)
        if desk.has("get_records_by_value") and desk.subject_id is not None:
            return (
                Ask.of(
                    "get_records_by_value",
                    table_name=self.table,
                    column_name="subject_id",
                    value=str(desk.subject_id),
                    columns=list(self.columns),
                ),
            )
        return ()


class Hit(NamedTuple):
    """One row found: its name, its time if the table has one, and where it was seen."""

    name: str
    time: datetime | None
    line: Line
    seen: Observed

    @property
    def citation(self) -> tuple[str, ...]:
        """How an answer points at this row."""
        return self.seen.cite((self.line,))


class Read(NamedTuple):
    """What several lookups found: the hits by table, the window in times (None: no such stay).

    `rows` is how many rows were seen before the window was laid on them.
    """

    found: dict[str, list[Hit]]
    window: Window | None
    looked_at: tuple[str, ...]
    rows: int

    @property
    def together(self) -> list[Hit]:
        """The hits of all tables, newest first."""
        merged = [hit for found in self.found.values() for hit in found]
        return sorted(merged, key=lambda hit: hit.time or datetime.min, reverse=True)


def read(
    lookups: Sequence[Lookup], window: Window, desk: Desk
) -> Generator[tuple[Ask, ...], tuple[Observed, ...], Read]:
    """Make all lookups in one turn, with the call that the window needs, and match the rows."""
    known = window if window.anchor is None else ANY_TIME
    asked = [lookup.asks(desk, known) for lookup in lookups]
    stays = stay_asks(desk, window)
    seen = yield (*(ask for asks in asked for ask in asks), *stays)
    read_through = resolved(window, seen[len(seen) - len(stays) :], cutoff=desk.cutoff)
    found: dict[str, list[Hit]] = {}
    at = 0
    for lookup, asks in zip(lookups, asked, strict=True):
        held = seen[at : at + len(asks)]
        found[lookup.table] = hits(lookup, held, read_through or ANY_TIME)
        at += len(asks)
    looked_at = tuple(dict.fromkeys(one.evidence for one in seen[:at] if one.evidence))
    rows = sum(len(one.lines) for one in seen[:at])
    return Read(found, read_through, looked_at, rows)


def hits(lookup: Lookup, seen: Sequence[Observed], window: Window = ANY_TIME) -> list[Hit]:
    """The rows that match, newest first; words count where they begin a word of the name."""
    found = []
    for one in seen:
        for line in one.lines:
            name, time = line.get(lookup.named) or "", _time(line, lookup)
            named = not lookup.words or names(name, lookup.words)
            if named and (lookup.time is None or falls_within(time, window)):
                found.append(Hit(name.strip(), time, line, one))
    return sorted(found, key=lambda hit: hit.time or datetime.min, reverse=True)


def names(text: str, words: Sequence[str]) -> bool:
    """Whether a word of `text` begins with one of `words`.

    >>> names("Norepinephrine", ["epinephrine"]), names("Heparin Sodium", ["heparin"])
    (False, True)
    """
    return any(re.search(rf"(?<!\w){re.escape(word)}", text, re.IGNORECASE) for word in words)


def distinct(found: Sequence[Hit]) -> list[Hit]:
    """One hit a name, the first of each, whatever the case of the name."""
    firsts: dict[str, Hit] = {}
    for hit in found:
        firsts.setdefault(hit.name.lower(), hit)
    return list(firsts.values())


def _time(line: Line, lookup: Lookup) -> datetime | None:
    time = moment(line.get(lookup.time)) if lookup.time else None
    day = line.get(lookup.day) if lookup.day else None
    return time or (moment(f"{day[:10]}{_NOON}") if day else None)
