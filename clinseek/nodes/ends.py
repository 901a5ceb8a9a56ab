"""How a turn of the model ended, and what follows from it: pure functions.

A turn that makes calls is a step forward whatever its finish reason says: calls that were cut off
come back as calls that could not be read, and are answered so. A turn without calls is an answer
in words, or one of the ends below. Each of these is told to the model first (`nudge`), as often
as `_NUDGES` says, and then ends the seeking with its own stop reason: the model is made to conclude
from what was found.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage

from clinseek.prompts import NudgeKind
from clinseek.records import StopReason

TurnEnd = Literal["calls", "words", "length", "content_filter", "refusal", "empty"]

_NUDGES: dict[NudgeKind, int] = {
    "unreadable": 3,
    "length": 2,
    "content_filter": 1,
    "refusal": 1,
    "words": 1,
    "empty": 1,
    "repeated": 1,
}
_STOPS: dict[NudgeKind, StopReason] = {
    "unreadable": "model_error",
    "length": "length",
    "content_filter": "content_filter",
    "refusal": "refusal",
    "words": "stopped_calling",
    "empty": "empty_turn",
    "repeated": "repeated_calls",
}
_SAME = 3
"""So many turns in a row with the same calls are a loop."""


class Next(NamedTuple):
    """What follows an end that is no step forward: one of the two."""

    nudge: NudgeKind | None = None
    stop: StopReason | None = None


def end_of(spoken: AIMessage) -> TurnEnd:
    """How the turn ended; the host's finish reason counts only where there are no calls.

    >>> end_of(AIMessage("", response_metadata={"finish_reason": "length"}))
    'length'
    """
    if spoken.tool_calls:
        return "calls"
    reason = spoken.response_metadata.get("finish_reason")
    if reason == "length":
        return "length"
    if reason == "content_filter":
        return "content_filter"
    if reason == "refusal":
        return "refusal"
    return "words" if spoken.text.strip() else "empty"


def after(kind: NudgeKind, warned: Sequence[str]) -> Next:
    """A nudge while there are any left of its kind in a run, then the end.

    >>> after("empty", []), after("empty", ["empty"])
    (Next(nudge='empty', stop=None), Next(nudge=None, stop='empty_turn'))
    """
    if warned.count(kind) < _NUDGES[kind]:
        return Next(nudge=kind)
    return Next(stop=_STOPS[kind])


def same_calls(messages: Sequence[BaseMessage]) -> bool:
    """Whether the last turns made the same calls, with nothing said to the model in between."""
    turns: list[str] = []
    for message in reversed(messages):
        if message.type == "human":
            break
        if isinstance(message, AIMessage):
            if not message.tool_calls:
                break
            turns.append(_calls(message))
            if turns[-1] != turns[0]:
                break
            if len(turns) == _SAME:
                return True
    return False


def _calls(message: AIMessage) -> str:
    made = [(call["name"], call["args"]) for call in message.tool_calls]
    return json.dumps(made, sort_keys=True, default=str)
