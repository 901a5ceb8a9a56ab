"""The published F1 against a second reading of its rules, and ours beside it."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.evals.scorers import Resources, Vocabulary, score_record
from clinseek.records import Record
from tests.evals.scorers.made import a_record, a_row, finish_call

words = st.sampled_from(["Sepsis", "sepsis", "SEPSIS ", "Flu", "Straße", "strasse", "", "A", "a"])
responses = st.one_of(
    words,
    st.lists(words, max_size=4),
    st.lists(st.one_of(words, st.integers(), st.none()), max_size=3),
    st.none(),
    st.integers(),
)
labels = st.one_of(
    words,
    st.lists(words, max_size=4),
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"name": st.one_of(words, st.none()), "atc_name": words}
        ),
        max_size=4,
    ),
)


def oracle(record: Record, label: Any) -> tuple[float, float, float, float]:
    """(F1, precision, recall, exact match), word for word after the published description."""
    calls = [
        call["function"]
        for message in record.messages
        for call in message.get("tool_calls") or []
        if "finish" in call["function"]["name"]
    ]
    prediction: list[Any] = []
    if calls:
        text = calls[-1]["arguments"]
        try:
            arguments = json.loads(text)
        except ValueError:
            try:
                arguments = ast.literal_eval(text)
            except (ValueError, SyntaxError):
                arguments = {}
        response = arguments.get("response") if isinstance(arguments, dict) else None
        if isinstance(response, str):
            prediction = [response]
        elif isinstance(response, list):
            prediction = response
    if isinstance(label, str):
        gold: list[Any] = [label]
    elif any(isinstance(each, dict) and "atc_name" in each for each in label):
        gold = [each["atc_name"] for each in label if "atc_name" in each]
    else:
        gold = [each.get("name") if isinstance(each, dict) else each for each in label]
    said = {each.lower() for each in prediction if isinstance(each, str)}
    right = {each.lower() for each in gold if isinstance(each, str)}
    if not said or not right:
        return 0.0, 0.0, 0.0, 0.0
    hits = len([each for each in said if each in right])
    precision, recall = hits / len(said), hits / len(right)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return f1, precision, recall, 1.0 if said == right else 0.0


@given(response=responses, label=labels, how=st.sampled_from(["json", "literal", "broken"]))
def test_the_published_f1_is_what_its_description_says(response: Any, label: Any, how: str) -> None:
    arguments = {"response": response}
    written = {
        "json": json.dumps(arguments),
        "literal": repr(arguments),
        "broken": json.dumps(arguments)[:-1],
    }[how]
    record = a_record(["x"], finish=written)
    score = score_record(a_row(label), record, "published")
    f1, precision, recall, exact = oracle(record, label)
    assert score.value == pytest.approx(f1)
    assert score.parts["precision"] == pytest.approx(precision)
    assert score.parts["recall"] == pytest.approx(recall)
    assert score.parts["em"] == exact


@pytest.mark.parametrize(
    ("answer", "label", "f1"),
    [
        (["Sepsis"], ["sepsis"], 1.0),
        (["Sepsis "], ["sepsis"], 0.0),  # nothing is stripped
        (["sepsis", "SEPSIS"], ["sepsis", "flu"], 2 / 3),  # duplicates collapse
        (["a", "b", "c"], ["a"], 0.5),
        ([], ["a"], 0.0),
        (["a"], [], 0.0),
        (["a"], [{"name": "a"}, {"name": "b", "atc_name": "c"}], 0.0),
    ],
)
def test_published_cases_worked_by_hand(answer: list[str], label: Any, f1: float) -> None:
    assert score_record(a_row(label), a_record(answer), "published").value == pytest.approx(f1)


def test_the_last_of_several_finish_calls_counts_whatever_the_tool_is_called() -> None:
    first, last = finish_call({"response": ["a"]}), finish_call({"response": "b"})
    last["tool_calls"][0]["function"]["name"] = "ehr_finish"
    record = a_record(["a"], messages=[first, last])
    assert score_record(a_row(["b"]), record, "published").value == 1.0


def test_an_answer_without_a_finish_call_is_the_one_that_the_harness_read() -> None:
    record = a_record(["a"], stop_reason="stopped_calling", salvaged="lines")
    assert score_record(a_row(["a"]), record, "published").value == 1.0


def test_ours_forgives_spaces_marks_and_composition_and_the_published_does_not() -> None:
    row = a_row(["Ménière's disease \u2013 left"], answer_form="list")
    record = a_record([" me\u0301nie\u0300re\u2019s  disease - LEFT"])
    assert score_record(row, record).value == 1.0
    assert score_record(row, record, "published").value == 0.0


def test_where_the_record_does_not_tell_abstaining_is_right() -> None:
    row = a_row([], answer_form="list")
    assert score_record(row, a_record([])).value == 1.0
    assert score_record(row, a_record(["a"])).value == 0.0
    assert score_record(row, a_record([]), "published").value == 0.0


@given(
    first=st.lists(words, max_size=5),
    second=st.lists(words, max_size=5),
    scorer=st.sampled_from(["published", "normalised", "jaccard"]),
)
def test_set_scores_are_bounded_symmetric_and_whole_for_equal_sets(
    first: list[str], second: list[str], scorer: Any
) -> None:
    there = score_record(a_row(second or ["x"]), a_record(first or ["y"]), scorer).value
    back = score_record(a_row(first or ["y"]), a_record(second or ["x"]), scorer).value
    assert there == back
    assert there is not None
    assert 0.0 <= there <= 1.0
    own = score_record(a_row(["b", *first]), a_record(["b", *reversed(first)]), scorer)
    assert own.value == 1.0


DRUGS = Vocabulary(
    "atc",
    ("Heparin", "Insulin glargine", "Insulin lispro", "Aspirin"),
    {"b01ab01": "Heparin", "acetylsalicylic acid": "Aspirin"},
)
SHIPPED = Resources(vocabulary={"atc": DRUGS}.get)


def test_names_codes_synonyms_and_misspellings_are_read_as_titles() -> None:
    row = a_row(["Heparin", "Aspirin", "Insulin glargine"], vocabulary="atc")
    record = a_record(["B01AB01", "acetylsalicylic acid", "insulin glargin"])
    score = score_record(row, record, at_hand=SHIPPED)
    assert (score.rule, score.value) == ("multi_label", 1.0)


def test_two_wordings_of_one_title_count_once() -> None:
    row = a_row(["Heparin", "Aspirin"], vocabulary="atc")
    score = score_record(row, a_record(["heparin", "B01AB01"]), at_hand=SHIPPED)
    assert (score.parts["precision"], score.parts["recall"]) == (1.0, 0.5)


def test_what_names_no_title_is_wrong_and_named() -> None:
    row = a_row(["Heparin"], vocabulary="atc")
    score = score_record(row, a_record(["Heparin", "insulin"]), at_hand=SHIPPED)
    assert score.parts["precision"] == 0.5
    assert "not in atc: insulin" in score.explanation


def test_the_gold_of_a_row_does_not_change_what_an_answer_means() -> None:
    """A gold name outside the vocabulary attracts no other answer to itself."""
    row = a_row(["Insulin detemir"], vocabulary="atc")
    score = score_record(row, a_record(["Insulin determir"]), at_hand=SHIPPED)
    assert score.value == 0.0
    assert "labels that are not in atc" in score.explanation


@pytest.mark.parametrize(
    ("title", "said", "same"),
    [
        ("Type 1 diabetes without complications", "Type 2 diabetes without complications", False),
        ("Chronic kidney disease, stage 3 (moderate)", "Chronic kidney disease, stage 4", False),
        ("Chronic kidney disease, stage iii", "Chronic kidney disease, stage iv", False),
        ("Type 2 diabetes with hyperglycemia", "Type 2 diabetes with hypoglycemia", False),
        ("Type 2 diabetes with hyperglycemia", "Type 2 diabetes without hyperglycemia", False),
        ("Fracture of the left femur, shaft", "Fracture of the right femur, shaft", False),
        ("Pneumonia, unspecified organism", "Pneumonia, specified organism", False),
        ("Acute respiratory failure with hypoxia", "Chronic respiratory failure, hypoxia", False),
        (
            "Fracture of the left femur shaft, initial",
            "fracture of the left femur shaft, initia",
            True,
        ),
        ("Pneumonia, unspecified organism", "Pneumonia, unspecifid organism", True),
        ("Type 2 diabetes without complications", "type 2 diabetes wihtout complications", True),
    ],
)
def test_a_spelling_that_turns_the_meaning_round_is_not_read_as_the_title(
    title: str, said: str, same: bool
) -> None:
    row = a_row([title], answer_form="list", candidates=[title, "Sepsis"])
    assert score_record(row, a_record([said])).value == float(same)


def test_strays_are_compared_without_regard_to_case() -> None:
    row = a_row(["Foo Bar"], answer_form="list", candidates=["Sepsis", "Flu"])
    assert score_record(row, a_record(["foo  bar"])).value == 1.0
    twice = score_record(a_row(["Flu"], candidates=["Flu"], answer_form="list"),
                         a_record(["Flu", "xyz", "XYZ "]))  # fmt: skip
    assert twice.parts["precision"] == 0.5


def test_marks_of_no_width_are_no_difference() -> None:
    record = a_record(["sep\u200bsis", "in\u00adfluenza"])
    assert score_record(a_row(["sepsis", "influenza"]), record, "normalised").value == 1.0


def test_candidates_are_the_vocabulary_where_there_are_any() -> None:
    row = a_row(["Sepsis"], answer_form="list", candidates=["Sepsis", "Heart failure"])
    assert score_record(row, a_record(["sepsis"])).value == 1.0


def test_without_its_vocabulary_a_row_is_unscored_and_says_what_to_do() -> None:
    score = score_record(a_row(["Heparin"], vocabulary="atc"), a_record(["Heparin"]))
    assert (score.value, score.state) == (None, "unscored")
    assert "--store" in score.explanation
