"""Reasoning told from the answer, however a family marks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.models.dialects import read_calls, split_reasoning

_TAGS = ["<think>", "</think>", "<|channel|>analysis<|message|>", "<|end|>", "[THINK]", "`"]


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("4.1", "", "4.1"),
        ("<think>\nIt fell.\n</think>\n\n4.1", "It fell.", "4.1"),
        ("It fell.\n</think>\n\n4.1", "It fell.", "4.1"),
        ("<think>It fell", "It fell", ""),
        ("<think></think>4.1", "", "4.1"),
        ("<think>a</think>b<think>c</think>d", "a\nc", "b\nd"),
        ("<think>a<think>b</think>c", "a<think>b", "c"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("[THINK]a[/THINK]b", "a", "b"),
        ("<|channel>thought\na<channel|>b", "a", "b"),
        ("<unused94>thought\na<unused95>b", "a", "b"),
        ("The `<think>` tag is not used.", "", "The `<think>` tag is not used."),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>",
            "a",
            "b",
        ),
        ("<|channel|>analysis<|message|>a", "a", ""),
        ("<|channel|>commentary<|message|>First I look.<|end|>", "", "First I look."),
    ],
)
def test_reasoning_is_told_from_the_answer(text: str, reasoning: str, answer: str) -> None:
    assert split_reasoning(text) == (reasoning, answer)


@pytest.mark.parametrize(
    "header",
    [
        "<|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>",
        "<|start|>assistant<|channel|>analysis to=functions.f code<|message|>",
        "<|start|>assistant to=functions.f<|channel|>commentary <|constrain|>json<|message|>",
    ],
)
def test_a_call_on_a_channel_stays_in_the_answer(header: str) -> None:
    text = f'<|channel|>analysis<|message|>look<|end|>{header}{{"a": 1}}<|call|>'

    reasoning, answer = split_reasoning(text)

    assert reasoning == "look"
    found = read_calls(answer, known=["f"])
    assert [(call.name, call.arguments) for call in found.calls] == [("f", {"a": 1})]
    assert found.rest == ""


def test_a_call_in_reasoning_that_never_ended_is_found_there() -> None:
    said = split_reasoning('<think>I look.\n<tool_call>{"name": "f", "arguments": {}}</tool_call>')

    assert said.answer == ""
    assert [call.name for call in read_calls(said.reasoning, known=["f"]).calls] == ["f"]


@given(st.lists(st.sampled_from(_TAGS) | st.text(max_size=5), max_size=12))
def test_no_text_raises_and_no_word_is_lost(parts: list[str]) -> None:
    words = [f"word{number}" for number in range(len(parts))]
    text = "".join(f"{part}{word}" for part, word in zip(parts, words, strict=True))

    said = split_reasoning(text)

    assert [word for word in words if word not in said.reasoning + said.answer] == []
