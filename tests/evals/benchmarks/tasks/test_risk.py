"""The risk tasks and those like MedMod's: who is asked, when, and what the record answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.evals.benchmarks.tasks import TASKS, Question
from clinseek.evals.benchmarks.tasks.asking import SETTLED
from clinseek.evals.benchmarks.tasks.medmod import NO_PHENOTYPE
from clinseek.evals.benchmarks.tasks.raw_record import RawRecord
from tests.evals.benchmarks.tasks.made_records import (
    Rows,
    admission,
    at,
    book,
    ed_visit,
    icu_stay,
    record,
)


def asked(name: str, of: RawRecord) -> list[Question]:
    return TASKS[name].ask(of).questions


def answers(name: str, **tables: Rows) -> list[tuple[str, str]]:
    return [(one.cutoff, one.label[0]) for one in asked(name, record(tables))]


@pytest.mark.parametrize(("hours", "label"), [(71, "yes"), (72, "no"), (100, "no"), (0.5, "yes")])
def test_a_visit_counts_as_reattended_before_three_days_are_over(hours: float, label: str) -> None:
    left = at("2150-02-01 11:00")
    assert left is not None
    back = ed_visit(stay_id=41, intime=left + timedelta(hours=hours), outtime=None)
    assert answers("ED_Reattendance_3day", edstays=[ed_visit(), back]) == [
        ("2150-02-01 11:00:00", label)
    ]


def test_who_was_admitted_or_died_is_not_asked_to_come_back() -> None:
    admitted = ed_visit(hadm_id=20, intime=at("2150-03-01 04:00"), outtime=at("2150-03-01 11:00"))
    died = ed_visit(disposition="EXPIRED")
    found = TASKS["ED_Reattendance_3day"].ask(
        record({"edstays": [admitted, died], "admissions": [admission()]})
    )
    assert found.questions == []
    assert found.left_out == {SETTLED: 1, "died in the visit": 1}


def test_who_died_in_the_stay_is_counted_as_left_out_of_readmission() -> None:
    stays = [admission(), admission(hadm_id=21, hospital_expire_flag=1)]
    found = TASKS["Readmission_30day"].ask(record({"admissions": stays}))
    assert len(found.questions) == 1
    assert found.left_out == {"died in the stay": 1}


def test_an_emergency_visit_is_asked_about_after_an_hour_and_only_while_nothing_is_decided() -> (
    None
):
    visit = ed_visit(hadm_id=20, intime=at("2150-03-01 08:30"), outtime=at("2150-03-01 11:00"))
    later = admission(admittime=at("2150-03-01 09:31"))
    by_then = admission(admittime=at("2150-03-01 09:30"))
    assert answers("ED_Hospitalization", edstays=[visit], admissions=[later]) == [
        ("2150-03-01 09:30:00", "yes")
    ]
    assert answers("ED_Hospitalization", edstays=[visit], admissions=[by_then]) == []
    short = ed_visit(outtime=at("2150-02-01 04:45"))
    assert answers("ED_Hospitalization", edstays=[short]) == []


@pytest.mark.parametrize(
    ("tables", "label"),
    [
        ({"edstays": [ed_visit()]}, "no"),
        ({"edstays": [ed_visit(disposition="EXPIRED")]}, "yes"),
        ({"edstays": [ed_visit()], "icustays": [icu_stay(intime=at("2150-02-01 22:59"))]}, "yes"),
        ({"edstays": [ed_visit()], "icustays": [icu_stay(intime=at("2150-02-01 23:00"))]}, "no"),
        (
            {
                "edstays": [ed_visit(hadm_id=20)],
                "admissions": [admission(hospital_expire_flag=1)],
            },
            "yes",
        ),
    ],
)
def test_a_critical_outcome_is_death_or_the_icu_within_twelve_hours(
    tables: dict[str, Rows], label: str
) -> None:
    assert answers("ED_Critical_Outcomes", **tables) == [("2150-02-01 05:00:00", label)]
    single = {
        answers(name, **tables)[0][1]
        for name in ("ED_Inpatient_Mortality", "ED_ICU_Transfer_12hour")
    }
    assert ("yes" in single) == (label == "yes")


@pytest.mark.parametrize(("dod", "label"), [(date(2150, 3, 3), "yes"), (date(2150, 3, 4), "no")])
def test_death_after_an_icu_day_is_counted_from_midnight_of_its_date(dod: date, label: str) -> None:
    tables: dict[str, Rows] = {
        "icustays": [icu_stay()],
        "admissions": [admission()],
        "patients": [{"dod": dod, "anchor_age": 60, "anchor_year": 2150}],
    }
    assert answers("ICU_Mortality_1day", **tables) == [("2150-03-02 12:00:00", label)]


def test_without_a_date_of_death_the_deathtime_of_the_stay_counts() -> None:
    died = admission(deathtime=at("2150-03-03 09:00"), dischtime=at("2150-03-03 09:00"))
    stay = icu_stay(outtime=at("2150-03-03 09:00"))
    tables = {"icustays": [stay], "admissions": [died], "patients": [{"dod": None}]}
    assert answers("ICU_Mortality_1day", **tables) == [("2150-03-02 12:00:00", "yes")]


def test_only_a_later_icu_stay_of_the_same_admission_is_a_return() -> None:
    earlier = icu_stay(stay_id=29, intime=at("2150-03-01 10:30"), outtime=at("2150-03-01 11:00"))
    later = icu_stay(stay_id=31, intime=at("2150-03-05 12:00"), outtime=at("2150-03-05 13:00"))
    other = icu_stay(stay_id=32, hadm_id=21, intime=at("2150-04-05 12:00"), outtime=None)
    asked_of = {"admissions": [admission()]}
    assert answers("ICU_Readmission", icustays=[earlier, icu_stay(), other], **asked_of) == [
        ("2150-03-02 12:00:00", "no")
    ]
    assert answers("ICU_Readmission", icustays=[icu_stay(), later], **asked_of) == [
        ("2150-03-02 12:00:00", "yes")
    ]


def test_decompensation_is_asked_at_fixed_hours_as_long_as_the_patient_lives_there() -> None:
    died = admission(deathtime=at("2150-03-03 11:00"), dischtime=at("2150-03-03 11:00"))
    stay = icu_stay(outtime=at("2150-03-03 11:00"))
    assert answers("medmod_decompensation", icustays=[stay], admissions=[died]) == [
        ("2150-03-02 00:00:00", "no"),
        ("2150-03-02 12:00:00", "yes"),
        ("2150-03-03 00:00:00", "yes"),
    ]


def test_the_remaining_icu_stay_falls_into_one_of_ten_classes() -> None:
    stay = icu_stay(outtime=at("2150-03-04 11:59:59"))
    assert answers("medmod_length_of_stay", icustays=[stay], admissions=[admission()]) == [
        ("2150-03-02 12:00:00", "1 to 2 days"),
        ("2150-03-03 12:00:00", "less than 1 day"),
    ]


def test_phenotypes_are_the_categories_of_the_admissions_codes() -> None:
    codes = [
        {"hadm_id": 20, "icd_code": code, "icd_version": 10} for code in ("I10", "A419", "Z66")
    ]
    tables: dict[str, Rows] = {
        "icustays": [icu_stay()],
        "admissions": [admission()],
        "diagnoses_icd": codes,
    }
    with book() as of:
        found = asked("medmod_phenotyping", record(tables, of=of))
        none = TASKS["medmod_phenotyping"].ask(
            record({**tables, "diagnoses_icd": codes[2:]}, of=of)
        )
    assert [(one.cutoff, one.label) for one in found] == [
        ("2150-03-04 12:00:00", ("Essential hypertension", "Septicemia (except in labor)"))
    ]
    assert none.questions == []
    assert none.left_out == {NO_PHENOTYPE: 1}


_RISK_OF_STAYS = (
    "Inpatient_Mortality", "LengthOfStay_3day", "LengthOfStay_7day", "ICU_Mortality_7day",
    "ICU_Stay_7day", "ICU_Readmission", "medmod_in_hospital_mortality",
    "medmod_decompensation", "medmod_length_of_stay",
)  # fmt: skip
_AFTER_FOUR_DAYS = st.integers(min_value=5 * 24, max_value=40 * 24)


@given(hours=st.tuples(_AFTER_FOUR_DAYS, _AFTER_FOUR_DAYS), dies=st.booleans())
def test_no_cutoff_of_a_risk_task_moves_with_what_comes_later(
    hours: tuple[int, int], dies: bool
) -> None:
    def cutoffs(last: int, *, died: bool) -> dict[str, list[str]]:
        begin = datetime(2150, 3, 1, 10)
        end = begin + timedelta(hours=last)
        tables: dict[str, Rows] = {
            "admissions": [
                admission(
                    dischtime=end, deathtime=end if died else None, hospital_expire_flag=int(died)
                )
            ],
            "icustays": [icu_stay(intime=begin, outtime=end)],
            "patients": [{"dod": end.date() if died else None}],
        }
        return {
            name: [one[0] for one in answers(name, **tables) if one[0] < "2150-03-06"]
            for name in _RISK_OF_STAYS
        }

    assert cutoffs(hours[0], died=dies) == cutoffs(hours[1], died=not dies)
