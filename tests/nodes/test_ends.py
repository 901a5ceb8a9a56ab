"""How a turn ended, and what follows."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clinseek.nodes.ends import after, end_of, same_calls
from clinseek.prompts import NudgeKind, nudge


def _turn(sql: str, *, tag: int) -> list[AIMessage | ToolMessage]:
    call = {"name": "ehr.run_sql_query", "args": {"sql_query": sql}, "id": str(tag)}
    return [
        AIMessage("", tool_calls=[{**call, "type": "tool_call"}]),
        ToolMessage("1 row", tool_call_id=str(tag)),
    ]


@pytest.mark.parametrize(
    ("finish_reason", "end"),
    [
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("refusal", "refusal"),
        ("stop", "words"),
        (None, "words"),
    ],
)
def test_a_turn_without_calls_ends_as_its_host_says(finish_reason: str | None, end: str) -> None:
    spoken = AIMessage("I cannot", response_metadata={"finish_reason": finish_reason})

    assert end_of(spoken) == end


def test_a_turn_with_calls_is_a_step_forward_whatever_its_host_says() -> None:
    turn = _turn("SELECT 1", tag=1)[0]
    assert isinstance(turn, AIMessage)
    turn.response_metadata = {"finish_reason": "length"}

    assert end_of(turn) == "calls"


def test_silence_is_empty() -> None:
    assert end_of(AIMessage(" \n", response_metadata={"finish_reason": "stop"})) == "empty"


@pytest.mark.parametrize(
    "kind", ["unreadable", "length", "content_filter", "refusal", "empty", "repeated"]
)
def test_each_end_is_told_first_and_then_stops(kind: NudgeKind) -> None:
    assert nudge(kind)
    warned: list[str] = []
    while (then := after(kind, warned)).nudge is not None:
        warned.append(kind)

    assert 1 <= len(warned) <= 3
    assert then.stop is not None


def test_three_equal_turns_are_a_loop_and_two_are_not() -> None:
    twice = [*_turn("SELECT 1", tag=1), *_turn("SELECT 1", tag=2)]

    assert not same_calls(twice)
    assert same_calls([*twice, *_turn("SELECT 1", tag=3)])
    assert not same_calls([*twice, *_turn("SELECT 2", tag=3)])


def test_what_was_said_to_the_model_in_between_starts_the_count_anew() -> None:
    looped = [*_turn("SELECT 1", tag=1), *_turn("SELECT 1", tag=2), *_turn("SELECT 1", tag=3)]

    assert not same_calls([*looped, HumanMessage("look elsewhere"), *_turn("SELECT 1", tag=4)])
