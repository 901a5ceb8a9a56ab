"""What counts, what does not, and what a broken scorer costs."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.evals.published.writing import published_result
from clinseek.evals.rows import Row
from clinseek.evals.scorers import (
    SCORERS,
    Resources,
    RowScore,
    ScorerName,
    Verdict,
    missing_score,
    score_record,
    scorer_named,
)
from clinseek.records import Record, RunError
from tests.evals.scorers.made import a_record, a_row


def broken(_: Row, __: Record, ___: Resources) -> Verdict:
    raise KeyError("labels")


def not_a_number(_: Row, __: Record, ___: Resources) -> Verdict:
    return Verdict(float("nan"), "divided by nothing")


@pytest.mark.parametrize(
    ("scorer", "said"),
    [(broken, "KeyError"), (not_a_number, "gave nan, which is no score")],
)
def test_a_scorer_that_fails_leaves_its_run_unscored(
    monkeypatch: pytest.MonkeyPatch, scorer: Any, said: str
) -> None:
    monkeypatch.setitem(SCORERS, "jaccard", scorer)
    score = score_record(a_row(), a_record(["yes"]), "jaccard")
    assert (score.value, score.state) == (None, "unscored")
    assert said in score.explanation


def test_a_failed_run_counts_nothing_and_says_why() -> None:
    fault = RunError(where="seek", round=3, number=0, kind="model_error", message="host is gone")
    record = a_record(status="failed", stop_reason="model_error", errors=[fault])
    score = score_record(a_row(), record)
    assert (score.value, score.state) == (0.0, "failed")
    assert "host is gone" in score.explanation


def test_a_missing_run_counts_nothing_and_its_road_is_not_judged() -> None:
    assert missing_score(a_row(), 2).value == 0.0
    assert missing_score(a_row(), 2).state == "missing"
    assert missing_score(a_row(), 2, "groundedness").value is None


@pytest.mark.parametrize("scorer", ["default", "published", "normalised", "judge"])
def test_a_row_without_a_label_is_never_scored(scorer: Any) -> None:
    assert score_record(a_row(None), a_record(["yes"]), scorer).state == "inapplicable"
    assert missing_score(a_row(None), 1, scorer).state == "inapplicable"


def test_an_abstention_counts_nothing_where_there_was_an_answer() -> None:
    score = score_record(a_row("yes", answer_form="yes_no"), a_record([]))
    assert (score.value, score.answered) == (0.0, False)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (a_row("yes", answer_form="yes_no"), "yes_no"),
        (a_row("yes"), "yes_no"),
        (a_row(4.0), "number"),
        (a_row("2150-03-05"), "date"),
        (a_row("a", answer_form="choice", candidates=["a", "b"]), "choice"),
        (a_row(["a"], answer_form="list", candidates=["a", "b"]), "multi_label"),
        (a_row(["a"], answer_form="list"), "normalised"),
        (a_row("some words"), "normalised"),
    ],
)
def test_the_row_says_how_it_is_scored(row: Row, rule: str) -> None:
    assert score_record(row, a_record(["a"])).rule == rule


texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["yes", "no (0.4)", "4.1 mg/dL", "2150-03-05", "A)", "Sepsis", "1e999", "NaN"]),
)
labels = st.one_of(
    st.none(),
    texts,
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(texts, max_size=3),
    st.lists(st.fixed_dictionaries({"name": texts}), max_size=3),
)


@given(
    answer=st.lists(texts, max_size=3),
    label=labels,
    form=st.sampled_from([None, "text", "list", "yes_no", "number", "choice"]),
    candidates=st.none() | st.lists(texts, min_size=1, max_size=3),
    scorer=st.sampled_from(get_args(ScorerName)),
)
def test_whatever_is_answered_a_score_is_a_share_or_has_a_reason(
    answer: list[str], label: Any, form: Any, candidates: Any, scorer: ScorerName
) -> None:
    row = a_row(label, answer_form=form, candidates=candidates, unit="mg/dL")
    score = score_record(row, a_record(answer), scorer)
    assert score.value is None or 0.0 <= score.value <= 1.0
    assert (score.value is None) == (score.state in ("unscored", "inapplicable"))
    assert score.explanation
    assert "failed (" not in score.explanation  # no scorer raised
    assert RowScore.model_validate_json(score.model_dump_json()) == score


def test_every_scorer_has_a_name_of_the_closed_set() -> None:
    assert {"default", *SCORERS} == set(get_args(ScorerName))
    assert scorer_named("published") == "published"
    with pytest.raises(SettingError, match=r"no scorer 'f1'; scorers: default, published"):
        scorer_named("f1")


@pytest.mark.parametrize(
    "arguments",
    [
        '{"response": ["yes"], "confidence": 1' + "0" * 400 + "}",
        '{"response": ["yes"], "confidence": ' + "9" * 5000 + "}",
        '{"response": ["yes"], "confidence": Infinity}',
        '{"response": ["\\ud800"]}',
    ],
)
@pytest.mark.parametrize("scorer", ["default", "published", "normalised"])
def test_one_strange_answer_never_ends_the_scoring(arguments: str, scorer: ScorerName) -> None:
    """A confidence above any float is none; half a character is written out."""
    record = a_record(["yes"], finish=arguments)
    score = score_record(a_row(answer_form="yes_no"), record, scorer)
    assert score.confidence is None
    assert RowScore.model_validate_json(score.model_dump_json()) == score


@pytest.mark.parametrize("calls", [[None], ["x"], {"a": 1}, [{"function": "finish"}]])
def test_calls_that_are_none_are_no_finish_call(calls: Any) -> None:
    record = a_record(["yes"])
    record.messages.append({"role": "assistant", "tool_calls": calls})
    assert score_record(a_row(answer_form="yes_no"), record, "published").value == 1.0


@pytest.mark.parametrize(
    ("label", "text"),
    [(12345678.0, "12345678"), (1234567.5, "1234567.5"), (7.0, "7"), (0.1, "0.1")],
)
@pytest.mark.parametrize("scorer", ["published", "normalised", "jaccard"])
def test_a_label_that_is_a_number_keeps_its_digits(
    label: float, text: str, scorer: ScorerName
) -> None:
    assert score_record(a_row(label), a_record([text]), scorer).value == 1.0
    assert published_result(a_row(label), a_record([text]))["label"] == [text]
