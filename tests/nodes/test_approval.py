"""A person's answer to what is about to leave: only a clear yes sends it as it is."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clinseek.nodes.approval import read_answer

QUERY = {"query": "potassium 2.7", "topn": 5}
UNREADABLE = "the answer was neither a yes nor other words to send"


def _read(answer: Any, tool: str = "browser.search") -> Any:
    return read_answer(answer, tool, QUERY if tool == "browser.search" else {"id": 3})


@pytest.mark.parametrize("answer", [True, "", "y", "Yes", " send ", "ok", "OK.", "yes!"])
def test_a_clear_yes_sends_the_call_as_it_is(answer: Any) -> None:
    assert _read(answer) == QUERY


@pytest.mark.parametrize(
    "answer", [False, "n", "No", "no.", "stop", "No thanks!", "cancel", "don't send", "Don\u2019t"]
)
def test_a_no_in_usual_words_refuses(answer: Any) -> None:
    assert _read(answer) == ""


@pytest.mark.parametrize(
    "answer",
    [
        *(None, 0, 1, 1.0, [], [True], ["low potassium"], {}, {"type": "reject"}),
        *({"approve": False}, {"arguments": None}, {"arguments": {}}, {"arguments": 7}),
        *({"arguments": ""}, {"arguments": ["low potassium"]}, [{"type": "accept", "args": None}]),
    ],
)
def test_what_is_no_answer_refuses(answer: Any) -> None:
    assert _read(answer) == UNREADABLE


@pytest.mark.parametrize(
    "answer",
    [
        *("low potassium", {"arguments": "low potassium"}, {"query": "low potassium"}),
        {"arguments": {"query": "low potassium"}},
    ],
)
def test_other_words_are_sent_in_place(answer: Any) -> None:
    assert _read(answer) == {"query": "low potassium", "topn": 5}


def test_other_words_for_a_page_are_its_address() -> None:
    assert _read({"arguments": "https://e.org"}, "browser.open") == {"id": "https://e.org"}


def test_a_word_that_is_also_a_no_can_be_sent_under_arguments() -> None:
    assert _read({"arguments": "stop"}) == {"query": "stop", "topn": 5}


@pytest.mark.parametrize("why", ["not needed", None, "", False])
def test_a_refusal_may_have_a_reason(why: Any) -> None:
    assert _read({"refuse": why}) == (why or "")


_ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)


@given(_ANYTHING)
def test_nothing_but_a_clear_yes_sends_the_original(answer: Any) -> None:
    said = re.sub(r"[.!]+\Z", "", answer.strip().lower()) if isinstance(answer, str) else answer
    if _read(answer) == QUERY:
        assert said is True or said in ("", "y", "yes", "send", "ok", "true", "potassium 2.7")
