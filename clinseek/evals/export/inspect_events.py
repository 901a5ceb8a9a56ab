"""The turns and calls of a run as Inspect's events, from which it makes its table of messages.

A turn's event holds the messages that were new to it, not the whole conversation again: that
would be the square of a long run. A record knows how long turns took and not when they began, so
events are dated one after the other from the moment of export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from clinseek.records import Record


def events_of(
    record: Record, messages: Sequence[Mapping[str, Any]], *, begun: datetime
) -> Iterator[dict[str, Any]]:
    """A model event for each message of the model, a tool event for each call of the ledger.

    `messages` are the record's in Inspect's form. What was told after the last turn (the reply to
    `ehr.finish`) is in no event.
    """
    clock = _Clock(begun)
    turns = iter(record.turns)
    entries = {str(entry["call_id"]): entry for entry in record.evidence}
    texts = {str(each["tool_call_id"]): each for each in messages if each["role"] == "tool"}
    fresh: list[Mapping[str, Any]] = []
    for message in messages:
        if message["role"] != "assistant":
            fresh.append(message)
            continue
        turn = next(turns, None)
        yield _model_event(message, fresh, record, turn, clock)
        fresh = []
        for call in message.get("tool_calls") or []:
            entry = entries.get(call["id"])
            if entry is not None:
                yield _tool_event(call, entry, texts.get(call["id"], {}), clock)


class _Clock:
    """Seconds since the run began."""

    def __init__(self, begun: datetime) -> None:
        self._begun, self.seconds = begun, 0.0

    def dated(self, seconds: float) -> dict[str, Any]:
        """When something that takes `seconds` begins and ends."""
        started, self.seconds = self.seconds, self.seconds + seconds
        return {
            "timestamp": (self._begun + timedelta(seconds=started)).isoformat(),
            "completed": (self._begun + timedelta(seconds=self.seconds)).isoformat(),
            "working_start": round(started, 6),
            "working_time": seconds,
        }


def _model_event(
    message: Mapping[str, Any],
    fresh: Sequence[Mapping[str, Any]],
    record: Record,
    turn: Mapping[str, Any] | None,
    clock: _Clock,
) -> dict[str, Any]:
    spec = record.model["spec"]
    told = {"source": "generate", **message}
    output: dict[str, Any] = {
        "model": spec,
        "choices": [
            {"message": told, "stop_reason": "tool_calls" if told.get("tool_calls") else "stop"}
        ],
    }
    if turn is not None:
        output["usage"] = {
            "input_tokens": turn["input_tokens"],
            "output_tokens": turn["output_tokens"],
            "total_tokens": turn["input_tokens"] + turn["output_tokens"],
        }
    return {
        "event": "model",
        "model": spec,
        "input": list(fresh),
        "tools": [],
        "tool_choice": "auto",
        "config": {},
        "output": output,
        **clock.dated(turn["seconds"] if turn is not None else 0.0),
    }


def _tool_event(
    call: Mapping[str, Any], entry: Mapping[str, Any], answer: Mapping[str, Any], clock: _Clock
) -> dict[str, Any]:
    return {
        "event": "tool",
        "id": call["id"],
        "function": call["function"],
        "arguments": call["arguments"],
        "result": answer.get("content", ""),
        "metadata": {"evidence": entry["id"], "refused": entry["refused"]},
        **clock.dated(entry["seconds"]),
    }
