"""Words that change what a question means: read rightly, or else the question is not answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.offline.task.units import same_unit
from clinseek.offline.task.unread import covers
from clinseek.toolkits.ehr.case import Case
from tests.offline.driver import ask


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Was the potassium never above 5?", "never"),
        ("Was every potassium below 6?", "every"),
        ("Were all potassium results below 6?", "all"),
        ("Did the patient receive no antibiotics?", "no"),
        ("Was the patient not given metoprolol?", "not"),
        ("Wasn't the patient given metoprolol?", "Wasn't"),
        ("Wasn\u2019t the patient given metoprolol?", "Wasn't"),
        ("Was the patient admitted without chest pain?", "without"),
        ("Was the patient admitted with chest pain?", "chest"),
        ("Is the patient's potassium normal?", "normal"),
        ("Is the potassium high?", "high"),
        ("How many abnormal potassium results were there?", "abnormal"),
        ("What was the median potassium?", "median"),
        ("What was the second to last creatinine?", "second"),
        ("What was the second highest potassium?", "second"),
        ("What were the highest and lowest potassium?", "highest"),
        ("What was the mean of the last 3 potassium values?", "3"),
        ("Which antibiotics were given except vancomycin?", "except"),
        ("Which drugs were given other than metoprolol?", "other than"),
        ("Which IV antibiotics were given?", "iv"),
        ("What was the mean potassium on Mondays?", "Mondays"),
        ("How many times was potassium lower than 3 or higher than 6?", "than"),
        ("What was the range of potassium?", "range"),
        ("What was the potassium from a fingerstick?", "fingerstick"),
        ("What was the potassium of patient 10000032?", "10000032"),
        ("How many patients had potassium above 5?", "patients"),
        ("What is the mother's potassium?", "mother's"),
        ("Does the mother have diabetes?", "mother"),
        ("What will the potassium be tomorrow?", "will"),
        ("What is the blood type?", "type"),
        ("How many distinct days was metoprolol given?", "distinct"),
        ("How many days was metoprolol given?", "days"),
        ("Was metoprolol given more than 3 times?", "> 3"),
        ("Was metoprolol or vancomycin given?", "or"),
        ("Is creatinine rising or falling?", "or"),
        ("Was the creatinine higher than the potassium?", "than"),
        ("What is the creatinine clearance?", "clearance"),
        ("What is the average ICU stay?", "mean"),
        ("What was the longest ICU stay?", "longest"),
        ("Was the patient admitted from a nursing home?", "nursing home"),
        ("What was the urine output per hour?", "hour"),
    ],
)
def test_a_word_that_no_reader_takes_in_is_named_instead_of_dropped(
    case: Case, question: str, named: str
) -> None:
    run = ask(case, question)
    assert run.answer == []
    assert "do not understand this part" in run.said
    assert named in run.said


@pytest.mark.parametrize(
    "question",
    [
        "What was the mean potassium above 4?",
        "What was the highest potassium below 5?",
        "Does the patient have blurgle?",
        "Does the patient have severe CHF?",
        "Did the patient undergo a blurgle?",
        "Did the blood culture grow blurgle?",
        "Is the candida resistant to oxacillin?",
        "How many negative blood cultures were there?",
        "Where was the patient discharged to?",
        "Did the patient die?",
        "Show all potassium values",
        "Has the creatinine improved since admission?",
    ],
)
def test_what_would_be_answered_for_another_thing_is_left_unanswered(
    case: Case, question: str
) -> None:
    run = ask(case, question)
    assert run.answer == []
    assert run.said.endswith(".")


@pytest.mark.parametrize("question", ["Which of these labs were not measured?"])
def test_a_list_among_candidates_is_not_turned_round(case: Case, question: str) -> None:
    run = ask(case, question, candidates=["Hematocrit", "Potassium"])
    assert run.answer == []
    assert "'not'" in run.said


@pytest.mark.parametrize(
    "question",
    [
        "Is the patient on mechanical ventilation?",
        "How many units of packed red cells were transfused?",
        "Was the patient transfused?",
        "Is the patient on oxygen?",
        "Was unobtainium given?",
    ],
)
def test_what_is_no_known_drug_is_not_absent_because_no_drug_table_has_it(
    case: Case, question: str
) -> None:
    run = ask(case, question)
    assert run.answer == []
    assert "drug" in run.said


@pytest.mark.parametrize(
    ("question", "stored"),
    [
        ("What was the last creatinine in umol/L?", "mg/dL"),
        ("What was the mean potassium in mg/dL?", "mEq/L"),
        ("Is the latest creatinine above 150 umol/L?", "mg/dL"),
        ("How many times was potassium above 5 mg/dL?", "mEq/L"),
    ],
)
def test_a_unit_that_is_not_the_stored_one_is_told_and_not_converted(
    case: Case, question: str, stored: str
) -> None:
    run = ask(case, question)
    assert run.answer == []
    assert f"stored in {stored}" in run.said


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the last creatinine in mg/dL?", "2.4 mg/dL"),
        ("Is the latest creatinine above 2 mg/dL?", "yes"),
        ("Is the potassium not below 3?", "yes"),
        ("Is there no growth in the urine culture?", "yes"),
        ("Was the last blood culture negative?", "no"),
        ("Was the last blood culture positive?", "yes"),
        ("Was the last urine culture negative?", "yes"),
        ("What was the latest potassium in whole blood?", "3.6 mEq/L"),
        ("What is the latest potassium of patient 7?", "3.8 mEq/L"),
        ("How long was the previous hospital stay?", "4.25 days"),
        ("What was the length of the previous hospital stay?", "4.25 days"),
        ("Was vancomycin given?", "no"),
        ("Does the patient have CHF?", "yes"),
        ("How many blood cultures grew an organism?", "1"),
        ("Did the blood culture grow pseudomonas?", "no"),
        ("Did the blood culture grow staph aureus?", "yes"),
        ("Was the patient discharged?", "no"),
    ],
)
def test_a_word_that_a_reader_knows_is_answered(case: Case, question: str, answer: str) -> None:
    assert ask(case, question).answer == [answer]


@given(st.lists(st.sampled_from(["potassium", "whole", "blood"]), min_size=1))
def test_a_label_covers_its_own_words_in_any_order(words: list[str]) -> None:
    assert covers("Potassium, Whole Blood", words)
    assert not covers("Potassium, Whole Blood", [*words, "type"])


@pytest.mark.parametrize(
    ("asked", "stored", "same"),
    [
        ("mg/dL", "mg/dl", True),
        ("\u00b5g/L", "ug/L", True),
        ("celsius", "°C", True),
        ("mmol/L", "mEq/L", False),
        ("mg/dL", None, False),
    ],
)
def test_units_are_one_however_they_are_spelt(asked: str, stored: str | None, same: bool) -> None:
    assert same_unit(asked, stored) is same
