"""The policy's answers over a small record written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinseek.toolkits.ehr.case import Case
from tests.offline.conftest import RECORD, case_of
from tests.offline.driver import ask


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the latest potassium?", "3.8 mEq/L"),
        ("What was the latest Potassium, Whole Blood?", "3.6 mEq/L"),
        ("What was the latest K?", "3.8 mEq/L"),
        ("What is the total potassium?", "3.8 mEq/L"),
        ("What is the current potassium level?", "3.8 mEq/L"),
        ("What was the first creatinine of this admission?", "1.2 mg/dL"),
        ("What was the first creatinine during this admission?", "1.2 mg/dL"),
        ("What was the creatinine in the previous admission?", "0.9 mg/dL"),
        ("What was the urine creatinine?", "88 mg/dL"),
        ("What was the highest lactate since admission?", "4.5 mmol/L"),
        ("What was the lowest potassium in the last 48 hours?", "3.1 mEq/L"),
        ("What was the mean potassium in the last 72 hours?", "4.17 mEq/L"),
        ("How many times was potassium measured?", "4"),
        ("How many times was potassium above 4?", "2"),
        ("What is the trend of creatinine during this admission?", "rising from 1.2 to 2.4 mg/dL"),
        ("What was the creatinine at 2150-03-04 07:00?", "1.9 mg/dL"),
        ("What was the highest heart rate?", "118 bpm"),
        ("What is the blood pressure?", "104/61 mmHg"),
        ("Is the latest creatinine above 2?", "yes"),
        ("Was potassium ever below 3?", "no"),
        ("Is creatinine rising?", "yes"),
        ("Was metoprolol given in the last 24 hours?", "no"),
        ("Was metoprolol ever given?", "yes"),
        ("When was metoprolol last given?", "2150-03-03 13:00:00"),
        ("How many doses of metoprolol were given?", "1"),
        ("What dose of metoprolol was ordered?", "25 mg"),
        ("Is the patient on Levophed now?", "yes"),
        ("Is the patient still on piperacillin?", "no"),
        ("Which antibiotics were given?", "Piperacillin-Tazobactam"),
        ("What grew in the latest blood culture?", "STAPH AUREUS COAG +"),
        ("What grew in the latest urine culture?", "no growth"),
        ("Was any urine culture positive?", "no"),
        ("Is the staph aureus resistant to oxacillin?", "yes"),
        ("Is the staph aureus susceptible to oxacillin?", "no"),
        ("What was the total urine output in the last 24 hours?", "105 mL"),
        ("Does the patient have a history of CHF?", "yes"),
        ("Does the patient have a history of asthma?", "no"),
        ("What was the primary diagnosis of the last admission?", "Chronic systolic heart failure"),
        ("Does the patient have diabetes?", "yes"),
        ("Was the patient ever tachycardic?", "yes"),
        ("Is the patient tachycardic?", "no"),
        ("When was potassium highest?", "2150-03-03 11:00:00"),
        ("Is the patient ventilated?", "yes"),
        ("When was the patient admitted?", "2150-03-03 10:00:00"),
        ("How many admissions has the patient had?", "2"),
        ("Where was the patient admitted from?", "EMERGENCY ROOM"),
        ("How long has the patient been in hospital?", "1.92 days"),
        ("Is the patient in the ICU now?", "yes"),
        ("Which care unit is the patient in now?", "Medical Intensive Care Unit (MICU)"),
        ("Which service is the patient under?", "MED"),
        ("How old is the patient?", "71"),
        ("What is the patient's sex?", "female"),
        ("Is the patient a man?", "no"),
    ],
)
def test_a_plain_question_gets_the_answer_of_the_record(
    case: Case, question: str, answer: str
) -> None:
    assert ask(case, question).answer == [answer]


def test_the_cited_row_holds_the_value(case: Case) -> None:
    run = ask(case, "What was the latest potassium?")
    [[citation]] = run.citations
    evidence, row = citation.split("#")
    cited = next(line for line in run.text_of(evidence).split("\n") if line.split()[:1] == [row])
    assert "3.8" in cited


def test_an_absence_is_cited_by_where_it_was_looked_for(case: Case) -> None:
    run = ask(case, "Was vancomycin given?", candidates=["yes", "no"])
    assert run.answer == ["no"]
    assert run.citations == [["E1", "E2"]]
    assert "no rows" in run.text_of("E1")


def test_calls_that_do_not_depend_on_each_other_go_in_one_turn(case: Case) -> None:
    run = ask(case, "What was the highest creatinine during this admission?")
    turns = [len(turn.tool_calls) for turn in run.messages if hasattr(turn, "tool_calls")]
    assert turns == [2, 1, 1]


@pytest.mark.parametrize(
    "question",
    [
        "What was the latest hematocrit?",
        "What was the highest lactate in August?",
        "Sing me a song.",
        "What was the heart rate at 2150-03-01 06:00?",
        "How is the patient feeling?",
        "What was the latest heart rate and potassium?",
        "How much metoprolol was given?",
        "Was a CT scan done?",
    ],
)
def test_what_it_cannot_find_or_understand_it_leaves_unanswered_and_says_so(
    case: Case, question: str
) -> None:
    run = ask(case, question)
    assert run.answer == []
    assert run.citations == []
    assert run.said.endswith(".")
    assert len(run.said) > 20


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "Which laboratory tests will be drawn next? Name every test of the next draw.",
            ["Creatinine", "Potassium", "Creatinine, Urine", "Lactate", "Potassium, Whole Blood"],
        ),
        (
            "What will be charted next at the bedside? Name every item, by its label.",
            ["Heart Rate", "Heart rate Alarm - High", "Non Invasive Blood Pressure diastolic",
             "Non Invasive Blood Pressure systolic"],
        ),
        (
            "With which diagnoses will this hospital stay be coded? Name every ICD diagnosis.",
            ["Chronic systolic heart failure", "Type 2 diabetes mellitus"],
        ),
        ("Which drugs will be prescribed next? Name every class of drugs (ATC).", []),
    ],
)  # fmt: skip
def test_what_comes_next_is_guessed_from_the_names_of_the_record_where_none_are_offered(
    case: Case, question: str, answer: list[str]
) -> None:
    run = ask(case, question, answer_form="list")
    assert run.answer == answer
    assert not answer or run.said.startswith("Only a guess")


def test_the_kind_of_the_next_event_is_the_most_frequent_one(case: Case) -> None:
    run = ask(
        case, "What kind of event will be recorded next in this admission?", answer_form="choice",
        candidates=["labevents", "poe", "emar"],
    )  # fmt: skip
    assert run.answer == ["labevents"]


def test_an_order_without_any_administration_record_is_no_yes(tmp_path: Path) -> None:
    record = {table: rows for table, rows in RECORD.items() if table not in ("emar", "inputevents")}
    run = ask(case_of(tmp_path, record), "Was metoprolol given?")
    assert run.answer == []
    assert "order is no administration" in run.said


def test_a_misspelt_name_is_found_by_likeness(case: Case) -> None:
    run = ask(case, "What was the latest potasium?")
    assert run.answer == ["3.8 mEq/L"]
    assert "ehr.get_candidates_by_fuzzy_matching" in run.calls


@pytest.mark.parametrize(
    ("question", "candidates", "answer"),
    [
        ("What was the latest potassium?", ["3.6", "3.80", "4.4"], ["3.80"]),
        ("What is the trend of creatinine?", ["increasing", "stable", "falling"], ["increasing"]),
        ("What is the patient's sex?", ["F", "M"], ["F"]),
        ("Which of these labs were measured in the last 48 hours?",
         ["Hematocrit", "Lactate", "Potassium"], ["Potassium", "Lactate"]),
        ("What lab tests will be ordered next?", ["Hematocrit", "Creatinine"], ["Creatinine"]),
        ("Which drugs will be prescribed next?", ["Aspirin", "Metoprolol Tartrate"],
         ["Metoprolol Tartrate"]),
    ],
)  # fmt: skip
def test_an_answer_is_one_of_the_candidates_as_they_are_spelt(
    case: Case, question: str, candidates: list[str], answer: list[str]
) -> None:
    assert ask(case, question, candidates=candidates).answer == answer


def test_where_no_candidate_says_what_was_found_there_is_no_answer(case: Case) -> None:
    run = ask(case, "What was the latest potassium?", candidates=["5.1", "6.2"])
    assert run.answer == []
    assert "3.8" in run.said


def test_a_number_is_asked_for_and_given_without_its_unit(case: Case) -> None:
    assert ask(case, "What was the latest potassium?", answer_form="number").answer == ["3.8"]
    assert ask(case, "Mean potassium in the last 72 hours?", answer_form="number").answer == [
        "4.17"
    ]


def test_a_risk_is_a_yes_or_no_that_calls_itself_crude(case: Case) -> None:
    run = ask(case, "Will the patient die during this hospital stay?", candidates=["yes", "no"])
    assert run.answer == ["yes"]
    assert "crude rule" in run.said
    assert "ventilated" in run.said


def test_a_changed_record_changes_the_answer(tmp_path: Path) -> None:
    labs = [
        {**row, "valuenum": 6.1} if row["itemid"] == 50971 else row for row in RECORD["labevents"]
    ]
    changed = case_of(tmp_path, {**RECORD, "labevents": labs})
    assert ask(changed, "What was the latest potassium?").answer == ["6.1 mEq/L"]


@pytest.mark.parametrize("absent", ["labevents", "chartevents", "emar", "admissions", "icustays"])
def test_a_table_that_the_record_lacks_never_breaks_a_run(tmp_path: Path, absent: str) -> None:
    case = case_of(tmp_path, {table: rows for table, rows in RECORD.items() if table != absent})
    for question in (
        "What was the latest potassium?",
        "What was the lowest heart rate during this admission?",
        "Was metoprolol given during this admission?",
        "Is the patient in the ICU now?",
        "Will the patient be readmitted within 30 days?",
    ):
        run = ask(case, question)
        assert run.answer or run.said
