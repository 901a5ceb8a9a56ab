"""Stays whose clocks are crossed, missing or come after a death, and bare dates of consults."""

from __future__ import annotations

from .raw_record import Cohort
from .reading import Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()

CROSSED = COHORT.patient()
CROSSED_VISIT = CROSSED.visit("2150-03-05 12:00:00", "2150-03-05 09:00:00")
CROSSED.add("diagnosis", stay_id=CROSSED_VISIT, seq_num=1, icd_code="R05", icd_version=10)
CROSSED.add("medrecon", stay_id=CROSSED_VISIT, name="aspirin")

NEVER_BEGAN = COHORT.patient()
STAY_WITHOUT_BEGINNING = 20_777_777
NEVER_BEGAN.add("admissions", hadm_id=STAY_WITHOUT_BEGINNING, dischtime="2150-03-05 12:00:00")
NEVER_BEGAN.add("diagnoses_icd", hadm_id=STAY_WITHOUT_BEGINNING, seq_num=1, icd_code="I10")

DONOR = COHORT.patient(dod="2150-03-08")
DONOR.stay(
    "2150-03-05 10:00:00",
    "2150-03-08 11:00:00",
    deathtime="2150-03-08 11:00:00",
    hospital_expire_flag=1,
)
DONOR.stay(
    "2150-03-10 01:00:00",
    "2150-03-10 20:00:00",
    deathtime="2150-03-10 20:00:00",
    hospital_expire_flag=1,
)

CONSULT = COHORT.patient()
ORDER = CONSULT.order("2150-03-04 10:00:00", order_type="Consults")
CONSULT.add("poe_detail", poe_id=ORDER, field_name="Consult Status", field_value="Done")
CONSULT.add("poe_detail", poe_id=ORDER, field_name="Consult Status Time", field_value="2150-03-05")

PLANNED = COHORT.patient()
PLANNED.add(
    "pharmacy",
    pharmacy_id=77,
    entertime="2150-03-05 08:00:00",
    starttime="2150-03-06 08:00:00",
    medication="drug",
)
PLANNED.add(
    "emar",
    pharmacy_id=77,
    charttime="2150-03-05 09:00:00",
    storetime="2150-03-05 09:00:00",
    medication="drug",
)


def test_what_ends_an_ed_stay_is_never_known_before_the_stay_begins(at: Reader) -> None:
    assert_enters_at("2150-03-05 12:00:00", at, CROSSED, "diagnosis", icd_code="R05")
    assert_enters_at("2150-03-05 12:00:00", at, CROSSED, "medrecon", name="aspirin")


def test_a_code_of_a_stay_that_never_began_is_never_known(at: Reader) -> None:
    assert not at(NEVER_BEGAN, "2199-01-01 00:00:00").rows("diagnoses_icd")


def test_a_stay_after_the_death_does_not_hide_the_date_of_death(at: Reader) -> None:
    shown = {"dod": "2150-03-08"}
    assert_shown_from("2150-03-09 00:00:00", at, DONOR, "patients", shown)


def test_a_consult_answered_on_a_bare_date_is_known_at_the_end_of_that_day(at: Reader) -> None:
    known = "2150-03-05 23:59:59"
    assert_enters_at(known, at, CONSULT, "poe_detail", field_name="Consult Status")
    assert_enters_at(known, at, CONSULT, "poe_detail", field_name="Consult Status Time")


def test_an_entry_is_named_under_the_event_profile_once_it_is_there(at: Reader) -> None:
    shown = {"pharmacy_id": 77}
    assert_shown_from("2150-03-06 08:00:00", at, PLANNED, "emar", shown, "event")
    assert at(PLANNED, "2150-03-05 09:00:00").row("emar")["pharmacy_id"] == 77
