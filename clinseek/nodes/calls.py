"""The calls of a turn, made sound: names repaired, ids unique, each call answerable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call

from clinseek.nodes.prompts import NOT_RUN
from clinseek.nodes.toolset import repair_name, unknown_tool

_SHOWN_OF_BROKEN = 500


class ReadCall(NamedTuple):
    """One call of a turn; `fault` says why it cannot be run."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    fault: str | None


def read_calls(
    answer: AIMessage, *, known: Sequence[str], taken: Collection[str], turn: int
) -> list[ReadCall]:
    """The calls of `answer` in their order, broken ones last; ids unique beside those `taken`."""
    used = set(taken)
    calls: list[ReadCall] = []
    for given in answer.tool_calls:
        name = repair_name(given["name"])
        fault = None if name in known else unknown_tool(given["name"], known)
        calls.append(ReadCall(_unique(given.get("id"), used, turn), name, given["args"], fault))
    for broken in answer.invalid_tool_calls:
        raw = broken.get("args") or ""
        fault = (
            "the arguments are not one JSON object; write them again. They began: "
            f"{raw[:_SHOWN_OF_BROKEN]}"
        )
        name = repair_name(broken.get("name") or "unnamed")
        call_id = _unique(broken.get("id"), used, turn)
        calls.append(ReadCall(call_id, name, {"_raw": raw}, fault))
    return calls


def with_calls(answer: AIMessage, calls: Sequence[ReadCall]) -> AIMessage:
    """`answer` with exactly these calls, all of them valid: any provider takes it back."""
    kept = {key: value for key, value in answer.additional_kwargs.items() if key != "tool_calls"}
    return answer.model_copy(
        update={
            "tool_calls": [
                tool_call(name=call.tool, args=call.arguments, id=call.call_id) for call in calls
            ],
            "invalid_tool_calls": [],
            "additional_kwargs": kept,
        }
    )


def call_ids(messages: Sequence[BaseMessage]) -> set[str]:
    """Every id of a call in the conversation."""
    return set(_ids(messages))


def unanswered(messages: Sequence[BaseMessage]) -> list[ToolMessage]:
    """An answer for each call that has none: calls cut off by a fork, an edit or an interrupt."""
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    return [
        ToolMessage(NOT_RUN, tool_call_id=call_id, status="error", id=f"{call_id}-not-run")
        for call_id in _ids(messages)
        if call_id not in answered
    ]


def without_orphans(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The conversation without answers to calls that an edit took away; providers refuse those."""
    called = call_ids(messages)
    return [
        message
        for message in messages
        if not isinstance(message, ToolMessage) or message.tool_call_id in called
    ]


def _ids(messages: Sequence[BaseMessage]) -> Iterator[str]:
    for message in messages:
        if isinstance(message, AIMessage):
            for call in (*message.tool_calls, *message.invalid_tool_calls):
                if call["id"]:
                    yield call["id"]


def _unique(given: str | None, used: set[str], turn: int) -> str:
    """`given` where it is new, else an id of ours; the id is added to `used`."""
    chosen, counter = given, len(used)
    while not chosen or chosen in used:
        chosen = f"call_{turn}_{counter}"
        counter += 1
    used.add(chosen)
    return chosen
