"""Traces made by hand, and runs of the offline policy over a small cohort."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.splits import split_of
from clinseek.training.splits import Part
from clinseek.training.traces.trace import Judgement, Message, Observed, Origin, Trace

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Reads the record.",
            "parameters": {
                "type": "object",
                "properties": {"table_name": {"type": "string"}, "limit": {"type": "integer"}},
            },
        },
    }
    for name in ("ehr.get_latest_records", "ehr.run_sql_query", "ehr.finish")
]
IN_TRAINING = next(each for each in range(10_000_000, 10_001_000) if split_of(each) == "train")
"""A patient of the training split of the benchmarks."""
ORIGIN = Origin(
    source="made", model="teacher", package="1", rules="r", prompts="p", role="clinseek",
    store="", profile="available",
)  # fmt: skip


class Asked(NamedTuple):
    """One call of a made trace and its observation, without its number."""

    tool: str
    arguments: Mapping[str, Any]
    result: str
    refused: bool = False


class EveryoneIn(NamedTuple):
    """A split that puts everyone in one part."""

    part: Part

    @property
    def named(self) -> str:
        return f"everyone in {self.part}"

    def part_of(self, subject_id: int) -> Part:
        return self.part


def asked(table: str, result: str = "3 rows", **fields: Any) -> Asked:
    """A call for the latest records of a table."""
    return Asked("ehr.get_latest_records", {"table_name": table}, result, **fields)


def a_trace(
    turns: Sequence[Sequence[Asked]] = (),
    *,
    answer: Sequence[str] = ("yes",),
    citations: Sequence[Sequence[str]] = ((),),
    said: Mapping[int, str] | None = None,
    thought: Mapping[int, str] | None = None,
    score: float | None = 1.0,
    finishes: bool = True,
    **fields: Any,
) -> Trace:
    """A trace in which each of `turns` makes its calls, and a last one hands in the answer.

    `said` and `thought` are what the model says and thinks in a turn, by its place from 0.
    """
    subject = fields.get("subject_id", 10000019)
    whose = "" if subject is None else f"subject_id {subject}: "
    messages: list[Message] = [
        {"role": "system", "content": "You answer from the record."},
        {"role": "user", "content": f"{whose}is it high?"},
    ]
    observed: list[Observed] = []
    finish = Asked(
        "ehr.finish",
        {"response": list(answer), "citations": [list(each) for each in citations]},
        "The answer is submitted.",
    )
    every = [*turns, [finish]] if finishes else list(turns)
    for at, calls in enumerate(every):
        turn: Message = {"role": "assistant", "content": (said or {}).get(at, ""), "tool_calls": []}
        if thought and at in thought:
            turn["reasoning_content"] = thought[at]
        messages.append(turn)
        for call in calls:
            number = len(observed) + 1
            text = f"[E{number}] {call.result}"
            turn["tool_calls"].append(
                {
                    "id": f"c{number}",
                    "type": "function",
                    "function": {"name": call.tool, "arguments": json.dumps(call.arguments)},
                }
            )
            messages.append(
                {"role": "tool", "content": text, "tool_call_id": f"c{number}", "name": call.tool}
            )
            observed.append(
                Observed(
                    call_id=f"c{number}", number=number, first_number=number, tool=call.tool,
                    refused=call.refused, chars=len(text), shown_chars=len(text),
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                )
            )  # fmt: skip
    scores = {"default": Judgement(value=score, state="scored", explanation="as it was scored")}
    given: dict[str, Any] = {
        "id": "t1", "qid": "q1", "epoch": 1, "subject_id": 10000019,
        "cutoff": "2150-03-05 08:00:00", "task": "task", "task_type": "decision",
        "setting": "automated", "messages": messages, "tools": TOOLS, "observed": observed,
        "answer": list(answer), "citations": [list(each) for each in citations],
        "status": "answered", "stop_reason": "finish" if finishes else "round_limit",
        "scores": scores, "origin": ORIGIN, "sha256": "0",
    }  # fmt: skip
    return Trace(**{**given, **fields})


def calls_of(trace: Trace) -> list[str]:
    """The arguments of each call of a trace, in their order."""
    return [
        call["function"]["arguments"]
        for message in trace.messages
        for call in message.get("tool_calls", ())
    ]


def lines_of(file: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
