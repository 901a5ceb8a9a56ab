"""What the trials of a direct probe come to: how often answered, how often right. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clinseek.validity.outcomes import Answer
from clinseek.validity.probe.direct import Trial, Tried
from clinseek.validity.probe.intervals import Share, clustered_share
from clinseek.validity.probe.look_up import LookUp
from clinseek.validity.probe.lookups import LOOK_UPS


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
    """One look-up over all questions whose case opened (`asked`).

    `constant_right` is how often the majority answer is right where this look-up answered.
    `lacks` counts by name what the store or the profile does not have, `errors` by its words each
    other failure.
    """

    name: str
    hint: bool
    undated: bool
    reference_only: bool
    asked: int
    answered: int
    right: int
    constant_right: int
    nothing: int
    lacking: int
    failed: int
    lacks: dict[str, int]
    errors: dict[str, int]

    @property
    def ran(self) -> bool:
        """True when it found something or nothing at least once."""
        return self.answered + self.nothing > 0


@dataclass(frozen=True)
class Direct:
    """One outcome under one profile: shares of all questions asked, clustered by patient.

    `right` is of all questions, like `majority`, the best constant answer. `settled` counts
    questions that were not asked, because the record tells the answer by then as a fact;
    `unopened` those asked at which no case opened, so that no look-up was tried.
    """

    outcome: str
    profile: str
    asked: int
    patients: int
    settled: int
    unopened: int
    answered: Share
    right: Share
    majority: Share
    majority_answer: str
    look_ups: tuple[LookUpCount, ...]

    @property
    def one_answer(self) -> bool:
        """True when every question has the same answer, so that being right proves nothing."""
        return self.majority.hits == self.majority.total

    @property
    def untried(self) -> str | None:
        """Why no look-up ran, which is no pass; None where one ran, or failed."""
        if self.unopened == self.asked:
            return "no case opened, since nothing was known by then"
        if all(not each.ran and not each.failed for each in self.look_ups):
            return "the store has no table of its look-ups"
        return None


def count(trials: Sequence[Trial], *, settled: int) -> Direct:
    """What the trials of one outcome under one profile come to; there must be one at least."""
    constant = majority_answer([trial.truth for trial in trials])
    opened = [trial for trial in trials if trial.opened]
    return Direct(
        outcome=trials[0].outcome,
        profile=trials[0].profile,
        asked=len(trials),
        patients=len({trial.subject_id for trial in trials}),
        settled=settled,
        unopened=len(trials) - len(opened),
        answered=clustered_share((each.subject_id, each.answer is not None) for each in trials),
        right=clustered_share((t.subject_id, is_right(t.answer, t.truth)) for t in trials),
        majority=clustered_share((t.subject_id, is_right(constant, t.truth)) for t in trials),
        majority_answer=_words(constant),
        look_ups=tuple(
            _count_look_up(
                look_up, [(trial.tried[place], trial.truth) for trial in opened], constant
            )
            for place, look_up in enumerate(LOOK_UPS[trials[0].outcome])
        ),
    )


def _count_look_up(
    look_up: LookUp, tried: Sequence[tuple[Tried, Answer]], constant: Answer
) -> LookUpCount:
    ended = Counter(each.ended for each, _ in tried)

    def why(ending: str) -> dict[str, int]:
        return dict(Counter(each.why or "" for each, _ in tried if each.ended == ending))

    return LookUpCount(
        name=look_up.name,
        hint=look_up.hint,
        undated=look_up.undated,
        reference_only=look_up.reference_column is not None,
        asked=len(tried),
        answered=ended["answered"],
        right=sum(is_right(each.answer, truth) for each, truth in tried),
        constant_right=sum(
            is_right(constant, truth) for each, truth in tried if each.ended == "answered"
        ),
        nothing=ended["nothing"],
        lacking=ended["lacking"],
        failed=ended["failed"],
        lacks=why("lacking"),
        errors=why("failed"),
    )


def _words(answer: Answer) -> str:
    return answer if isinstance(answer, str) else ", ".join(sorted(answer))
