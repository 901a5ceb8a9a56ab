"""What a student learns from: a conversation, its tools, and which turns count in the loss."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clinseek.models.names import wire_names
from clinseek.training.splits import Part
from clinseek.training.traces.trace import (
    FINISH,
    Message,
    Observed,
    ToolCall,
    Trace,
    arguments_in,
)

Names = Literal["wire", "dotted"]
"""How tools are named: as hosts are sent them (`ehr_finish`), or as records have them."""


@dataclass(frozen=True)
class Example:
    """One example. `weights` has a 1 for each turn of the model that counts in the loss.

    `window` is which of how many windows of its trace it is, (1, 1) for a whole trace.
    """

    id: str
    trace: str
    subject_id: int | None
    task: str
    part: Part
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    weights: list[int]
    window: tuple[int, int]
    tokens: int
    text: str | None = None
    """The conversation as the student's template writes it, where there is one."""


def weights_of(
    messages: Sequence[Message],
    observed: Mapping[str, Observed],
    *,
    last_turns: int | None,
    errors: Literal["train", "skip"],
) -> list[int]:
    """1 for each turn of the model that counts in the loss, else 0; the last turn always counts.

    `last_turns` None: all. `errors` skip: turns count not where a call was refused, or handed in
    an answer that was sent back.
    """
    turns = [message for message in messages if message["role"] == "assistant"]
    first = 0 if last_turns is None else len(turns) - last_turns
    weights = []
    for at, turn in enumerate(turns):
        last = at == len(turns) - 1
        faulty = errors == "skip" and _is_faulty(turn, observed)
        weights.append(int(last or (at >= first and not faulty)))
    return weights


def _is_faulty(turn: Message, observed: Mapping[str, Observed]) -> bool:
    """Whether a call of a turn that is not the last was refused, or its answer was sent back."""
    for call in turn.get("tool_calls", ()):
        known = observed.get(call["id"])
        if call["function"]["name"] == FINISH or (known is not None and known["refused"]):
            return True
    return False


def named(trace: Trace, names: Names) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The tools of a trace under the names that are exported, and each name by its dotted one."""
    held = [str(tool["function"]["name"]) for tool in trace.tools]
    if names == "dotted":
        return trace.tools, {}
    wired = wire_names(held)
    tools = [
        {**tool, "function": {**tool["function"], "name": wired[tool["function"]["name"]]}}
        for tool in trace.tools
    ]
    return tools, wired


def exported(message: Message, names: Names, wired: Mapping[str, str]) -> dict[str, Any]:
    """A message as it is exported: tools under their names, pictures by path and hash."""
    told: dict[str, Any] = dict(message)
    if isinstance(message["content"], list):
        told["content"] = [_block(block) for block in message["content"]]
    if calls := message.get("tool_calls"):
        told["tool_calls"] = [_exported_call(call, names, wired) for call in calls]
    if names == "wire" and (name := message.get("name")):
        told["name"] = _wire(name, wired)
    return told


def _exported_call(call: ToolCall, names: Names, wired: Mapping[str, str]) -> ToolCall:
    name, written = call["function"]["name"], call["function"]["arguments"]
    if names == "wire":
        name = _wire(name, wired)
    return {**call, "function": {"name": name, "arguments": _without_nulls(call, written)}}


def _without_nulls(call: ToolCall, written: str) -> str:
    """The arguments as the model wrote them, but for those that are null, which say nothing."""
    held = arguments_in(call)
    if held is None or None not in held.values():
        return written
    told = {name: value for name, value in held.items() if value is not None}
    return json.dumps(told, ensure_ascii=False)


def _wire(name: str, wired: Mapping[str, str]) -> str:
    return wired.get(name) or wire_names([name])[name]


def _block(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("type") != "image" or "sha256" not in block:
        return block
    return {"type": "image", "path": f"images/{block['sha256']}.jpg", "sha256": block["sha256"]}
