"""The calls of one run, each with what it gave: an answer, a refusal, an error, nothing new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from clinseek.evals.report.evidence import text_of
from clinseek.nodes.toolset import NOT_EVIDENCE
from clinseek.records import EvidenceEntry, Record

Outcome = Literal["answered", "refused", "failed"]
"""`refused`: answered with a sentence on what to do instead. `failed`: the tool itself broke."""


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

    def add(self, call: Call) -> None:
        """Count one call."""
        self.calls += 1
        self.answered += call.outcome == "answered"
        self.refused += call.outcome == "refused"
        self.failed += call.outcome == "failed"
        self.redundant += call.redundant
        self.nothing_new += call.nothing_new
        self.seconds += call.entry["seconds"]


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
    seen: set[tuple[str, int]] = set()
    for entry in record.evidence:
        text = texts.get(entry["call_id"], "").removeprefix(f"[{entry['id']}]").lstrip()
        before = given.setdefault(_same_call(entry), set())
        redundant = text in before and entry["tool"] not in NOT_EVIDENCE
        before.add(text)
        rows = {(entry["table"], row_id) for row_id in entry["row_ids"] if entry["table"]}
        stale = bool(rows) and rows <= seen and not redundant
        seen.update((table, row_id) for table, row_id in rows if table)
        outcome = _outcome(entry, broken)
        yield Call(entry, text, outcome, redundant, stale)


def namespace_of(tool: str) -> str:
    """`ehr` of `ehr.finish`; a name without a dot is its own namespace.

    >>> namespace_of("browser.search"), namespace_of("calculator")
    ('browser', 'calculator')
    """
    return tool.partition(".")[0]


def _same_call(entry: EvidenceEntry) -> str:
    arguments: Mapping[str, object] = entry["arguments"]
    return f"{entry['tool']} {json.dumps(arguments, sort_keys=True, default=str)}"


def _outcome(entry: EvidenceEntry, broken: set[tuple[int, int]]) -> Outcome:
    if (entry["round"], entry["number"]) in broken:
        return "failed"
    return "refused" if entry["refused"] else "answered"
