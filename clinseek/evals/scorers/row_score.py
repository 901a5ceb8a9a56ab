"""What a scorer says of one run: a value or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

ScorerName = Literal[
    "default",
    "published",
    "normalised",
    "yes_no",
    "number",
    "date",
    "choice",
    "multi_label",
    "jaccard",
    "published_multimodal",
    "judge",
    "groundedness",
    "evidence",
    "policy",
]
"""`default` is the scorer that the row's form asks for; the others are the same for every row."""

ScoreState = Literal["scored", "failed", "missing", "unscored", "inapplicable"]
"""`failed` and `missing` runs count 0. `unscored`: a scorer or judge could not tell, and is left
out of every mean. `inapplicable`: there is nothing to score (no label, no gold rows)."""


class Verdict(NamedTuple):
    """What one scorer makes of one run; `parts` are further numbers (precision, recall, ...)."""

    value: float | None
    explanation: str
    parts: Mapping[str, float] = MappingProxyType({})
    state: ScoreState = "scored"


class RowScore(BaseModel):
    """The score of one run. `value` is None where `state` is unscored or inapplicable.

    `scorer` is the scorer that was asked for, `rule` the one that decided (they differ for
    `default`). `confidence` is that of the answer, in [0, 1], where the run gave one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    qid: str
    epoch: int
    subject_id: int
    task: str
    task_type: str
    group: str | None
    scorer: ScorerName
    rule: ScorerName
    value: float | None
    state: ScoreState
    explanation: str
    parts: dict[str, float]
    answered: bool
    confidence: float | None

    @property
    def counts(self) -> bool:
        """Whether it enters a mean."""
        return self.value is not None


def inapplicable(reason: str) -> Verdict:
    """There is nothing that this scorer could measure."""
    return Verdict(None, reason, state="inapplicable")


def unscored(reason: str) -> Verdict:
    """There is something to measure, but it could not be."""
    return Verdict(None, reason, state="unscored")


def shown(value: Any, *, most: int = 80) -> str:
    """A value in a sentence, cut where it is long.

    >>> shown(["a", "b"]), shown("x" * 100, most=5)
    ("['a', 'b']", "'xxx…")
    """
    told = repr(value)
    return told if len(told) <= most else told[: most - 1] + "…"
