"""Yes and no, numbers, dates and choices, by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.evals.scorers import score_record
from clinseek.evals.scorers.units import converted
from tests.evals.scorers.made import a_record, a_row


@pytest.mark.parametrize(
    ("answer", "label", "value"),
    [
        ("yes", "yes", 1),
        ("Yes.", "yes", 1),
        ("No", "no", 1),
        ("true", "yes", 1),
        ("No, the culture was negative", "no", 1),
        ("yes (0.8)", "yes", 1),
        ("no", "yes", 0),
        ("yes and no", "yes", 0),
        ("not known", "no", 0),
        ("perhaps", "yes", 0),
        ("0.95", "no", 0),
        ("1.5 days", "yes", 0),
        ("0", "no", 1),
        ("n.a.", "no", 0),
        ("N/A", "no", 0),
        ("n", "no", 1),
        ("No idea", "no", 0),
        ("No information in the record", "no", 0),
        ("No evidence of it", "no", 1),
        ("yes, no doubt", "yes", 1),
        ("ye\u200bs", "yes", 1),
    ],
)
def test_yes_and_no(answer: str, label: str, value: float) -> None:
    score = score_record(a_row(label, answer_form="yes_no"), a_record([answer]))
    assert (score.rule, score.value) == ("yes_no", value)


@pytest.mark.parametrize(
    ("answer", "p_yes"), [("yes (0.8)", 0.8), ("no, 70%", 0.3), ("Yes confidence: 90 %", 0.9)]
)
def test_a_confidence_is_the_chance_of_yes(answer: str, p_yes: float) -> None:
    score = score_record(a_row("yes", answer_form="yes_no"), a_record([answer]))
    assert score.parts["p_yes"] == pytest.approx(p_yes)


def test_a_confidence_may_stand_in_the_finish_call() -> None:
    record = a_record(["no"], finish={"response": ["no"], "confidence": 0.9})
    score = score_record(a_row("no", answer_form="yes_no"), record)
    assert score.confidence == 0.9
    assert score.parts["p_yes"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("4.1", 1),
        ("4.10 mg/dL", 1),
        ("0.041 g/L", 1),
        ("41 mg/L", 1),
        ("4.1 mg/dL at 2150-03-05 08:00", 1),
        ("4.14", 1),
        ("4.2", 0),
        ("4.1 mEq/L", 0),
        ("4.1 or 5", 0),
        ("high", 0),
        ("1e400", 0),
    ],
)
def test_numbers_are_right_within_their_tolerance_in_any_like_unit(
    answer: str, value: float
) -> None:
    row = a_row(4.1, answer_form="number", tolerance=0.05, unit="mg/dL")
    assert score_record(row, a_record([answer])).value == value


def test_without_a_tolerance_a_number_is_itself() -> None:
    row = a_row(1203.5, answer_form="number")
    assert score_record(row, a_record(["1,203.5"])).value == 1
    assert score_record(row, a_record(["1203.4"])).value == 0
    assert score_record(row, a_record(["1203.5", "7"])).value == 0


@pytest.mark.parametrize(
    ("answer", "label", "unit", "value"),
    [
        ("5 million", 5.0, None, 0),
        ("5 million", 5e6, None, 1),
        ("5k", 5.0, None, 0),
        ("5 mg", 5.0, None, 1),
        ("<5", 5.0, None, 0),
        (">= 5", 5.0, None, 0),
        ("not 5", 5.0, None, 0),
        ("less than 5 mg", 5.0, "mg", 0),
        ("<5", "<5", None, 1),
        ("minus 5", 5.0, None, 0),
        ("minus 5", -5.0, None, 1),
        ("\u22125", 5.0, None, 0),
        ("\u22125", -5.0, None, 1),
        ("4.0.0", 4.0, None, 0),
        ("13,5", 5.0, None, 0),
        ("4 mm Hg", 4.0, "mmHg", 1),
        ("37 C", 37.0, "\u00b0C", 1),
        ("37 \u00b0C", 37.0, "\u00b0C", 1),
        ("37 \u00b0F", 37.0, "\u00b0C", 0),
        ("4 U/L", 4.0, "IU/L", 1),
        ("4 M", 4.0, "m", 0),
        ("4 Mg", 4.0, "mg", 0),
        ("4 MG", 4.0, "mg", 1),
        ("4 at 08:00", 4.0, None, 1),
    ],
)
def test_a_number_is_read_with_its_sign_its_bound_and_its_unit(
    answer: str, label: float | str, unit: str | None, value: float
) -> None:
    row = a_row(label, answer_form="number", unit=unit)
    assert score_record(row, a_record([answer])).value == value


def test_a_whole_number_is_right_to_its_last_digit() -> None:
    row = a_row(1234567890.0, answer_form="number")
    assert score_record(row, a_record(["1234567890"])).value == 1
    wrong = score_record(row, a_record(["1,234,567,891"]))
    assert (wrong.value, wrong.explanation) == (0, "1234567891 against 1234567890: off by 1")


@given(
    number=st.floats(1e-6, 1e6),
    units=st.sampled_from([("mg/dL", "g/L"), ("mL", "L"), ("h", "day"), ("mcg/kg/min", "mg/kg/h")]),
)
def test_converting_there_and_back_changes_nothing(number: float, units: tuple[str, str]) -> None:
    there = converted(number, unit=units[0], to=units[1])
    assert there is not None
    back = converted(there, unit=units[1], to=units[0])
    assert back is not None
    assert math.isclose(back, number, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("answer", "label", "value"),
    [
        ("2150-03-05", "2150-03-05", 1),
        ("March 5, 2150", "2150-03-05", 1),
        ("5 Mar 2150", "2150-03-05", 1),
        ("2150-03-05 08:30", "2150-03-05", 1),
        ("2150-03-05T08:30:00", "2150-03-05 08:30", 1),
        ("2150-03-05 08:31", "2150-03-05 08:30", 0),
        ("2150-03-05", "2150-03-05 08:30", 0),
        ("2150-03", "2150-03-05", 0),
        ("03/05/2150", "2150-03-05", 0),
        ("2150-02-30", "2150-02-28", 0),
        ("Ma 5, 2150", "2150-03-05", 0),
        ("2150-03-05 08:00", "2150-03-05 08:00:00", 1),
        ("2150-03-05 08:00:10", "2150-03-05 08:00:00", 0),
        ("2150-03-05 08:00", "2150-03-05 08:00:10", 0),
    ],
)
def test_dates_are_right_to_the_precision_of_the_label(
    answer: str, label: str, value: float
) -> None:
    score = score_record(a_row(label), a_record([answer]))
    assert (score.rule, score.value) == ("date", value)


def test_a_date_may_be_off_by_its_tolerance() -> None:
    row = a_row("2150-03-05", tolerance=2, unit="days")
    assert score_record(row, a_record(["2150-03-07"]), "date").value == 1
    assert score_record(row, a_record(["2150-03-08"]), "date").value == 0


def test_a_tolerance_in_months_has_no_length_and_leaves_the_run_unscored() -> None:
    row = a_row("2150-03-05", tolerance=2, unit="months")
    score = score_record(row, a_record(["2150-03-07"]), "date")
    assert (score.value, score.state) == (None, "unscored")
    assert "give it in days" in score.explanation


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (["emergency"], 1),
        (["EMERGENCY."], 1),
        (["B"], 1),
        (["(b) Emergency"], 1),
        (["A"], 0),
        (["B) Urgent"], 0),
        (["Emergency", "Urgent"], 0),
    ],
)
def test_a_choice_is_known_by_its_words_or_its_letter(answer: list[str], value: float) -> None:
    row = a_row("Emergency", answer_form="choice", candidates=["Urgent", "Emergency"])
    assert score_record(row, a_record(answer)).value == value
