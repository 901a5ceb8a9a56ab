"""Which patient is audited how often, and for which clocks: the rare ones are reached first."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clinseek.validity.audit.waits import rules_at_work, waits_of
from clinseek.validity.oracle import RawRecord, Reading


class Survey(NamedTuple):
    """What one patient's record offers: `clocks` awaited in it, `rules` that hide some of it."""

    subject_id: int
    clocks: tuple[str, ...]
    rules: frozenset[str]


def survey_of(subject_id: int, record: RawRecord, reading: Reading) -> Survey:
    """What the record of a patient offers to an audit."""
    waits = waits_of(record, reading)
    return Survey(subject_id, tuple(waits), rules_at_work(record, reading))


def counts_of(subjects: Sequence[int], sample: int, stream: random.Random) -> dict[int, int]:
    """Who is audited how often: every patient as often as another, the rest by lot."""
    drawn = list(subjects)
    stream.shuffle(drawn)
    each, more = divmod(sample, len(drawn))
    counts = {subject_id: each + (place < more) for place, subject_id in enumerate(drawn)}
    return {subject_id: count for subject_id, count in counts.items() if count}


def clocks_to_draw(
    surveys: Sequence[Survey], counts: Mapping[int, int], *, biting: int, stream: random.Random
) -> dict[int, tuple[str, ...]]:
    """By patient, the clocks in whose waits a prediction time is to lie: `biting` in all.

    Clocks are taken in turn, that of the fewest patients first, each in a patient drawn by lot
    among those who have it and are not to be audited for something else already; then all of them
    again. Fewer than `biting` where the records allow no more.
    """
    having: dict[str, list[int]] = {}
    for survey in surveys:
        for clock in survey.clocks:
            having.setdefault(clock, []).append(survey.subject_id)
    in_turn = sorted(having, key=lambda clock: (len(having[clock]), stream.random()))
    drawn: dict[int, list[str]] = {subject_id: [] for subject_id in counts}
    left = biting
    while left:
        placed = 0
        for clock in in_turn:
            free = [each for each in having[clock] if len(drawn[each]) < counts[each]]
            if free and placed < left:
                drawn[stream.choice(free)].append(clock)
                placed += 1
        if not placed:
            break
        left -= placed
    return {subject_id: tuple(clocks) for subject_id, clocks in drawn.items()}
