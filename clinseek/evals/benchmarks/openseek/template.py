"""What a template of OpenSeek-QA is: one question in several wordings, and its answer as SQL.

The SQL runs over a case. Its first column is the answer; every further column is named after a
table of the record and holds the `row_id` of a row on which the answer stands. No row means that
the record does not tell; rows with different answers mean that the question has no one answer
(but for lists, where each row gives one item).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from clinseek.records import AnswerForm

Family = Literal[
    "look_up", "trend", "count", "join", "time", "unit_trap", "unanswerable", "not_yet_known",
]  # fmt: skip
FAMILIES: tuple[Family, ...] = get_args(Family)

Outcome = Literal["told", "never", "later"]
"""What the record must say for a template to ask: `told` at the cutoff, `never` at any time, or
`later`: nothing at the cutoff, and one answer once everything is known."""

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Pool:
    """Where the parameters of a template come from.

    `fixed` are the same for every patient. `sql` gives one set of parameters a row, by the names of
    its columns, over everything that will ever be known of the patient (`:cutoff` bounds it), so
    that what is known already and what is not yet known are asked about in the same way.
    """

    fixed: tuple[Parameters, ...] = ()
    sql: str | None = None
    unless: tuple[str, ...] = ()
    """SELECTs over the whole record; parameters with which one finds a row are not asked about,
    since the record would leave room for two readings. One over a table that the store lacks finds
    nothing."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A question with its answer.

    `definition` says in one exact sentence what the answer is; whoever computes it a second time
    reads that and nothing else. `wordings` and `unit` are filled from the parameters. `tolerance`
    is in `unit`. `in_admission`: asked only while the patient is in hospital, about that stay.
    `most_alike` is the largest share of its questions that may have one answer.
    """

    name: str
    family: Family
    definition: str
    wordings: tuple[str, ...]
    sql: str
    pool: Pool = Pool(fixed=({},))
    form: AnswerForm = "number"
    unit: str | None = None
    tolerance: float | None = None
    candidates: tuple[str, ...] = ()
    in_admission: bool = True
    most_alike: float = 0.25
    outcome: Outcome = "told"
    waits_for: str | None = None
    """The cell that the answer of a `later` question waits for; None waits for the row."""
    asks_as: str | None = None
    """The template whose question this one asks where the record does not tell."""

    @property
    def question_of(self) -> str:
        """The name of the template by whose definition an answer is computed."""
        return self.asks_as or self.name


def never(template: Template, name: str) -> Template:
    """The same question where no time of the record tells."""
    return _untold(template, name, "unanswerable", "never")


def later(template: Template, name: str) -> Template:
    """The same question where only what is known after the cutoff tells."""
    return _untold(template, name, "not_yet_known", "later")


def _untold(template: Template, name: str, family: Family, outcome: Outcome) -> Template:
    return dataclasses.replace(
        template, name=name, family=family, outcome=outcome, asks_as=template.name, most_alike=1.0
    )


class Statement(NamedTuple):
    """SQL with numbered places, and what goes into them."""

    sql: str
    values: list[Any]


def bound(sql: str, parameters: Parameters) -> Statement:
    """`sql` with each `:name` as a numbered place; KeyError for a name without a parameter.

    >>> bound("SELECT :a, :b, :a", {"a": 1, "b": "x"})
    Statement(sql='SELECT ?1, ?2, ?1', values=[1, 'x'])
    """
    names = list(dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", sql)))
    numbered = re.sub(
        r"(?<!:):([a-z_]+)", lambda found: f"?{names.index(found[1]) + 1}", sql
    )  # fmt: skip
    return Statement(numbered, [parameters[name] for name in names])
