"""What `available` keeps back although it has happened: rows that `event` shows and it does not.

Measured at prediction times that no outcome has a say in. Pure: a record and its two readings in,
counts out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from clinseek.validity.audit.moments import shifted
from clinseek.validity.audit.prediction_times import PredictionTime, routine_times
from clinseek.validity.oracle import Moment, RawRecord, Reading
from clinseek.validity.page.spans import Spans, between

FRESH = timedelta(hours=24)
"""How far back evidence is fresh: what happened in the day before."""

ARRIVALS = ("admission", "ED arrival", "ICU arrival")
"""What the prediction times follow, by hours."""


@dataclass
class Evidence:
    """Rows that had `happened` at `times` prediction times, those not known yet `waiting`.

    `fresh` and `fresh_waiting` are the same of the day before.
    """

    times: int = 0
    happened: int = 0
    waiting: int = 0
    fresh: int = 0
    fresh_waiting: int = 0

    def add(self, other: Evidence) -> None:
        """Count in other rows or other times."""
        self.times += other.times
        self.happened += other.happened
        self.waiting += other.waiting
        self.fresh += other.fresh
        self.fresh_waiting += other.fresh_waiting


@dataclass
class Waiting:
    """What waits, by table and by kind of prediction time; and for how long each row waits.

    `delays` has every row of a table that is known later than it happened, once and whatever the
    times; `never` counts those that happened and are never known.
    """

    by_table: dict[str, Evidence] = field(default_factory=dict)
    by_time: dict[str, Evidence] = field(default_factory=dict)
    delays: dict[str, Spans] = field(default_factory=dict)
    never: Counter[str] = field(default_factory=Counter)

    def add(self, other: Waiting) -> None:
        """Count in another patient."""
        for table, evidence in other.by_table.items():
            self.by_table.setdefault(table, Evidence()).add(evidence)
        for drawn_as, evidence in other.by_time.items():
            self.by_time.setdefault(drawn_as, Evidence()).add(evidence)
        for table, delays in other.delays.items():
            self.delays.setdefault(table, Spans()).update(delays)
        self.never.update(other.never)


def arrival_times(record: RawRecord) -> list[PredictionTime]:
    """Hours after each admission, ED arrival and ICU arrival, whatever came of it."""
    return [time for time in routine_times(record) if time.drawn_as.startswith(ARRIVALS)]


def waiting_rows(record: RawRecord, available: Reading, event: Reading) -> Waiting:
    """What of one patient has happened and is not known yet, at each of `arrival_times`."""
    found = Waiting()
    times = arrival_times(record)
    for time in times:
        found.by_time.setdefault(time.drawn_as, Evidence()).times += 1
    for table in record:
        happened, known = event.known[table], available.known[table]
        _count_delays(found, table, happened, known)
        clocks = _TableClocks(happened, known)
        of_table = found.by_table.setdefault(table, Evidence(times=len(times)))
        for time in times:
            evidence = clocks.at(time.cutoff)
            of_table.add(evidence)
            found.by_time[time.drawn_as].add(evidence)
    return found


def _count_delays(
    found: Waiting, table: str, happened: Sequence[Moment], known: Sequence[Moment]
) -> None:
    delays = found.delays.setdefault(table, Spans())
    for event, then in zip(happened, known, strict=True):
        if event is None:
            continue
        if then is None:
            found.never[table] += 1
        elif event < then:
            delays[between(event, then)] += 1


class _TableClocks:
    """When the rows of one table happened, and when they had happened and were known."""

    def __init__(self, happened: Sequence[Moment], known: Sequence[Moment]) -> None:
        rows = [
            (event, then) for event, then in zip(happened, known, strict=True) if event is not None
        ]
        rows.sort(key=lambda row: row[0])
        self._rows = rows
        self._happened = [event for event, _ in rows]
        self._both = sorted(max(event, then) for event, then in rows if then is not None)

    def at(self, cutoff: str) -> Evidence:
        """The rows at one cutoff; `times` is left 0."""
        there = bisect_right(self._happened, cutoff)
        begins = bisect_right(self._happened, shifted(cutoff, -FRESH))
        fresh = self._rows[begins:there]
        return Evidence(
            happened=there,
            waiting=there - bisect_right(self._both, cutoff),
            fresh=len(fresh),
            fresh_waiting=sum(then is None or then > cutoff for _, then in fresh),
        )
