"""Reading answers from arguments and from texts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.nodes.answers import read_finish, salvage
from clinseek.nodes.citing import read_citation
from clinseek.records import AnswerForm, Salvage


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


DIAGNOSES = ["Sepsis", "Heart failure", "Acute heart failure", "Pneumonia", "Flu"]


def salvaged(text: str, reasoning: str = "", **asked: Any) -> tuple[Salvage | None, list[str]]:
    """How an answer was read, and its items."""
    found = salvage(text, reasoning, **asked)
    return (found["salvaged"], found["answer"]) if found is not None else (None, [])


@pytest.mark.parametrize(
    ("text", "how", "answer"),
    [
        ('[Tool Call: ehr.finish({"response": ["a"]})] {"response": ["b"]}', "call", ["a"]),
        (
            '<tool_call>{"name": "finish", "arguments": {"response": "a"}}</tool_call>',
            "call",
            ["a"],
        ),
        ('<answer>b</answer> {"response": ["a"]}', "json", ["a"]),
        ("<answer>a</answer>\nSepsis", "answer_tag", ["a"]),
        (r"So \boxed{b}, rather \boxed{\text{a}}.", "answer_tag", ["a"]),
        ("I think of Flu.\nIt is Sepsis.", "candidates", ["Sepsis"]),
        ("It is 4.1.", "lines", ["It is 4.1"]),
        ("", None, []),
        (" \n ", None, []),
    ],
)
def test_the_first_way_that_gives_an_answer_counts(
    text: str, how: Salvage | None, answer: list[str]
) -> None:
    assert salvaged(text, candidates=DIAGNOSES, answer_form="choice") == (how, answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('```json\n{"response": ["x"]}\n```', ["x"]),
        ('First {"response": ["old"]}, then {"response": ["new"]}.', ["new"]),
        ('{"citations": [["E1"]], "response": ["x"]}', ["x"]),
        ('{"response": ["x", "y",], }', ["x", "y"]),
        ("{'response': ['x']}", ["x"]),
        ('{"response": ["x"', ["x"]),
        ('{"response": 4.1}', ["4.1"]),
        ('{"response": []}', []),
        ('{"response": ["old"]} {"response": [\'new\']}', ["new"]),
        ('```json\n{"answer": "x"}\n```', ["x"]),
        ('{"response": ["x"]} {"answer": "y"}', ["x"]),
        ('{"final_answer": ["x"], "confidence": 0.9}', ["x"]),
    ],
)
def test_the_last_object_with_a_response_is_the_answer(text: str, answer: list[str]) -> None:
    assert salvaged(text) == ("json", answer)


@pytest.mark.parametrize(
    "text", ["So the answer is no. Final: yes", "Answer: yes. Final answer: no"]
)
def test_a_line_that_contradicts_itself_holds_no_answer(text: str) -> None:
    assert salvaged(text, candidates=["yes", "no"], answer_form="yes_no")[0] == "lines"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ('{"broken": ', "lines"),
        ('{"response": ["Vanco', "lines"),
        ('{"response": {"a": 1}}', "lines"),
    ],
)
def test_an_object_that_is_cut_or_holds_no_list_is_no_answer(text: str, how: Salvage) -> None:
    assert salvaged(text)[0] == how


@pytest.mark.parametrize(
    ("text", "answer", "citations"),
    [
        ("<answer>4.1 [E3#17]</answer>", ["4.1"], [["E3#17"]]),
        ("<answer>4.1</answer> [E3#17]", ["4.1"], [["E3#17"]]),
        ("<answer>\n- a [E1]\n- b\n</answer>", ["a", "b"], [["E1"], []]),
        ('<ANSWER>["a", "b"]</ANSWER> [E1]', ["a", "b"], [[], []]),
        ("<answer>old</answer>\n<answer>new", ["new"], [[]]),
        ("<answer></answer>", [], []),
    ],
)
def test_the_last_answer_tag_is_read(
    text: str, answer: list[str], citations: list[list[str]]
) -> None:
    found = salvage(text)

    assert found is not None
    assert found["salvaged"] == "answer_tag"
    assert (found["answer"], found["citations"]) == (answer, citations)


@pytest.mark.parametrize(
    ("text", "answer", "form"),
    [
        ("So the answer is sepsis.", ["Sepsis"], "choice"),
        ("It is ACUTE  heart failure.", ["Acute heart failure"], "choice"),
        ("It is sepsis, not pneumonia.", ["Sepsis"], "choice"),
        ("Not sepsis but pneumonia.", ["Pneumonia"], "choice"),
        ("Pneumonia is unlikely; it is sepsis.", ["Sepsis"], "choice"),
        ("Sepsis rather than pneumonia [E1#2].", ["Sepsis"], "choice"),
        ("Pneumonia was ruled out, so sepsis.", ["Sepsis"], "choice"),
        ("It is pneumonia.\nIt isn't sepsis.", ["Pneumonia"], "choice"),
        ("I weighed flu.\n\n**Sepsis**", ["Sepsis"], "choice"),
        ("It is sepsis.\nLet me know if you need more.", ["Sepsis"], "choice"),
        ("Likely:\n- Sepsis\n- Pneumonia [E2]", ["Sepsis", "Pneumonia"], "list"),
        ("Answer: sepsis, pneumonia and flu", ["Sepsis", "Pneumonia", "Flu"], "list"),
        ("1. Sepsis\n2. Flu\n3. Sepsis", ["Sepsis", "Flu"], "list"),
        ("Sepsis\nThe lactate was high.\nFlu", ["Flu"], "list"),
    ],
)
def test_candidates_in_the_last_lines_are_the_answer(
    text: str, answer: list[str], form: AnswerForm
) -> None:
    assert salvaged(text, candidates=DIAGNOSES, answer_form=form) == ("candidates", answer)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Either sepsis or pneumonia.", "choice"),
        ("It is neither sepsis nor pneumonia.", "choice"),
        ("There is no sepsis.", "choice"),
        ("It may be sepsis with pneumonia.", "list"),
        ("Non-sepsis.", "choice"),
        ("Urosepsis.", "choice"),
        ("There is no doubt that it is sepsis.", "choice"),
        ("Sepsis.\n" + "More words.\n" * 5, "choice"),
    ],
)
def test_what_can_be_read_in_two_ways_names_no_candidate(text: str, form: AnswerForm) -> None:
    assert salvaged(text, candidates=DIAGNOSES, answer_form=form)[0] == "lines"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("There is no fever, and no source was found.\nAnswer: yes", ["yes"]),
        ("**No**, the lactate fell [E2#1].", ["no"]),
        ("Yes.", ["yes"]),
        ("The final answer is: no", ["no"]),
        ("- yes", ["yes"]),
    ],
)
def test_yes_and_no_count_where_an_answer_stands(text: str, answer: list[str]) -> None:
    assert salvaged(text, answer_form="yes_no") == ("candidates", answer)


def test_yes_and_no_inside_a_sentence_are_words() -> None:
    assert salvaged("There is no fever, yes.", answer_form="yes_no")[0] == "lines"


def test_letters_and_numbers_are_candidates_only_where_an_answer_stands() -> None:
    letters = ["A", "B"]

    assert salvaged("A patient in bed B.", candidates=letters)[0] == "lines"
    assert salvaged("A patient.\nAnswer: (B)", candidates=letters) == ("candidates", ["B"])


def test_short_candidates_count_in_a_list_of_them() -> None:
    found = salvaged("Answer: PE, MI", candidates=["MI", "PE"], answer_form="list")

    assert found == ("candidates", ["PE", "MI"])


def test_a_letter_that_folds_to_another_length_is_no_match() -> None:
    assert salvaged("It is M\u0130.", candidates=["Mi"])[0] == "lines"


def test_citations_near_a_candidate_are_kept_with_it() -> None:
    found = salvage(
        "Answer: sepsis [E1#2], flu (E3; E4#5)", candidates=DIAGNOSES, answer_form="list"
    )

    assert found is not None
    assert found["answer"] == ["Sepsis", "Flu"]
    assert found["citations"] == [["E1#2"], ["E3", "E4#5"]]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("- Vancomycin\n- Cefepime [E2#4]", ["Vancomycin", "Cefepime"]),
        ("1. yes", ["yes"]),
        ("Final answer: 4.1", ["4.1"]),
        ("**Answer:** 4.1 mmol/L.", ["4.1 mmol/L"]),
    ],
)
def test_else_each_line_is_an_item(text: str, answer: list[str]) -> None:
    assert salvaged(text) == ("lines", answer)


@pytest.mark.parametrize(
    ("reasoning", "how", "answer"),
    [
        ('So {"response": ["3.2"]}', "json", ["3.2"]),
        ("<answer>3.2</answer>", "answer_tag", ["3.2"]),
        ("So it is sepsis.", "candidates", ["Sepsis"]),
        ("I look at it.\nFinal answer: 3.2", "lines", ["3.2"]),
        ("I look at it and wonder.", None, []),
    ],
)
def test_reasoning_is_read_where_nothing_else_was_said(
    reasoning: str, how: Salvage | None, answer: list[str]
) -> None:
    assert salvaged("", reasoning, candidates=DIAGNOSES, answer_form="choice") == (how, answer)


def test_a_draft_in_the_reasoning_does_not_replace_what_was_said() -> None:
    assert salvaged("4.1", 'First {"response": ["3.2"]}') == ("lines", ["4.1"])


def test_a_call_in_the_reasoning_was_meant() -> None:
    call = '<tool_call>{"name": "ehr_finish", "arguments": {"response": ["3.2"]}}</tool_call>'

    assert salvaged("I have submitted it.", call) == ("call", ["3.2"])


def test_how_an_answer_was_handed_in_stands_in_it() -> None:
    found, finished = salvage("4.1", via="conclusion"), read_finish({"response": ["4.1"]})

    assert found is not None
    assert not isinstance(finished, str)
    assert (found["via"], found["salvaged"]) == ("conclusion", "lines")
    assert (finished["via"], finished["salvaged"]) == ("finish", None)


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


_PIECES = [
    "<answer>", "</answer>", '{"response": ', '["a"]', "}", "sepsis", "not ", "Answer: ", "\n",
    "- ", "[E1#2]", "yes", ",", "<tool_call>", "no",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(_PIECES) | st.text(max_size=8), max_size=20).map("".join),
    st.text(max_size=20),
    st.sampled_from([None, "text", "list", "yes_no", "number", "choice"]),
)
def test_no_text_raises(text: str, reasoning: str, form: AnswerForm | None) -> None:
    found = salvage(text, reasoning, candidates=DIAGNOSES, answer_form=form)

    if found is not None:
        assert len(found["citations"]) == len(found["answer"])
        named = found["salvaged"] == "candidates"
        assert not named or set(found["answer"]) <= set(DIAGNOSES)


@pytest.mark.parametrize("piece", ['{"response":', '{"a":', '{"response": ["a"', "<answer>", "no "])
def test_floods_are_read(piece: str) -> None:
    text = piece * (100_000 // len(piece)) + '"response"'

    assert salvage(text, candidates=DIAGNOSES) is not None
