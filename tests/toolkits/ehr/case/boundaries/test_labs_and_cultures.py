"""When laboratory results and cultures are known."""

from __future__ import annotations

import pytest

from .raw_record import Cells, Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()


def lab(charttime: str, storetime: str | None, **cells: object) -> Patient:
    """A patient with one creatinine."""
    patient = COHORT.patient()
    patient.add(
        "labevents",
        itemid=50912,
        charttime=charttime,
        storetime=storetime,
        value="1.4",
        valuenum=1.4,
        valueuom="mg/dL",
        comments="hemolysed",
        **cells,
    )
    return patient


def culture(**cells: object) -> Patient:
    """A patient with one blood culture."""
    patient = COHORT.patient()
    patient.add(
        "microbiologyevents",
        test_name="BLOOD CULTURE",
        spec_type_desc="BLOOD",
        org_name="STAPH AUREUS",
        ab_name="OXACILLIN",
        interpretation="S",
        **cells,
    )
    return patient


STORED_LATER = lab("2150-03-05 07:50:00", "2150-03-05 09:10:00")
STORED_AT_ONCE = lab("2150-03-05 07:50:00", "2150-03-05 07:50:00")
STORED_EARLIER = lab("2150-03-05 07:50:00", "2150-03-05 07:20:00")
NEVER_STORED = lab("2150-03-05 07:50:00", None)

NEVER_STORED_IN_A_STAY = COHORT.patient()
NEVER_STORED_IN_A_STAY.add(
    "labevents",
    itemid=50912,
    hadm_id=NEVER_STORED_IN_A_STAY.stay("2150-03-05 06:00:00", "2150-03-09 15:00:00"),
    charttime="2150-03-05 07:50:00",
    valuenum=1.4,
)
NEVER_STORED_ON_THE_LAST_DAY = COHORT.patient()
NEVER_STORED_ON_THE_LAST_DAY.add(
    "labevents",
    itemid=50912,
    hadm_id=NEVER_STORED_ON_THE_LAST_DAY.stay("2150-03-01 06:00:00", "2150-03-05 15:00:00"),
    charttime="2150-03-05 07:50:00",
    valuenum=1.4,
)

BEFORE_ADMISSION = COHORT.patient()
BEFORE_ADMISSION_STAY = BEFORE_ADMISSION.stay("2150-03-05 14:00:00", "2150-03-09 15:00:00")
BEFORE_ADMISSION.add(
    "labevents",
    itemid=50912,
    hadm_id=BEFORE_ADMISSION_STAY,
    charttime="2150-03-05 09:00:00",
    storetime="2150-03-05 10:00:00",
)
BEFORE_ADMISSION.add(
    "microbiologyevents",
    hadm_id=BEFORE_ADMISSION_STAY,
    chartdate="2150-03-05",
    charttime="2150-03-05 09:00:00",
    storedate="2150-03-05",
    storetime="2150-03-05 12:00:00",
    test_name="URINE CULTURE",
)


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(
    ("patient", "known"),
    [
        (STORED_LATER, "2150-03-05 09:10:00"),
        (STORED_AT_ONCE, "2150-03-05 07:50:00"),
        (STORED_EARLIER, "2150-03-05 07:50:00"),
    ],
    ids=["stored later", "stored at once", "stored before it was drawn"],
)
def test_a_lab_enters_at_the_later_of_drawn_and_stored(
    at: Reader, patient: Patient, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, patient, "labevents", profile, itemid=50912)


def test_a_lab_comes_whole_with_its_storetime(at: Reader) -> None:
    row = at(STORED_LATER, "2150-03-05 09:10:00").row("labevents")
    assert (row["value"], row["valuenum"], row["valueuom"]) == ("1.4", 1.4, "mg/dL")
    assert (row["comments"], row["storetime"]) == ("hemolysed", "2150-03-05 09:10:00")


def test_a_lab_that_was_never_stored_enters_a_day_after_it_was_drawn(at: Reader) -> None:
    assert_enters_at("2150-03-06 07:50:00", at, NEVER_STORED, "labevents")


def test_a_lab_of_a_stay_that_was_never_stored_enters_a_day_after_it_was_drawn(at: Reader) -> None:
    assert_enters_at("2150-03-06 07:50:00", at, NEVER_STORED_IN_A_STAY, "labevents")


def test_the_strict_profile_shows_a_lab_that_was_never_stored_at_the_discharge(at: Reader) -> None:
    assert_enters_at("2150-03-09 15:00:00", at, NEVER_STORED_IN_A_STAY, "labevents", "strict")


def test_the_strict_profile_is_never_earlier_than_the_available_one(at: Reader) -> None:
    """Drawn on the last day, never stored: D comes before charttime + 24 h; the later decides."""
    known = "2150-03-06 07:50:00"
    assert_enters_at(known, at, NEVER_STORED_ON_THE_LAST_DAY, "labevents", "available")
    assert_enters_at(known, at, NEVER_STORED_ON_THE_LAST_DAY, "labevents", "strict")


def test_the_strict_profile_hides_an_outpatient_lab_that_was_never_stored_for_a_day(
    at: Reader,
) -> None:
    """There is no stay whose D could be waited for: at least the day of the default holds."""
    assert at(NEVER_STORED, "2150-03-06 07:49:59", "strict").rows("labevents") == []


@pytest.mark.parametrize("patient", [STORED_LATER, STORED_AT_ONCE, STORED_EARLIER, NEVER_STORED])
def test_the_event_profile_shows_a_lab_when_it_is_drawn(at: Reader, patient: Patient) -> None:
    assert_enters_at("2150-03-05 07:50:00", at, patient, "labevents", "event")


def test_the_event_profile_hides_the_storetime_until_it_comes(at: Reader) -> None:
    shown = {"storetime": "2150-03-05 09:10:00"}
    assert_shown_from("2150-03-05 09:10:00", at, STORED_LATER, "labevents", shown, "event")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("table", ["labevents", "microbiologyevents"])
def test_a_result_of_the_emergency_department_does_not_betray_the_admission(
    at: Reader, table: str, profile: ProfileName
) -> None:
    shown = {"hadm_id": BEFORE_ADMISSION_STAY}
    assert_shown_from("2150-03-05 14:00:00", at, BEFORE_ADMISSION, table, shown, profile)


CULTURES: dict[str, tuple[Patient, str]] = {
    "stored days later": (
        culture(
            chartdate="2150-03-05",
            charttime="2150-03-05 10:00:00",
            storedate="2150-03-08",
            storetime="2150-03-08 11:30:00",
        ),
        "2150-03-08 11:30:00",
    ),
    "stored before it was drawn": (
        culture(
            chartdate="2150-03-05",
            charttime="2150-03-05 10:00:00",
            storedate="2150-03-05",
            storetime="2150-03-05 09:00:00",
        ),
        "2150-03-05 10:00:00",
    ),
    "no charttime, stored later": (
        culture(chartdate="2150-03-05", storedate="2150-03-08", storetime="2150-03-08 11:30:00"),
        "2150-03-08 11:30:00",
    ),
    "no charttime, stored on the day": (
        culture(chartdate="2150-03-05", storedate="2150-03-05", storetime="2150-03-05 18:00:00"),
        "2150-03-06 00:00:00",
    ),
    "stored on a date": (
        culture(chartdate="2150-03-05", charttime="2150-03-05 10:00:00", storedate="2150-03-08"),
        "2150-03-09 00:00:00",
    ),
    "dates alone": (
        culture(chartdate="2150-03-05", storedate="2150-03-05"),
        "2150-03-06 00:00:00",
    ),
    "never stored": (
        culture(chartdate="2150-03-05", charttime="2150-03-05 10:00:00"),
        "2150-03-12 00:00:00",
    ),
    "never stored, no charttime": (culture(chartdate="2150-03-05"), "2150-03-12 00:00:00"),
    "dates written as midnights": (
        culture(
            chartdate="2150-03-05 00:00:00",
            charttime="2150-03-05 10:00:00",
            storedate="2150-03-08 00:00:00",
        ),
        "2150-03-09 00:00:00",
    ),
}


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(("patient", "known"), CULTURES.values(), ids=CULTURES)
def test_a_culture_enters_at_the_later_of_drawn_and_last_stored(
    at: Reader, patient: Patient, known: str, profile: ProfileName
) -> None:
    """A missing time falls back to the end of its date, a result never stored to a week."""
    assert_enters_at(known, at, patient, "microbiologyevents", profile)


def test_a_culture_comes_whole_with_its_last_update(at: Reader) -> None:
    patient, known = CULTURES["stored days later"]
    shown: Cells = at(patient, known).row("microbiologyevents")
    assert (shown["org_name"], shown["ab_name"], shown["interpretation"]) == (
        "STAPH AUREUS",
        "OXACILLIN",
        "S",
    )
    assert (shown["chartdate"], shown["storedate"]) == ("2150-03-05", "2150-03-08")
    assert shown["storetime"] == "2150-03-08 11:30:00"


def test_the_event_profile_shows_a_culture_when_it_is_drawn(at: Reader) -> None:
    patient, _ = CULTURES["stored days later"]
    assert_enters_at("2150-03-05 10:00:00", at, patient, "microbiologyevents", "event")


def test_the_event_profile_hides_when_a_culture_was_stored_until_then(at: Reader) -> None:
    patient, stored = CULTURES["stored days later"]
    before = at(patient, "2150-03-07 23:59:59", "event").row("microbiologyevents")
    assert (before["storedate"], before["storetime"]) == (None, None)
    assert_shown_from(stored, at, patient, "microbiologyevents", {"storetime": stored}, "event")
