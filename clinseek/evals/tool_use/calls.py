"""The calls of one run, each with what it gave: an answer, a refusal, an error, nothing new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from clinseek.evals.transcripts.evidence import text_of
from clinseek.nodes.toolset import NOT_EVIDENCE
from clinseek.records import EvidenceEntry, Record

Outcome = Literal["answered", "refused", "failed"]
"""`refused`: answered with a sentence on what to do instead. `failed`: the tool itself broke."""


_ENCODER = json.JSONEncoder(sort_keys=True, default=str)


@dataclass
class CallCount:
    """Calls of one kind. `redundant` gave word for word what the same call had given before.

    `nothing_new` read only rows that were read before (redundant calls are not among them).
    """

    calls: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    redundant: int = 0
    nothing_new: int = 0
    seconds: float = 0.0

    @property
    def answered_share(self) -> float:
        """The part of the calls that were answered, in [0, 1]; 0 where there are none."""
        return self.answered / self.calls if self.calls else 0.0

    def add(self, call: Call) -> None:
        """Count one call."""
        self.calls += 1
        self.answered += call.outcome == "answered"
        self.refused += call.outcome == "refused"
        self.failed += call.outcome == "failed"
        self.redundant += call.redundant
        self.nothing_new += call.nothing_new
        self.seconds += call.entry["seconds"]

    def add_all(self, other: CallCount) -> None:
        """Count the calls that `other` has counted."""
        self.calls += other.calls
        self.answered += other.answered
        self.refused += other.refused
        self.failed += other.failed
        self.redundant += other.redundant
        self.nothing_new += other.nothing_new
        self.seconds += other.seconds


class Call(NamedTuple):
    """One call of a run."""

    entry: EvidenceEntry
    text: str
    outcome: Outcome
    redundant: bool
    nothing_new: bool


def calls_of(record: Record) -> Iterator[Call]:
    """The calls of a run in the order of their numbers."""
    texts = {
        str(message.get("tool_call_id")): text_of(message.get("content"))
        for message in record.messages
        if message.get("role") == "tool"
    }
    broken = {
        (error["round"], error["number"])
        for error in record.errors
        if error["where"] == "act" and error["kind"] == "tool_failed"
    }
    given: dict[str, set[str]] = {}
    seen: dict[str, set[int]] = {}
    for entry in record.evidence:
        text = texts.get(entry["call_id"], "").removeprefix(f"[{entry['id']}]").lstrip()
        before = given.setdefault(_same_call(entry), set())
        redundant = text in before and entry["tool"] not in NOT_EVIDENCE
        before.add(text)
        rows = seen.setdefault(entry["table"] or "", set())
        stale = bool(entry["row_ids"]) and rows.issuperset(entry["row_ids"]) and not redundant
        rows.update(entry["row_ids"])
        outcome = _outcome(entry, broken)
        yield Call(entry, text, outcome, redundant, stale)


def namespace_of(tool: str) -> str:
    """`ehr` of `ehr.finish`; a name without a dot is its own namespace.

    >>> namespace_of("browser.search"), namespace_of("calculator")
    ('browser', 'calculator')
    """
    return tool.partition(".")[0]


def _same_call(entry: EvidenceEntry) -> str:
    return f"{entry['tool']} {_ENCODER.encode(entry['arguments'])}"


def _outcome(entry: EvidenceEntry, broken: set[tuple[int, int]]) -> Outcome:
    if (entry["round"], entry["number"]) in broken:
        return "failed"
    return "refused" if entry["refused"] else "answered"
