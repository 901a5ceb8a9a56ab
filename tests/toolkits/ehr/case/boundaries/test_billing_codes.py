"""When the codes of a stay are known: never before its end."""

from __future__ import annotations

import pytest

from .raw_record import Cells, Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, one_second_before

COHORT = Cohort()

CODED: dict[str, Cells] = {
    "diagnoses_icd": {"seq_num": 1, "icd_code": "I469", "icd_version": 10},
    "procedures_icd": {
        "seq_num": 1,
        "chartdate": "2150-03-02",
        "icd_code": "5A1945Z",
        "icd_version": 10,
    },
    "drgcodes": {
        "drg_type": "APR",
        "drg_code": "720",
        "description": "SEPTICEMIA",
        "drg_severity": 4,
        "drg_mortality": 4,
    },
    "hcpcsevents": {"chartdate": "2150-03-02", "hcpcs_cd": "93454", "seq_num": 1},
}
"""One code a table, of a stay from 1 March, done on 2 March where the table has a date."""


def coded(admittime: str, dischtime: str, **cells: str) -> Patient:
    """A patient with one stay and one code of each kind."""
    patient = COHORT.patient()
    hadm_id = patient.stay(admittime, dischtime, **cells)
    for table, code in CODED.items():
        patient.add(table, hadm_id=hadm_id, **code)
    return patient


SURVIVOR = coded("2150-03-01 08:00:00", "2150-03-07 12:00:00")
DIED_LATER_THAN_DISCHTIME = coded(
    "2150-03-01 08:00:00", "2150-03-07 00:00:00", deathtime="2150-03-07 22:20:00"
)
DIED_EARLIER_THAN_DISCHTIME = coded(
    "2150-03-01 08:00:00", "2150-03-07 12:00:00", deathtime="2150-03-06 10:00:00"
)
CLOCKS_CROSSED = coded("2150-03-05 08:00:00", "2150-03-05 03:00:00")

STAY_UNKNOWN = COHORT.patient()
for name, cells_of_code in CODED.items():
    STAY_UNKNOWN.add(name, hadm_id=29_999_999, **cells_of_code)

LATE_SERVICE = COHORT.patient()
LATE_SERVICE.add(
    "hcpcsevents",
    hadm_id=LATE_SERVICE.stay("2150-03-01 08:00:00", "2150-03-07 12:00:00"),
    chartdate="2150-03-07",
    hcpcs_cd="99291",
    seq_num=1,
)
MUCH_LATER_SERVICE = COHORT.patient()
MUCH_LATER_SERVICE.add(
    "hcpcsevents",
    hadm_id=MUCH_LATER_SERVICE.stay("2150-03-01 08:00:00", "2150-03-07 12:00:00"),
    chartdate="2150-03-20",
    hcpcs_cd="99291",
    seq_num=1,
)

EVERY_KIND = pytest.mark.parametrize("table", list(CODED))


@EVERY_KIND
def test_the_codes_of_a_stay_enter_at_its_discharge(at: Reader, table: str) -> None:
    assert_enters_at("2150-03-07 12:00:00", at, SURVIVOR, table)


@EVERY_KIND
def test_the_codes_of_a_stay_enter_at_the_death_when_it_follows_the_dischtime(
    at: Reader, table: str
) -> None:
    assert_enters_at("2150-03-07 22:20:00", at, DIED_LATER_THAN_DISCHTIME, table)


@EVERY_KIND
def test_the_codes_of_a_stay_enter_at_the_dischtime_when_it_follows_the_death(
    at: Reader, table: str
) -> None:
    assert_enters_at("2150-03-07 12:00:00", at, DIED_EARLIER_THAN_DISCHTIME, table)


@EVERY_KIND
def test_the_strict_profile_waits_three_days_for_the_coders(at: Reader, table: str) -> None:
    assert_enters_at("2150-03-10 12:00:00", at, SURVIVOR, table, "strict")


@EVERY_KIND
def test_the_event_profile_shows_no_code_before_the_end_of_the_stay(at: Reader, table: str) -> None:
    """A code has no event time of its own: the act is dated, the code is billed later."""
    assert at(SURVIVOR, "2150-03-07 11:59:59", "event").rows(table) == []
    assert len(at(SURVIVOR, "2150-03-12 00:00:00", "event").rows(table)) == 1


@EVERY_KIND
def test_codes_of_a_stay_whose_clocks_are_crossed_never_come_before_the_stay(
    at: Reader, table: str
) -> None:
    """The rules know dischtime < admittime (#1288) and say: never trust one clock, latest wins."""
    assert at(CLOCKS_CROSSED, "2150-03-05 07:59:59").rows(table) == []
    assert len(at(CLOCKS_CROSSED, "2150-03-06 00:00:00").rows(table)) == 1


@EVERY_KIND
@pytest.mark.parametrize("profile", PROFILES)
def test_codes_of_a_stay_that_the_record_does_not_hold_are_never_shown(
    at: Reader, table: str, profile: ProfileName
) -> None:
    """Nobody knows when that stay ended, and an unknown moment never means now."""
    assert at(STAY_UNKNOWN, "2190-01-01 00:00:00", profile).rows(table) == []


def test_a_service_of_the_day_of_discharge_enters_at_the_end_of_that_day(at: Reader) -> None:
    assert_enters_at("2150-03-08 00:00:00", at, LATE_SERVICE, "hcpcsevents")


def test_a_service_dated_after_the_discharge_enters_at_the_end_of_its_day(at: Reader) -> None:
    assert_enters_at("2150-03-21 00:00:00", at, MUCH_LATER_SERVICE, "hcpcsevents")


def test_a_service_long_after_the_discharge_waits_for_its_own_day_under_strict_too(
    at: Reader,
) -> None:
    assert_enters_at("2150-03-21 00:00:00", at, MUCH_LATER_SERVICE, "hcpcsevents", "strict")
    assert_enters_at("2150-03-10 12:00:00", at, LATE_SERVICE, "hcpcsevents", "strict")


def test_a_procedure_is_hidden_on_the_day_on_which_it_was_done(at: Reader) -> None:
    assert at(SURVIVOR, one_second_before("2150-03-04 00:00:00")).rows("procedures_icd") == []
