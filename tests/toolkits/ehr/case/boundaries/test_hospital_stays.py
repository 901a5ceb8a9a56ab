"""When patients, admissions, transfers, services and outpatient measurements are known."""

from __future__ import annotations

import pytest

from .raw_record import Cohort
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()

AGEING = COHORT.patient(gender="M", anchor_age=60, anchor_year=2152, dod="2155-05-05")

DIED_IN_HOSPITAL = COHORT.patient(dod="2150-03-05")
DIED_IN_HOSPITAL.stay(
    "2150-03-01 08:00:00",
    "2150-03-07 12:00:00",
    deathtime="2150-03-05 10:00:00",
    discharge_location="DIED",
    hospital_expire_flag=1,
)

SURVIVOR = COHORT.patient()
SURVIVOR_STAY = SURVIVOR.stay(
    "2150-03-01 08:00:00",
    "2150-03-07 12:00:00",
    admission_type="OBSERVATION ADMIT",
    admission_location="EMERGENCY ROOM",
    discharge_location="HOME",
    insurance="Medicare",
    marital_status="SINGLE",
    race="WHITE",
    edregtime="2150-03-01 05:00:00",
    edouttime="2150-03-01 10:30:00",
    hospital_expire_flag=0,
)

DEATH_AFTER_MIDNIGHT_DISCHARGE = COHORT.patient()
DEATH_AFTER_MIDNIGHT_DISCHARGE.stay(
    "2150-03-01 08:00:00",
    "2150-03-07 00:00:00",
    deathtime="2150-03-07 22:20:00",
    discharge_location="DIED",
    hospital_expire_flag=1,
)

NO_DEATHTIME = COHORT.patient()
NO_DEATHTIME.stay("2150-03-01 08:00:00", "2150-03-07 12:00:00", hospital_expire_flag=1)

LATE_REGISTRATION = COHORT.patient()
LATE_REGISTRATION.stay(
    "2150-03-01 08:00:00", "2150-03-07 12:00:00", edregtime="2150-03-01 09:00:00"
)

MOVED = COHORT.patient()
MOVED_STAY = MOVED.stay("2150-03-01 08:00:00", "2150-03-07 12:00:00")
for eventtype, careunit, intime, outtime in (
    ("ED", "Emergency Department", "2150-03-01 05:00:00", "2150-03-01 10:30:00"),
    ("admit", "Medicine", "2150-03-01 10:30:00", "2150-03-03 09:00:00"),
    ("transfer", "Cardiology", "2150-03-03 09:00:00", "2150-03-07 12:00:00"),
    ("discharge", None, "2150-03-07 12:00:00", None),
):
    MOVED.add(
        "transfers",
        hadm_id=MOVED_STAY,
        transfer_id=MOVED.fresh(),
        eventtype=eventtype,
        careunit=careunit,
        intime=intime,
        outtime=outtime,
    )
MOVED.add("services", hadm_id=MOVED_STAY, transfertime="2150-03-01 08:01:00", curr_service="MED")
MOVED.add(
    "services",
    hadm_id=MOVED_STAY,
    transfertime="2150-03-03 08:59:30",
    prev_service="MED",
    curr_service="CMED",
)
MOVED.add("omr", chartdate="2150-03-02", seq_num=1, result_name="BMI", result_value="24")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("cutoff", "age"),
    [
        ("2150-12-31 23:59:59", 58),
        ("2151-01-01 00:00:00", 59),
        ("2152-06-01 00:00:00", 60),
        ("2155-06-01 00:00:00", 63),
    ],
)
def test_a_patient_has_the_age_and_the_year_of_the_cutoff(
    at: Reader, cutoff: str, age: int, profile: ProfileName
) -> None:
    patient = at(AGEING, cutoff, profile).row("patients")
    assert (patient["anchor_age"], patient["anchor_year"]) == (age, int(cutoff[:4]))
    assert (patient["gender"], patient["anchor_year_group"]) == ("M", "2014 - 2016")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_date_of_death_is_known_at_the_end_of_its_day(at: Reader, profile: ProfileName) -> None:
    assert_shown_from("2155-05-06 00:00:00", at, AGEING, "patients", {"dod": "2155-05-05"}, profile)


def test_the_date_of_death_in_hospital_waits_for_the_end_of_that_stay(at: Reader) -> None:
    """The rules mask dod until dod + 1 day, and name it among what is never shown before D.

    Where D is later than dod + 1 day both hold only when the later of the two decides.
    """
    assert_shown_from(
        "2150-03-07 12:00:00", at, DIED_IN_HOSPITAL, "patients", {"dod": "2150-03-05"}
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_an_admission_enters_at_its_admittime(at: Reader, profile: ProfileName) -> None:
    assert_enters_at(
        "2150-03-01 08:00:00", at, SURVIVOR, "admissions", profile, hadm_id=SURVIVOR_STAY
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_how_an_admission_ends_is_hidden_until_the_discharge(
    at: Reader, profile: ProfileName
) -> None:
    """A flag of 0 tells as much as a flag of 1: it is NULL, in the event profile too."""
    end = {
        "dischtime": "2150-03-07 12:00:00",
        "discharge_location": "HOME",
        "hospital_expire_flag": 0,
    }
    assert_shown_from("2150-03-07 12:00:00", at, SURVIVOR, "admissions", end, profile)


def test_an_admission_shows_from_its_start_what_was_said_at_its_start(at: Reader) -> None:
    row = at(SURVIVOR, "2150-03-01 08:00:00").row("admissions")
    assert row["admission_type"] == "OBSERVATION ADMIT"
    assert row["admission_location"] == "EMERGENCY ROOM"
    assert (row["insurance"], row["marital_status"], row["race"]) == (
        "Medicare",
        "SINGLE",
        "WHITE",
    )
    assert row["edregtime"] == "2150-03-01 05:00:00"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_end_of_the_emergency_visit_is_hidden_until_it_comes(
    at: Reader, profile: ProfileName
) -> None:
    shown = {"edouttime": "2150-03-01 10:30:00"}
    assert_shown_from("2150-03-01 10:30:00", at, SURVIVOR, "admissions", shown, profile)


def test_a_registration_later_than_the_admission_is_hidden_until_it_comes(at: Reader) -> None:
    """No rule names edregtime; no visible time may be later than the cutoff, so it is masked."""
    shown = {"edregtime": "2150-03-01 09:00:00"}
    assert_shown_from("2150-03-01 09:00:00", at, LATE_REGISTRATION, "admissions", shown)


def test_a_death_after_a_discharge_at_midnight_hides_the_end_until_the_death(at: Reader) -> None:
    end = {
        "dischtime": "2150-03-07 00:00:00",
        "deathtime": "2150-03-07 22:20:00",
        "discharge_location": "DIED",
        "hospital_expire_flag": 1,
    }
    assert_shown_from("2150-03-07 22:20:00", at, DEATH_AFTER_MIDNIGHT_DISCHARGE, "admissions", end)


def test_a_death_before_the_dischtime_is_hidden_until_the_dischtime(at: Reader) -> None:
    end = {
        "dischtime": "2150-03-07 12:00:00",
        "deathtime": "2150-03-05 10:00:00",
        "discharge_location": "DIED",
        "hospital_expire_flag": 1,
    }
    assert_shown_from("2150-03-07 12:00:00", at, DIED_IN_HOSPITAL, "admissions", end)


def test_a_death_without_deathtime_is_known_at_the_dischtime(at: Reader) -> None:
    assert_shown_from(
        "2150-03-07 12:00:00", at, NO_DEATHTIME, "admissions", {"hospital_expire_flag": 1}
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("eventtype", "intime"),
    [
        ("ED", "2150-03-01 05:00:00"),
        ("admit", "2150-03-01 10:30:00"),
        ("transfer", "2150-03-03 09:00:00"),
        ("discharge", "2150-03-07 12:00:00"),
    ],
)
def test_a_transfer_enters_at_its_intime(
    at: Reader, eventtype: str, intime: str, profile: ProfileName
) -> None:
    assert_enters_at(intime, at, MOVED, "transfers", profile, eventtype=eventtype)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("eventtype", "outtime"),
    [
        ("ED", "2150-03-01 10:30:00"),
        ("admit", "2150-03-03 09:00:00"),
        ("transfer", "2150-03-07 12:00:00"),
    ],
)
def test_the_end_of_a_transfer_is_hidden_until_it_comes(
    at: Reader, eventtype: str, outtime: str, profile: ProfileName
) -> None:
    shown = {"outtime": outtime}
    assert_shown_from(outtime, at, MOVED, "transfers", shown, profile, eventtype=eventtype)


def test_a_change_of_service_enters_at_its_transfertime(at: Reader) -> None:
    assert_enters_at("2150-03-01 08:01:00", at, MOVED, "services", curr_service="MED")
    assert_enters_at("2150-03-03 08:59:30", at, MOVED, "services", curr_service="CMED")


@pytest.mark.parametrize("profile", ["available", "strict"])
def test_an_outpatient_measurement_enters_at_the_end_of_its_day(
    at: Reader, profile: ProfileName
) -> None:
    assert_enters_at("2150-03-03 00:00:00", at, MOVED, "omr", profile, result_name="BMI")
