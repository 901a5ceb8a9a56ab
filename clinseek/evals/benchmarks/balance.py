"""Which questions are taken: spread over patients, and for yes and no as many of each if wanted.

The order is fixed before any case is opened: first one question of every patient, then a second of
those who have one, and so on; within a turn by a hash of seed, task and question. What is dropped
later is replaced by the next in that order.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from clinseek.evals.benchmarks.splits import uniform
from clinseek.evals.benchmarks.tasks import Question, Task

Prevalence = Literal["natural", "balanced"]


class Placed(NamedTuple):
    """A question in the order of its task: the patient's how-manieth it is, and its hash."""

    turn: int
    drawn: float
    subject_id: int
    question: Question


class Bounds(NamedTuple):
    """How many questions are kept while patients are read: of one patient, and of a whole task."""

    of_patient: int
    of_task: int


def bounds_for(per_task: int) -> Bounds:
    """Enough to replace many times what is dropped, and the same however large the store is."""
    return Bounds(max(2 * per_task, 100), max(20 * per_task, 1000))


def group_of(task: Task, question: Question, prevalence: Prevalence) -> str:
    """The label where labels are to be balanced, else one group for all."""
    return question.label[0] if prevalence == "balanced" and task.is_yes_or_no else ""


def placed(
    task: Task,
    subject_id: int,
    questions: Iterable[Question],
    *,
    seed: int,
    prevalence: Prevalence,
    most: int,
) -> dict[str, list[Placed]]:
    """One patient's questions by group, each in its place, `most` of a group."""
    groups: dict[str, list[tuple[float, Question]]] = {}
    for one in questions:
        drawn = uniform(
            str(seed), task.name, str(subject_id), one.cutoff, str(one.hadm_id), str(one.stay_id)
        )
        groups.setdefault(group_of(task, one, prevalence), []).append((drawn, one))
    most = 1 if task.one_a_patient else most
    return {
        group: [
            Placed(turn, drawn, subject_id, one)
            for turn, (drawn, one) in enumerate(heapq.nsmallest(most, members))
        ]
        for group, members in groups.items()
    }


class Reserve:
    """The first questions of one group of a task, however many patients bring some."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[Placed] = []

    def add(self, more: Sequence[Placed]) -> None:
        """Keep those that stand early enough."""
        self._held.extend(more)
        if len(self._held) > 2 * self._most:
            self._held = heapq.nsmallest(self._most, self._held)

    def in_order(self) -> list[Placed]:
        """What is held, the first first."""
        return heapq.nsmallest(self._most, self._held)


def wanted_of_label(per_task: int) -> int:
    """How many rows of yes, and of no, are looked for.

    >>> wanted_of_label(40), wanted_of_label(41)
    (20, 21)
    """
    return -(-per_task // 2)


def taken(
    task: Task,
    passed: dict[str, list[Placed]],
    *,
    per_task: int,
    prevalence: Prevalence,
) -> list[Placed]:
    """The rows of a task out of those that passed, by patient and time."""
    if prevalence == "balanced" and task.is_yes_or_no:
        there = (len(passed.get(label, [])) for label in ("yes", "no"))
        as_many = min(wanted_of_label(per_task), *there)
        chosen = [one for group in ("yes", "no") for one in passed.get(group, [])[:as_many]]
        chosen = chosen[:-1] if len(chosen) > per_task else chosen
    else:
        chosen = passed.get("", [])[:per_task]
    return sorted(chosen, key=lambda one: (one.subject_id, one.question.cutoff, one.question))
