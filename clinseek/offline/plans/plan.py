"""What a plan is: questions to tools, what came back, and the draft of an answer.

A plan is a generator. It yields calls to make, is sent their observations, and returns a draft.
It is run anew at every turn and fed from the conversation, so nothing is kept between turns.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from clinseek.offline.sheets import Line, Sheet, row_of

MOST_ROWS_CITED = 20
"""An answer over more rows than this cites their evidence as a whole."""


class Ask(NamedTuple):
    """One call: a tool's dotted name and its arguments as JSON with sorted keys."""

    tool: str
    arguments: str

    @classmethod
    def of(cls, tool: str, /, **arguments: Any) -> Ask:
        """The call of `ehr.<tool>` with `arguments`."""
        return cls(f"ehr.{tool}", json.dumps(arguments, sort_keys=True))


class Observed(NamedTuple):
    """One observation: its evidence number, its text, and its rows if it has any."""

    evidence: str | None
    text: str
    sheet: Sheet | None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The rows seen; none where the tool refused or found nothing."""
        return self.sheet.lines if self.sheet else ()

    def cite(self, lines: tuple[Line, ...] | None = None) -> tuple[str, ...]:
        """How an answer points at `lines` of this observation, or at all of it."""
        if self.evidence is None:
            return ()
        rows = [row_of(line) for line in (self.lines if lines is None else lines)]
        if not rows or None in rows or len(rows) > MOST_ROWS_CITED:
            return (self.evidence,)
        return tuple(f"{self.evidence}#{row}" for row in dict.fromkeys(rows))


UNSEEN = Observed(None, "", None)
"""What a plan is sent for a call that could not be made."""


class Item(NamedTuple):
    """One item of an answer and what it stands on."""

    text: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """An answer before it is fitted to candidates and form.

    `said` is the sentence that goes with it. `number` is the answer as a number where it is one,
    with its `unit`. `holds` is the answer to a question of yes or no. Nothing of the three, and no
    items, is an abstention.
    """

    said: str
    items: tuple[Item, ...] = ()
    number: float | None = None
    unit: str | None = None
    holds: bool | None = None
    citations: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True for an abstention."""
        return not self.items and self.holds is None and self.number is None


Asks = tuple[Ask, ...]
Seen = tuple[Observed, ...]
Plan = Generator[Asks, Seen, Draft]


@dataclass(frozen=True)
class Desk:
    """What a plan may reach: bound tools, the record's tables, the cutoff, which attempt it is."""

    tools: frozenset[str]
    cutoff: datetime
    tables: Mapping[str, int] = field(default_factory=dict)
    subject_id: int | None = None
    attempt: int = 0

    def has(self, tool: str) -> bool:
        """Whether `ehr.<tool>` may be called."""
        return f"ehr.{tool}" in self.tools

    def knows(self, table: str) -> bool:
        """Whether the record has `table`, be it empty; true where the prompt names no tables."""
        return not self.tables or table in self.tables

    def holds(self, table: str) -> bool:
        """Whether the record has rows of `table`; true where the prompt names no tables."""
        return not self.tables or self.tables.get(table, 0) > 0
