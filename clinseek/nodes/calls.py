"""The calls of a turn, made sound: names repaired, ids unique, each call answerable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call

from clinseek.nodes.prompts import NOT_RUN
from clinseek.nodes.toolset import repair_name

_SHOWN_OF_BROKEN = 500


RAW = "_raw"
"""The one argument of a call whose arguments were no JSON object: what the model wrote instead."""


def sound_turn(answer: AIMessage, *, taken: Collection[str], turn: int) -> AIMessage:
    """`answer` with its calls made sound, broken ones last: any provider takes it back.

    Names are the published ones; ids are unique beside those `taken`; a call whose arguments
    could not be read is kept as a call with `RAW`, so that it can be answered.
    """
    used = set(taken)
    calls = [
        tool_call(
            name=repair_name(given["name"]),
            args=given["args"],
            id=_unique(given.get("id"), used, turn),
        )
        for given in answer.tool_calls
    ] + [
        tool_call(
            name=repair_name(broken.get("name") or "unnamed"),
            args={RAW: broken.get("args") or ""},
            id=_unique(broken.get("id"), used, turn),
        )
        for broken in answer.invalid_tool_calls
    ]
    kept = {key: value for key, value in answer.additional_kwargs.items() if key != "tool_calls"}
    sound = answer.model_copy(
        update={"tool_calls": calls, "invalid_tool_calls": [], "additional_kwargs": kept}
    )
    sound.id = sound.id or f"turn-{turn}"
    return sound


def broken_call(raw: str) -> str:
    """What a model is told whose arguments were no JSON object."""
    return (
        "the arguments are not one JSON object; write them again. They began: "
        f"{raw[:_SHOWN_OF_BROKEN]}"
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
