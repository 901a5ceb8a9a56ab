"""A run that is being shown: which of its turns, and where everything else of it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from clinseek.evals.report.run_parts import round_of
from clinseek.evals.transcripts.evidence import Observation
from clinseek.evals.viewer.choosing import Choice
from clinseek.evals.viewer.index import IndexedRun, RunIndex

TURNS_A_PAGE = 60
MOST_CITED = 60
"""So many cited observations stand on every page of a run; others on that of their turn."""


@dataclass(frozen=True)
class Asked:
    """What of a run is to be shown: from which turn on, which observation whole, what is sought.

    `listed` is the choice of the list from which the run was opened.
    """

    first: int = 1
    whole: str = ""
    words: str = ""
    listed: Choice = field(default_factory=Choice)


@dataclass(frozen=True)
class OpenedRun:
    """A run that is being shown, and where its parts are."""

    index: RunIndex
    run: IndexedRun
    record: Mapping[str, Any]
    asked: Asked
    root: str
    observations: list[Observation]
    rounds: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The page of this run."""
        return f"{self.root}run/{self.run.number}"

    @property
    def image_root(self) -> str | None:
        """The folder of the images that the question names."""
        return self.index.image_root(self.run)

    @cached_property
    def always(self) -> frozenset[str]:
        """The observations that are on every page: the first of those that the answer cites."""
        return frozenset([each.id for each in self.observations if each.cited][:MOST_CITED])

    def page(self, **asked: Any) -> str:
        """The address of this run asked otherwise; the list that it was opened from is kept."""
        told = urlencode(asked)
        query = "&".join(part for part in (told, self.asked.listed.address(page=1)) if part)
        return f"{self.address}?{query}" if query else self.address

    @cached_property
    def last_turn(self) -> int:
        """The number of the last turn."""
        return max((number for number, _ in self.rounds), default=1)

    @cached_property
    def first(self) -> int:
        """The first turn of the page that is shown."""
        asked = min(max(1, self.asked.first), self.last_turn)
        return asked - (asked - 1) % TURNS_A_PAGE

    def is_shown(self, turn: int) -> bool:
        """Whether a turn is on the page."""
        return self.first <= turn < self.first + TURNS_A_PAGE

    def where(self, place: str) -> str:
        """The address of a turn or an observation, on this page or another one of the run."""
        turn = self._turn_of(place)
        if turn is None or self.is_shown(turn):
            return f"#{place}"
        return f"{self.page(turn=turn)}#{place}"

    @cached_property
    def _by_id(self) -> dict[str, Observation]:
        return {each.id: each for each in self.observations}

    def _turn_of(self, place: str) -> int | None:
        """None for a place that is on every page."""
        name = place.partition("-")[0]
        if name == "turn":
            return int(place.rpartition("-")[2])
        held = self._by_id.get(name)
        return None if held is None or name in self.always else int(held.entry["round"])


def numbered(
    record: Mapping[str, Any], by_call: Mapping[str, Observation]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each message with the turn it belongs to; what was told before the first belongs to it."""
    number = 0
    for message in record["messages"]:
        if message["role"] == "assistant":
            number = round_of(message, by_call, after=number)
        yield max(1, number), message
