"""When what happens in the emergency department is known."""

from __future__ import annotations

import pytest

from .raw_record import Cells, Cohort
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()
LATE = "2151-01-01 00:00:00"

VISITOR = COHORT.patient()
ADMISSION = VISITOR.stay("2150-03-05 13:30:00", "2150-03-09 12:00:00")
VISIT = VISITOR.visit(
    "2150-03-05 09:00:00",
    "2150-03-05 15:45:30",
    hadm_id=ADMISSION,
    gender="F",
    race="WHITE",
    arrival_transport="AMBULANCE",
    disposition="ADMITTED",
)
VISITOR.add("triage", stay_id=VISIT, heartrate=112, acuity=2, chiefcomplaint="Chest pain")
VISITOR.add("vitalsign", stay_id=VISIT, charttime="2150-03-05 10:12:00", heartrate=104)
VISITOR.add("pyxis", stay_id=VISIT, charttime="2150-03-05 11:03:00", med_rn=1, name="Aspirin")
VISITOR.add("pyxis", stay_id=VISIT, charttime="2150-03-05 08:58:00", med_rn=2, name="Early")
VISITOR.add("medrecon", stay_id=VISIT, charttime="2150-03-05 09:40:00", name="lisinopril")
VISITOR.add("medrecon", stay_id=VISIT, name="without a time")
VISITOR.add(
    "diagnosis",
    stay_id=VISIT,
    seq_num=1,
    icd_code="I214",
    icd_version=10,
    icd_title="NON-ST ELEVATION MYOCARDIAL INFARCTION",
)

VISIT_UNKNOWN = COHORT.patient()
OF_A_VISIT: dict[str, Cells] = {
    "triage": {"heartrate": 112},
    "diagnosis": {"seq_num": 1, "icd_code": "I214", "icd_version": 10},
    "medrecon": {"name": "without a time"},
}
for name, cells in OF_A_VISIT.items():
    VISIT_UNKNOWN.add(name, stay_id=39_999_999, **cells)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_visit_enters_at_its_intime(at: Reader, profile: ProfileName) -> None:
    assert_enters_at("2150-03-05 09:00:00", at, VISITOR, "edstays", profile)


def test_a_visit_shows_from_its_start_how_the_patient_arrived(at: Reader) -> None:
    row = at(VISITOR, "2150-03-05 09:00:00").row("edstays")
    assert (row["gender"], row["race"], row["arrival_transport"]) == ("F", "WHITE", "AMBULANCE")


@pytest.mark.parametrize("profile", PROFILES)
def test_how_a_visit_ends_is_hidden_until_its_outtime(at: Reader, profile: ProfileName) -> None:
    end = {"outtime": "2150-03-05 15:45:30", "disposition": "ADMITTED"}
    assert_shown_from("2150-03-05 15:45:30", at, VISITOR, "edstays", end, profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_visit_does_not_betray_the_admission_that_follows_it(
    at: Reader, profile: ProfileName
) -> None:
    shown = {"hadm_id": ADMISSION}
    assert_shown_from("2150-03-05 13:30:00", at, VISITOR, "edstays", shown, profile)


@pytest.mark.parametrize("profile", ["available", "event"])
def test_triage_is_known_when_the_visit_begins(at: Reader, profile: ProfileName) -> None:
    assert_enters_at("2150-03-05 09:00:00", at, VISITOR, "triage", profile)
    row = at(VISITOR, "2150-03-05 09:00:00", profile).row("triage")
    assert (row["heartrate"], row["acuity"], row["chiefcomplaint"]) == (112.0, 2, "Chest pain")


def test_the_strict_profile_gives_triage_a_quarter_of_an_hour(at: Reader) -> None:
    assert_enters_at("2150-03-05 09:15:00", at, VISITOR, "triage", "strict")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_vital_sign_and_a_dispensed_drug_enter_at_their_charttime(
    at: Reader, profile: ProfileName
) -> None:
    assert_enters_at("2150-03-05 10:12:00", at, VISITOR, "vitalsign", profile)
    assert_enters_at("2150-03-05 11:03:00", at, VISITOR, "pyxis", profile, name="Aspirin")


def test_a_drug_dispensed_before_the_visit_names_the_visit_once_it_has_begun(at: Reader) -> None:
    """The dispenser's clock runs ahead; a key to a row not yet known is NULL."""
    assert_enters_at("2150-03-05 08:58:00", at, VISITOR, "pyxis", name="Early")
    assert_shown_from("2150-03-05 09:00:00", at, VISITOR, "pyxis", {"stay_id": VISIT}, name="Early")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_drug_taken_at_home_enters_when_it_was_asked_for(
    at: Reader, profile: ProfileName
) -> None:
    assert_enters_at("2150-03-05 09:40:00", at, VISITOR, "medrecon", profile, name="lisinopril")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_drug_taken_at_home_without_a_time_enters_when_the_visit_ends(
    at: Reader, profile: ProfileName
) -> None:
    assert_enters_at("2150-03-05 15:45:30", at, VISITOR, "medrecon", profile, name="without a time")


def test_a_diagnosis_of_the_emergency_department_enters_when_the_visit_ends(at: Reader) -> None:
    assert_enters_at("2150-03-05 15:45:30", at, VISITOR, "diagnosis")


def test_the_event_profile_shows_that_diagnosis_not_before_the_visit_ends(at: Reader) -> None:
    assert at(VISITOR, "2150-03-05 15:45:29", "event").rows("diagnosis") == []


def test_the_strict_profile_gives_that_diagnosis_the_coding_lag(at: Reader) -> None:
    assert_enters_at("2150-03-08 15:45:30", at, VISITOR, "diagnosis", "strict")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("table", list(OF_A_VISIT))
def test_what_hangs_on_a_visit_that_the_record_does_not_hold_is_never_shown(
    at: Reader, table: str, profile: ProfileName
) -> None:
    """Its only clock is the visit's; an unknown moment never means now."""
    assert at(VISIT_UNKNOWN, LATE, profile).rows(table) == []
