"""The direct probe: every look-up asked of a case, and how often each is answered and right."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import quote

from clinseek.toolkits.ehr.case import Case
from clinseek.validity.outcomes import Answer, Instance, Kind, Outcome
from clinseek.validity.probe.intervals import Share, clustered_share
from clinseek.validity.probe.lookups import LOOK_UPS
from clinseek.validity.probe.stay_lookups import LookUp

_SECONDS = 10.0
_INSTRUCTIONS_BETWEEN_CHECKS = 10_000

Ended = Literal["answered", "nothing", "failed"]


class Tried(NamedTuple):
    """How one look-up ended: an answer, nothing (no row or NULL), or the words of an SQL error."""

    ended: Ended
    answer: Answer | None = None
    error: str | None = None


class Trial(NamedTuple):
    """One question asked of one case: every look-up, in the order of LOOK_UPS."""

    outcome: str
    profile: str
    subject_id: int
    cutoff: str
    truth: Answer
    state: str
    tried: tuple[Tried, ...]

    @property
    def answer(self) -> Answer | None:
        """What the agent says: the answer of the first look-up that gives one, hints apart."""
        tried = zip(LOOK_UPS[self.outcome], self.tried, strict=True)
        return next(
            (
                each.answer
                for look_up, each in tried
                if each.answer is not None and not look_up.hint
            ),
            None,
        )


@contextmanager
def reader(case: Case) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the case's file, with the vocabulary beside it."""
    address = f"file:{quote(str(case.path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        if case.vocabulary is not None:
            beside = f"file:{quote(str(case.vocabulary))}?mode=ro&immutable=1"
            connection.execute("ATTACH DATABASE ? AS vocabulary", (beside,))
        yield connection


def ask(
    connection: sqlite3.Connection | None, outcome: Outcome, instance: Instance, profile: str
) -> Trial:
    """Try every look-up of the outcome; without a case (nothing known then) each finds nothing."""
    look_ups = LOOK_UPS[outcome.name]
    tried = tuple(
        Tried("nothing") if connection is None else _try(connection, each, instance, outcome.kind)
        for each in look_ups
    )
    return Trial(
        outcome.name, profile, instance.subject_id, instance.cutoff, instance.truth,
        instance.state, tried,
    )  # fmt: skip


def _try(connection: sqlite3.Connection, look_up: LookUp, instance: Instance, kind: Kind) -> Tried:
    deadline = time.monotonic() + _SECONDS
    connection.set_progress_handler(
        lambda: time.monotonic() > deadline, _INSTRUCTIONS_BETWEEN_CHECKS
    )
    try:
        rows = connection.execute(
            look_up.sql, {"cutoff": instance.cutoff, **instance.ids}
        ).fetchall()
    except sqlite3.Error as error:
        return Tried("failed", error=str(error))
    found = [str(row[0]) for row in rows if row[0] is not None]
    if not found:
        return Tried("nothing")
    return Tried("answered", frozenset(found) if kind == "set" else found[0])


def is_right(answer: Answer | None, truth: Answer) -> bool:
    """Whether an answer counts as right; a set does when its F1 is above one half.

    >>> is_right("yes", "yes"), is_right(None, "no")
    (True, False)
    >>> is_right(frozenset({"I10", "N179"}), frozenset({"I10", "E119"}))
    False
    >>> is_right(frozenset({"I10"}), frozenset({"I10", "E119"}))
    True
    """
    if isinstance(answer, frozenset) and isinstance(truth, frozenset):
        return 2 * len(answer & truth) > 0.5 * (len(answer) + len(truth))
    return answer == truth


def majority_answer(truths: Sequence[Answer]) -> Answer:
    """The best constant answer: the most frequent one; for sets the most frequent members.

    As many members as the median set has. Ties go to the first in alphabetical order.

    >>> majority_answer(["no", "yes", "no"])
    'no'
    >>> sorted(majority_answer([frozenset({"a", "b"}), frozenset({"a"}), frozenset({"a", "c"})]))
    ['a', 'b']
    """
    sets = [truth for truth in truths if isinstance(truth, frozenset)]
    if sets:
        members = Counter(member for each in sets for member in each)
        size = round(statistics.median(map(len, sets)))
        return frozenset(sorted(members, key=lambda each: (-members[each], each))[:size])
    counts = Counter(str(truth) for truth in truths)
    return min(counts, key=lambda each: (-counts[each], each))


@dataclass(frozen=True)
class LookUpCount:
    """One look-up over all questions. `errors` counts the words of each failure."""

    name: str
    asked: int
    answered: int
    right: int
    nothing: int
    failed: int
    errors: dict[str, int]


@dataclass(frozen=True)
class Direct:
    """One outcome under one profile: shares of all questions asked, clustered by patient.

    `right` is of all questions, like `majority`, the best constant answer. `settled` counts
    questions that were not asked, because the record tells the answer by then as a fact.
    """

    outcome: str
    profile: str
    asked: int
    patients: int
    settled: int
    answered: Share
    right: Share
    majority: Share
    majority_answer: str
    look_ups: tuple[LookUpCount, ...]


def count(trials: Sequence[Trial], *, settled: int) -> Direct:
    """What the trials of one outcome under one profile come to; there must be one at least."""
    constant = majority_answer([trial.truth for trial in trials])
    return Direct(
        outcome=trials[0].outcome,
        profile=trials[0].profile,
        asked=len(trials),
        patients=len({trial.subject_id for trial in trials}),
        settled=settled,
        answered=clustered_share((each.subject_id, each.answer is not None) for each in trials),
        right=clustered_share((t.subject_id, is_right(t.answer, t.truth)) for t in trials),
        majority=clustered_share((t.subject_id, is_right(constant, t.truth)) for t in trials),
        majority_answer=_words(constant),
        look_ups=tuple(
            _count_look_up(look_up.name, [(trial.tried[place], trial.truth) for trial in trials])
            for place, look_up in enumerate(LOOK_UPS[trials[0].outcome])
        ),
    )


def _count_look_up(name: str, tried: Sequence[tuple[Tried, Answer]]) -> LookUpCount:
    ended = Counter(each.ended for each, _ in tried)
    return LookUpCount(
        name=name,
        asked=len(tried),
        answered=ended["answered"],
        right=sum(is_right(each.answer, truth) for each, truth in tried),
        nothing=ended["nothing"],
        failed=ended["failed"],
        errors=dict(Counter(each.error for each, _ in tried if each.error is not None)),
    )


def _words(answer: Answer) -> str:
    return answer if isinstance(answer, str) else ", ".join(sorted(answer))
