"""How long a run took to find the first thing that its answer stands on."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.evals.transcripts.submitted import citations_of
from clinseek.records import Record


@dataclass(frozen=True)
class FirstCitation:
    """Up to the first evidence that the answer cites: rounds, tokens in and out, seconds.

    Seconds are those of the model and of tools; waiting at the host is left out.
    """

    round: int
    tokens: int
    seconds: float


def first_citation(record: Record) -> FirstCitation | None:
    """When the first evidence that the answer cites was found; None where it cites none."""
    cited = {citation.evidence for citation in citations_of(record)}
    entries = [entry for entry in record.evidence if entry["number"] in cited]
    if not entries:
        return None
    first = min(entries, key=lambda entry: entry["number"])
    turns = [turn for turn in record.turns if turn["round"] <= first["round"]]
    tools = sum(entry["seconds"] for entry in record.evidence if entry["number"] <= first["number"])
    return FirstCitation(
        round=first["round"],
        tokens=sum(turn["input_tokens"] + turn["output_tokens"] for turn in turns),
        seconds=sum(turn["seconds"] for turn in turns) + tools,
    )
