"""What the policy understands of a question, without any record."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.offline.task.intent import Measure, Topic
from clinseek.offline.task.reading import read_task
from clinseek.offline.task.windows import read_time, take_window

CUTOFF = datetime(2150, 3, 5, 8)


@pytest.mark.parametrize(
    ("question", "topic", "measure", "term"),
    [
        ("What was the latest potassium?", "measurement", "latest", "potassium"),
        ("What's her most recent white count?", "measurement", "latest", "white count"),
        ("Report the maximum Calculated Total CO2.", "measurement", "maximum", "calculated co2"),
        ("Potassium nadir?", "measurement", "minimum", "potassium"),
        ("Mean glucose over the past 3 days?", "measurement", "mean", "glucose"),
        ("What was the mean arterial pressure?", "measurement", "latest", "mean arterial pressure"),
        ("How many times was creatinine measured?", "measurement", "count", "creatinine"),
        ("Is the creatinine rising?", "measurement", "trend", "creatinine"),
        ("What was the weight on admission?", "measurement", "first", "weight"),
        ("What was the heart rate at 2150-03-04 06:00?", "measurement", "at", "heart rate"),
        ("Was vancomycin given?", "drug", "exists", "vancomycin"),
        ("Is the patient on norepinephrine now?", "drug", "active", "norepinephrine"),
        ("Was the patient on norepinephrine?", "drug", "exists", "norepinephrine"),
        ("When was the last dose of furosemide given?", "drug", "when_last", "furosemide"),
        ("What dose of metoprolol was ordered?", "drug", "dose", "metoprolol"),
        ("Which antibiotics were given?", "drug", "which", "antibiotics"),
        ("What grew in the latest blood culture?", "culture", "latest", "blood"),
        ("Did any urine culture grow an organism?", "culture", "exists", "urine"),
        ("What was the total urine output?", "urine_output", "total", "urine output"),
        ("Does the patient have a history of diabetes?", "diagnosis", "exists", "diabetes"),
        ("Was the patient ever intubated?", "procedure", "exists", "intubated"),
        ("When was the patient admitted?", "admission", "when_last", "admitted"),
        ("How often was the patient in the emergency department?", "admission", "count", ""),
        ("How many ICU stays were there?", "icu", "count", "icu stays"),
        ("Which care unit is the patient in now?", "careunit", "latest", "care unit"),
        ("Which service is the patient under?", "service", "which", "service under"),
        ("How old is the patient?", "demographic", "latest", "old"),
        ("Will the patient die in hospital?", "risk", "exists", "will die"),
    ],
)
def test_a_question_is_taken_apart_into_topic_measure_and_term(
    question: str, topic: Topic, measure: Measure, term: str
) -> None:
    intent = read_task(question, cutoff=CUTOFF)
    assert (intent.topic, intent.measure, intent.term) == (topic, measure, term)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("in the last 24 hours", "2150-03-04 08:00", "2150-03-05 08:00"),
        ("over the past three days", "2150-03-02 08:00", "2150-03-05 08:00"),
        ("within the last week", "2150-02-26 08:00", "2150-03-05 08:00"),
        ("on 2150-03-04", "2150-03-04 00:00", "2150-03-04 23:59:59"),
        ("between 2150-03-03 and 2150-03-04 07:30", "2150-03-03 00:00", "2150-03-04 07:30:59"),
        ("since 2150-03-01", "2150-03-01 00:00", None),
        ("after 2150-03-01", "2150-03-02 00:00", None),
        ("before 2150-03-01", None, "2150-02-28 23:59:59"),
        ("yesterday", "2150-03-04 00:00", "2150-03-04 23:59:59"),
        ("today", "2150-03-05 00:00", "2150-03-05 08:00"),
    ],
)
def test_a_span_of_time_is_read_and_taken_out(
    said: str, start: str | None, end: str | None
) -> None:
    spoken = take_window(f"the highest lactate {said}?", cutoff=CUTOFF)
    assert spoken.window.start == (read_time(start) if start else None)
    assert spoken.window.end == (read_time(end) if end else None)
    assert spoken.text.replace(" ?", "?") == "the highest lactate?"


@pytest.mark.parametrize(
    ("said", "anchor", "hours"),
    [
        ("during this admission", "admission", None),
        ("since admission", "admission", None),
        ("in the first 24 hours of the ICU stay", "icu", 24.0),
        ("during the last ICU stay", "icu", None),
        ("in the previous admission", "previous_admission", None),
        ("during the ED visit", "ed", None),
        ("on admission", "admission", 24.0),
    ],
)
def test_a_stay_is_a_span_that_the_record_has_to_tell(
    said: str, anchor: str, hours: float | None
) -> None:
    window = take_window(f"the highest lactate {said}?", cutoff=CUTOFF).window
    assert (window.anchor, window.first_hours, window.start) == (anchor, hours, None)


@given(st.datetimes(datetime(2100, 1, 1), datetime(2200, 1, 1)), st.integers(1, 400))
def test_the_last_hours_always_end_at_the_cutoff(cutoff: datetime, hours: int) -> None:
    window = take_window(f"lactate in the last {hours} hours", cutoff=cutoff).window
    assert window.end == cutoff
    assert window.start is not None
    assert (cutoff - window.start).total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("question", "operator", "limit", "ever"),
    [
        ("Is the latest creatinine above 2?", ">", 2.0, False),
        ("Did the lactate ever exceed 4 mmol/L?", ">", 4.0, True),
        ("Was sodium below 130.5 mEq/L at any time?", "<", 130.5, True),
        ("Is the platelet count at least 50?", ">=", 50.0, False),
    ],
)
def test_a_threshold_is_read_with_its_direction(
    question: str, operator: str, limit: float, ever: bool
) -> None:
    comparison = read_task(question, cutoff=CUTOFF).comparison
    assert comparison is not None
    assert (comparison.operator, comparison.limit, comparison.ever) == (operator, limit, ever)


@pytest.mark.parametrize(
    ("question", "candidates", "form"),
    [
        ("Was it given?", ("yes", "no"), "yes_no"),
        ("Was it given?", (), "yes_no"),
        ("What was it?", ("a", "b"), "choice"),
        ("Which of these labs were measured?", ("a", "b"), "list"),
        ("What was it?", (), "open"),
    ],
)
def test_the_form_of_an_answer_follows_from_candidates_and_wording(
    question: str, candidates: tuple[str, ...], form: str
) -> None:
    assert read_task(question, cutoff=CUTOFF, candidates=candidates).form == form


@pytest.mark.parametrize("when", ["in August", "during the night", "two weeks before surgery"])
def test_a_time_that_cannot_be_read_is_noticed(when: str) -> None:
    assert read_task(f"What was the highest lactate {when}?", cutoff=CUTOFF).unread is not None


@given(st.text(max_size=300))
def test_any_text_at_all_is_read_without_an_error(question: str) -> None:
    assert read_task(question, cutoff=CUTOFF).candidates == ()


def test_the_whole_label_of_an_item_means_that_item_and_not_its_words() -> None:
    lowest = "What was the lowest Arterial Blood Pressure mean during this admission?"
    intent = read_task(lowest, cutoff=CUTOFF)
    assert (intent.topic, intent.measure) == ("measurement", "minimum")
    assert intent.concept is not None
    assert intent.concept.labels == ("Arterial Blood Pressure mean",)


def test_tests_of_a_kind_asked_for_among_candidates_are_a_list() -> None:
    asked = "Which of these laboratory tests were measured in the last 24 hours?"
    intent = read_task(asked, cutoff=CUTOFF, candidates=("Sodium", "Ferritin"))
    assert intent.form == "list"
