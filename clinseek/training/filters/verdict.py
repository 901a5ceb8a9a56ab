"""What a filter says of a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from clinseek.training.traces.trace import Trace


class Kept(NamedTuple):
    """The trace stays."""


class Dropped(NamedTuple):
    """The trace goes: a reason that can be counted, and what it was of this trace."""

    reason: str
    words: str


Verdict = Kept | Dropped
KEPT = Kept()


class Brief(NamedTuple):
    """What a filter over all traces needs of one; `at` is its place among those that are left."""

    at: int
    id: str
    source: str
    qid: str
    epoch: int
    subject_id: int | None
    cutoff: str | None
    task: str
    score: float | None
    tokens: int
    conversation: str


class Filter(NamedTuple):
    """A filter over single traces: a pure function of the trace and its tokens."""

    name: str
    says: str
    verdict: Callable[[Trace, int], Verdict]


class SetFilter(NamedTuple):
    """A filter over all traces that are left: what it drops, by `at`."""

    name: str
    says: str
    dropped: Callable[[Sequence[Brief]], dict[int, Dropped]]


def brief_of(trace: Trace, *, at: int, tokens: int) -> Brief:
    """What filters over all traces need of this one."""
    score = trace.scores.get("default")
    return Brief(
        at=at,
        id=trace.id,
        source=trace.origin["source"],
        qid=trace.qid,
        epoch=trace.epoch,
        subject_id=trace.subject_id,
        cutoff=trace.cutoff,
        task=trace.task,
        score=score["value"] if score else None,
        tokens=tokens,
        conversation=trace.conversation,
    )
