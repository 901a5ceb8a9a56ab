"""The calls of a conversation: which have an answer, and what stands in for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage

from clinseek.prompts import not_run

_SHOWN_OF_BROKEN = 500


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
        ToolMessage(not_run(), tool_call_id=call_id, status="error", id=f"{call_id}-not-run")
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
