"""Prediction times drawn without looking at any outcome.

Half are times at which a clinician would ask: hours after an arrival, between stays, days after a
discharge. Half are drawn where a rule bites: between the moment at which something happened and
the moment at which it became known, the clocks that few patients have first (see `sampling`).
Choosing a time by the outcome biases what is measured at it (Sherman 2017: AUROC 0.831 against
0.882).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from clinseek.validity.audit.moments import between, second_before, shifted
from clinseek.validity.audit.waits import Wait, Waits
from clinseek.validity.oracle import RawRecord, RawRow

_ADMISSION_HOURS = (1, 6, 24, 48)
_ED_HOURS = (1,)
_ICU_HOURS = (24,)
_DAYS_AFTER = (1, 3, 10)
_TRIES = 40


class PredictionTime(NamedTuple):
    """A moment to audit, and why it was drawn; `opens` is when a wait it was drawn in ends."""

    cutoff: str
    drawn_as: str
    opens: str | None = None


def draw_times(
    record: RawRecord,
    waits: Waits,
    *,
    begins: str,
    clocks: Sequence[str],
    count: int,
    seed: int,
) -> list[PredictionTime]:
    """`count` prediction times for one patient, in order of time; fewer where the record is small.

    One lies in a wait for each of `clocks`, the others are routine as far as there are any. None
    lies before `begins`, when the record does.
    """
    stream = random.Random(seed)
    drawn: dict[str, PredictionTime] = {}
    for clock in clocks:
        _add_first_new(drawn, _in_waits(waits, waits.get(clock, ()), clock, stream))
    routine = [time for time in routine_times(record) if time.cutoff >= begins]
    stream.shuffle(routine)
    while len(drawn) < count and _add_first_new(drawn, routine):
        pass
    while len(drawn) < count and _add_first_new(drawn, _in_waits(waits, (), "", stream)):
        pass
    return sorted(drawn.values())


def _add_first_new(
    drawn: dict[str, PredictionTime], times: Sequence[PredictionTime] | Iterator[PredictionTime]
) -> bool:
    """Take the first of `times` whose cutoff is not drawn yet; False where there is none."""
    for time in times:
        if time.cutoff not in drawn:
            drawn[time.cutoff] = time
            return True
    return False


def _in_waits(
    waits: Waits, first: Sequence[Wait], clock: str, stream: random.Random
) -> Iterator[PredictionTime]:
    """Moments in the waits for `clock`, by lot; then, for want of a new one, for any other."""
    for _ in range(_TRIES if first else 0):
        yield _in_wait(stream.choice(first), clock, stream)
    for _ in range(_TRIES if waits else 0):
        other = stream.choice(list(waits))
        yield _in_wait(stream.choice(waits[other]), other, stream)


def _in_wait(wait: Wait, clock: str, stream: random.Random) -> PredictionTime:
    """The last second of the wait, or any of it."""
    last = stream.random() < 0.5
    cutoff = second_before(wait.opens) if last else between(*wait, stream.random())
    return PredictionTime(cutoff, f"while {clock} waits", wait.opens)


def routine_times(record: RawRecord) -> list[PredictionTime]:
    """The times at which a clinician would ask, by the patient's stays alone."""
    admissions = record.get("admissions", [])
    times = [
        *_after(admissions, "admittime", "admission", _ADMISSION_HOURS),
        *_after(record.get("edstays", []), "intime", "ED arrival", _ED_HOURS),
        *_after(record.get("icustays", []), "intime", "ICU arrival", _ICU_HOURS),
    ]
    days = [24 * day for day in _DAYS_AFTER]
    times += _after(admissions, "dischtime", "discharge", days)
    times += _between_stays(admissions)
    return sorted(set(times))


def _after(
    stays: Sequence[RawRow], column: str, name: str, hours: Sequence[int]
) -> list[PredictionTime]:
    return [
        PredictionTime(shifted(moment, timedelta(hours=after)), f"{name} + {after} h")
        for stay in stays
        if isinstance(moment := stay[column], str)
        for after in hours
    ]


def _between_stays(admissions: Sequence[RawRow]) -> list[PredictionTime]:
    ends = sorted(stay["dischtime"] for stay in admissions if isinstance(stay["dischtime"], str))
    begins = sorted(stay["admittime"] for stay in admissions if isinstance(stay["admittime"], str))
    gaps = []
    for end in ends:
        following = next((begin for begin in begins if begin > end), None)
        if following is not None:
            gaps.append(PredictionTime(between(end, following, 0.5), "between two stays"))
    return gaps
