"""What a question asks for, as the policy understands it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from clinseek.offline.task.terms import Concept, DrugClass

Topic = Literal[
    "measurement",
    "urine_output",
    "drug",
    "culture",
    "diagnosis",
    "procedure",
    "admission",
    "demographic",
    "icu",
    "careunit",
    "service",
    "risk",
    "next",
]
"""What kind of thing is asked about; `measurement` is a lab, a vital sign or another number."""

Measure = Literal[
    "latest",
    "first",
    "minimum",
    "maximum",
    "mean",
    "count",
    "total",
    "trend",
    "at",
    "exists",
    "which",
    "when_first",
    "when_last",
    "dose",
    "active",
]
"""What is wanted of it; `at` is the value nearest to a time, `which` a list of names."""

Form = Literal["yes_no", "choice", "list", "open"]
Anchor = Literal["admission", "previous_admission", "icu", "ed"]
Operator = Literal[">", ">=", "<", "<="]


class Window(NamedTuple):
    """A span of time, both ends inclusive, open where None.

    With an `anchor` the span is that stay, from its beginning to its end or the cutoff;
    `first_hours` of it when they are given.
    """

    start: datetime | None = None
    end: datetime | None = None
    anchor: Anchor | None = None
    first_hours: float | None = None
    said: str = ""


ANY_TIME = Window()


class Comparison(NamedTuple):
    """A threshold: `value > limit` and the like. `ever` asks for any value, not the latest."""

    operator: Operator
    limit: float
    ever: bool

    def holds(self, value: float) -> bool:
        """Whether `value` lies on the asked side of the limit."""
        if self.operator == ">":
            return value > self.limit
        if self.operator == ">=":
            return value >= self.limit
        if self.operator == "<":
            return value < self.limit
        return value <= self.limit


@dataclass(frozen=True)
class Intent:
    """A question, understood.

    `term` is what is left of the question once every cue is taken out: the words that name the
    thing. `concept` and `drug_class` are what the table of terms makes of them. `at` is the moment
    of a question for the value around a time. `text` is the question without its window.
    `respelt` is True once the term was taken from the vocabulary instead of the question.
    `rest` are words beside a measured thing, which its label must hold. `unit` is the unit asked
    for or of the limit. `unread` is what of the question is beyond the policy (a time, a second
    question, a word that changes its meaning), or None.
    """

    topic: Topic
    measure: Measure
    form: Form
    text: str
    term: str = ""
    concept: Concept | None = None
    drug_class: DrugClass | None = None
    window: Window = ANY_TIME
    comparison: Comparison | None = None
    at: datetime | None = None
    fluid: str | None = None
    candidates: tuple[str, ...] = ()
    respelt: bool = False
    rest: tuple[str, ...] = ()
    unit: str | None = None
    unread: str | None = None
