"""Filters that look at all traces that are left: duplicates, best of epochs, balance of tasks.

Which trace stays is decided by score, length and a hash, never by the order of the files.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Literal

from clinseek.training.filters.verdict import Brief, Dropped, SetFilter

Balance = Literal["none", "equal"] | int


def duplicates() -> SetFilter:
    """Of equal conversations one."""

    def dropped(briefs: Sequence[Brief]) -> dict[int, Dropped]:
        return _all_but_first(
            briefs, lambda brief: brief.conversation, "duplicate", "the same conversation as"
        )

    return SetFilter("duplicates", "no conversation twice", dropped)


def best_of_epochs() -> SetFilter:
    """Of several runs of one row the best: by score, then the shortest."""

    def dropped(briefs: Sequence[Brief]) -> dict[int, Dropped]:
        return _all_but_first(
            briefs,
            lambda brief: (brief.qid, brief.subject_id, brief.cutoff),
            "not the best",
            "the same row was run better or shorter in",
        )

    return SetFilter("best_of_epochs", "of several runs of a row the best", dropped)


def balanced(balance: Literal["equal"] | int) -> SetFilter:
    """At most so many traces of a task; `equal`: as many as the smallest task has."""

    def dropped(briefs: Sequence[Brief]) -> dict[int, Dropped]:
        by_task = _grouped(briefs, lambda brief: brief.task)
        if not by_task:
            return {}
        most = min(map(len, by_task.values())) if balance == "equal" else balance
        surplus = (
            (each, task) for task, held in by_task.items() for each in _by_chance(held)[most:]
        )
        return {
            each.at: Dropped("surplus", f"task {task} has {most:,} others")
            for each, task in surplus
        }

    return SetFilter("balanced", f"at most {balance} traces a task", dropped)


def _all_but_first(
    briefs: Sequence[Brief], key: Callable[[Brief], Hashable], reason: str, words: str
) -> dict[int, Dropped]:
    gone: dict[int, Dropped] = {}
    for held in _grouped(briefs, key).values():
        first, *others = sorted(held, key=_best)
        told = f"{words} {first.source}, {first.qid}, epoch {first.epoch}"
        gone |= {each.at: Dropped(reason, told) for each in others}
    return gone


def _grouped(
    briefs: Iterable[Brief], key: Callable[[Brief], Hashable]
) -> dict[Hashable, list[Brief]]:
    groups: dict[Hashable, list[Brief]] = defaultdict(list)
    for brief in briefs:
        groups[key(brief)].append(brief)
    return groups


def _best(brief: Brief) -> tuple[float, int, str]:
    return -(brief.score if brief.score is not None else -1.0), brief.tokens, brief.id


def _by_chance(briefs: Sequence[Brief]) -> list[Brief]:
    """In an order that hangs on nothing but their ids."""
    return sorted(briefs, key=lambda brief: hashlib.sha256(brief.id.encode()).digest())
