"""Tokens: as the host counted them, else estimated from characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata

from clinseek.models.tokens import (
    IMAGE_CHARACTERS,
    Tokens,
    characters_of,
    estimated_tokens,
    learned_characters_a_token,
    tokens_of,
)

_QUESTION = [SystemMessage("You seek."), HumanMessage("What was it?")]


def _counted(**details: object) -> AIMessage:
    usage = {"input_tokens": 900, "output_tokens": 70, "total_tokens": 970, **details}
    return AIMessage("It was 3.2.", usage_metadata=UsageMetadata(**usage))  # type: ignore[typeddict-item]


def test_the_hosts_own_count_is_taken() -> None:
    answer = _counted(
        input_token_details={"cache_read": 512}, output_token_details={"reasoning": 40}
    )

    assert tokens_of(_QUESTION, answer) == Tokens(900, 512, 70, 40, estimated=False)


@pytest.mark.parametrize("details", [{}, {"input_token_details": {}}, {"output_token_details": {}}])
def test_details_that_no_host_told_are_nothing(details: dict[str, object]) -> None:
    assert tokens_of(_QUESTION, _counted(**details)) == Tokens(900, 0, 70, 0, estimated=False)


def test_tokens_that_no_host_counted_are_a_quarter_of_the_characters() -> None:
    answer = AIMessage("y" * 8, additional_kwargs={"reasoning_content": "z" * 5})

    assert tokens_of([HumanMessage("x" * 9)], answer) == Tokens(3, 0, 4, 2, estimated=True)


def test_an_image_counts_the_same_whatever_its_bytes() -> None:
    def shown(size: int) -> ToolMessage:
        image = {"type": "image", "base64": "A" * size, "mime_type": "image/jpeg"}
        return ToolMessage([{"type": "text", "text": "[E1] a view"}, image], tool_call_id="c1")

    assert characters_of([shown(400)]) == characters_of([shown(400_000)])
    assert characters_of([shown(4)]) == len("[E1] a view") + IMAGE_CHARACTERS


def test_reasoning_and_calls_are_counted_but_not_what_a_host_wants_back_of_them() -> None:
    call = {"name": "ehr.think", "args": {"thought": "so"}, "id": "c1", "type": "tool_call"}
    answer = AIMessage("", tool_calls=[call])
    plain = characters_of([answer])
    answer.additional_kwargs = {"reasoning_content": "12345", "reasoning_wire": {"as": "12345"}}

    assert plain == len("ehr.think") + len("{'thought': 'so'}")
    assert characters_of([answer]) == plain + 5


def test_what_the_last_turn_took_says_what_the_next_will_take() -> None:
    a_token = learned_characters_a_token(characters_of(_QUESTION) * 100, 1050)

    assert a_token == pytest.approx(2.0)
    assert estimated_tokens([HumanMessage("x" * 1001)], characters_a_token=a_token) == 501


@given(st.integers(0, 10**9), st.integers(-5, 10**9))
def test_what_is_learned_of_a_token_stays_within_what_can_be(characters: int, tokens: int) -> None:
    assert 1.5 <= learned_characters_a_token(characters, tokens) <= 6.0


@given(st.lists(st.text()), st.floats(1.5, 6.0))
def test_more_text_never_takes_fewer_tokens(texts: list[str], a_token: float) -> None:
    taken = [
        estimated_tokens([HumanMessage(text) for text in texts[:end]], characters_a_token=a_token)
        for end in range(len(texts) + 1)
    ]

    assert taken == sorted(taken)
    assert taken[0] == 0
