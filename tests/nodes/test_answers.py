"""Reading answers from arguments and from texts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.nodes.answers import read_citation, read_finish, read_text


@pytest.mark.parametrize(
    ("arguments", "answer", "citations"),
    [
        ({"response": ["a", "b"]}, ["a", "b"], [[], []]),
        ({"response": ["a", "b"], "citations": ["E1#2", "E3"]}, ["a", "b"], [["E1#2"], ["E3"]]),
        ({"response": ["a"], "citations": ["E1#2", "E3"]}, ["a"], [["E1#2", "E3"]]),
        ({"response": ["a"], "citations": "E1#2, E3"}, ["a"], [["E1#2", "E3"]]),
        ({"response": ["a", "b"], "citations": [["E1", "E2"]]}, ["a", "b"], [["E1", "E2"], []]),
        ({"response": "a"}, ["a"], [[]]),
        ({"response": '["a", "b"]'}, ["a", "b"], [[], []]),
        ({"response": [4.1, True, 7]}, ["4.1", "yes", "7"], [[], [], []]),
        ({"response": []}, [], []),
        ({"response": ["", "  "]}, [], []),
    ],
)
def test_every_shape_of_finish_is_read(
    arguments: dict[str, Any], answer: list[str], citations: list[list[str]]
) -> None:
    submission = read_finish(arguments)

    assert not isinstance(submission, str)
    assert (submission["answer"], submission["citations"]) == (answer, citations)


@pytest.mark.parametrize("arguments", [{}, {"response": {"a": 1}}, {"response": [["a"]]}])
def test_a_finish_that_holds_no_list_of_texts_is_told_so(arguments: dict[str, Any]) -> None:
    assert isinstance(read_finish(arguments), str)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("- Vancomycin\n- Cefepime [E2#4]", ["Vancomycin", "Cefepime"]),
        ("1. yes", ["yes"]),
        ("Final answer: 4.1", ["4.1"]),
        ('```json\n{"response": ["x"]}\n```', ["x"]),
        ('First {"response": ["old"]}, then {"response": ["new"]}.', ["new"]),
        ('{"broken": ', ['{"broken":']),
        ("", []),
    ],
)
def test_an_answer_is_found_in_a_text(text: str, answer: list[str]) -> None:
    assert read_text(text, via="text")["answer"] == answer


@pytest.mark.parametrize(
    ("text", "citation"),
    [("E3#17", "E3#17"), ("e3", "E3"), ("[E3#17]", "E3#17"), ("row 17", None), ("E3#x", None)],
)
def test_citations_are_read_as_models_write_them(text: str, citation: str | None) -> None:
    found = read_citation(text)

    assert (str(found) if found else None) == citation


@given(st.recursive(st.none() | st.booleans() | st.text() | st.floats(), st.lists, max_leaves=8))
def test_no_arguments_of_finish_raise(response: Any) -> None:
    read = read_finish({"response": response, "citations": response})

    assert isinstance(read, str) or len(read["citations"]) == len(read["answer"])


@given(st.text())
def test_no_text_raises(text: str) -> None:
    read = read_text(text, via="text")

    assert len(read["citations"]) == len(read["answer"])
