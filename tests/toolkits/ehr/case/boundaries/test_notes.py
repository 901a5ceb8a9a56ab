"""When discharge summaries and radiology reports are known."""

from __future__ import annotations

import pytest

from .raw_record import Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()
LATE = "2151-01-01 00:00:00"


def summarised(dischtime: str, storetime: str | None, **cells: str) -> Patient:
    """A patient whose summary is dated 5 March, with an author in its detail."""
    patient = COHORT.patient()
    hadm_id = patient.stay("2150-03-01 12:00:00", dischtime)
    note = patient.add(
        "discharge",
        hadm_id=hadm_id,
        charttime="2150-03-05 00:00:00",
        storetime=storetime,
        text="She was sent home.",
        **cells,
    )
    patient.add(
        "discharge_detail",
        note_id=note["note_id"],
        field_name="author",
        field_value="A. Resident",
        field_ordinal=1,
    )
    return patient


SUMMARIES: dict[str, tuple[Patient, str]] = {
    "stored after the discharge": (
        summarised("2150-03-05 15:20:00", "2150-03-06 11:42:00"),
        "2150-03-06 11:42:00",
    ),
    "stored before the discharge": (
        summarised("2150-03-05 15:20:00", "2150-03-05 09:00:00"),
        "2150-03-05 15:20:00",
    ),
    "stored before its date": (
        summarised("2150-03-05 15:20:00", "2150-03-04 20:00:00"),
        "2150-03-05 15:20:00",
    ),
    "never stored": (summarised("2150-03-05 15:20:00", None), "2150-03-07 00:00:00"),
    "never stored, discharge much later": (
        summarised("2150-03-09 15:20:00", None),
        "2150-03-09 15:20:00",
    ),
    "addendum": (
        summarised("2150-03-05 15:20:00", "2150-03-12 08:00:00", note_type="AD"),
        "2150-03-12 08:00:00",
    ),
    "addendum stored before the discharge": (
        summarised("2150-03-05 15:20:00", "2150-03-05 08:00:00", note_type="AD"),
        "2150-03-05 15:20:00",
    ),
}

DIED = COHORT.patient()
DIED.add(
    "discharge",
    hadm_id=DIED.stay(
        "2150-03-01 12:00:00", "2150-03-05 00:00:00", deathtime="2150-03-05 22:20:00"
    ),
    charttime="2150-03-05 00:00:00",
    storetime="2150-03-05 08:00:00",
    text="She died.",
)

STAY_UNKNOWN = COHORT.patient()
STAY_UNKNOWN.add(
    "discharge",
    hadm_id=29_999_999,
    charttime="2150-03-05 00:00:00",
    storetime="2150-03-06 08:00:00",
    text="Nobody knows when this stay ended.",
)


def reported(charttime: str, storetime: str | None) -> Patient:
    """A patient with one radiology report and what it is a report of."""
    patient = COHORT.patient()
    note = patient.add(
        "radiology", charttime=charttime, storetime=storetime, text="No acute process."
    )
    for ordinal, (field_name, field_value) in enumerate(
        (("exam_name", "CHEST (PA AND LAT)"), ("exam_code", "C11"), ("cpt_code", "71020"))
    ):
        patient.add(
            "radiology_detail",
            note_id=note["note_id"],
            field_name=field_name,
            field_value=field_value,
            field_ordinal=ordinal + 1,
        )
    return patient


REPORTS: dict[str, tuple[Patient, str]] = {
    "stored later": (
        reported("2150-03-05 08:00:00", "2150-03-05 13:07:00"),
        "2150-03-05 13:07:00",
    ),
    "stored before the exam": (
        reported("2150-03-05 08:00:00", "2150-03-05 07:10:00"),
        "2150-03-05 08:00:00",
    ),
    "never stored": (reported("2150-03-05 08:00:00", None), "2150-03-06 08:00:00"),
}

AMENDED = COHORT.patient()
PARENT, ADDENDUM = f"{AMENDED.subject_id}-RR-13", f"{AMENDED.subject_id}-AR-40"
AMENDED.add(
    "radiology",
    note_id=PARENT,
    charttime="2150-03-05 08:00:00",
    storetime="2150-03-05 13:00:00",
    text="No acute process.",
)
AMENDED.add(
    "radiology",
    note_id=ADDENDUM,
    note_type="AR",
    charttime="2150-03-05 08:00:00",
    storetime="2150-03-07 10:30:00",
    text="On second reading a small nodule.",
)
AMENDED.add(
    "radiology_detail",
    note_id=PARENT,
    field_name="addendum_note_id",
    field_value=ADDENDUM,
    field_ordinal=1,
)
AMENDED.add(
    "radiology_detail",
    note_id=ADDENDUM,
    field_name="parent_note_id",
    field_value=PARENT,
    field_ordinal=1,
)

ADDENDUM_LOST = COHORT.patient()
LOST_FROM = ADDENDUM_LOST.add(
    "radiology",
    charttime="2150-03-05 08:00:00",
    storetime="2150-03-05 13:00:00",
    text="No acute process.",
)
ADDENDUM_LOST.add(
    "radiology_detail",
    note_id=LOST_FROM["note_id"],
    field_name="addendum_note_id",
    field_value=f"{ADDENDUM_LOST.subject_id}-AR-9999",
    field_ordinal=1,
)
ADDENDUM_LOST.add(
    "radiology_detail",
    note_id=f"{ADDENDUM_LOST.subject_id}-RR-9998",
    field_name="exam_name",
    field_value="OF A LOST REPORT",
    field_ordinal=1,
)


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(("patient", "known"), SUMMARIES.values(), ids=SUMMARIES)
def test_a_discharge_note_and_its_detail_enter_when_stored_and_never_before_the_discharge(
    at: Reader, patient: Patient, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, patient, "discharge", profile)
    assert_enters_at(known, at, patient, "discharge_detail", profile)


def test_a_discharge_note_waits_for_the_death_when_it_follows_the_dischtime(at: Reader) -> None:
    assert_enters_at("2150-03-05 22:20:00", at, DIED, "discharge")


@pytest.mark.parametrize("name", ["stored after the discharge", "stored before the discharge"])
def test_the_event_profile_shows_no_discharge_note_before_the_discharge(
    at: Reader, name: str
) -> None:
    """Its charttime is the midnight before: it is never read as an event."""
    patient, _ = SUMMARIES[name]
    before = at(patient, "2150-03-05 15:19:59", "event")
    assert (before.rows("discharge"), before.rows("discharge_detail")) == ([], [])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_discharge_note_of_a_stay_that_the_record_does_not_hold_is_never_shown(
    at: Reader, profile: ProfileName
) -> None:
    assert at(STAY_UNKNOWN, LATE, profile).rows("discharge") == []


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(("patient", "known"), REPORTS.values(), ids=REPORTS)
def test_a_radiology_report_and_its_details_enter_at_the_later_of_exam_and_storage(
    at: Reader, patient: Patient, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, patient, "radiology", profile)
    exam = {"field_name": "exam_name", "field_value": "CHEST (PA AND LAT)"}
    assert_enters_at(known, at, patient, "radiology_detail", profile, **exam)
    code = {"field_name": "exam_code", "field_value": "C11"}
    assert_enters_at(known, at, patient, "radiology_detail", profile, **code)


def test_the_event_profile_shows_a_report_at_the_exam_without_its_storetime(at: Reader) -> None:
    patient, stored = REPORTS["stored later"]
    assert_enters_at("2150-03-05 08:00:00", at, patient, "radiology", "event")
    assert_shown_from(stored, at, patient, "radiology", {"storetime": stored}, "event")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_billing_code_of_an_exam_is_never_shown(at: Reader, profile: ProfileName) -> None:
    for patient, _ in REPORTS.values():
        fields = [row["field_name"] for row in at(patient, LATE, profile).rows("radiology_detail")]
        assert sorted(fields) == ["exam_code", "exam_name"]


def test_a_report_does_not_name_its_addendum_before_that_is_stored(at: Reader) -> None:
    assert_enters_at(
        "2150-03-07 10:30:00", at, AMENDED, "radiology", text="On second reading a small nodule."
    )
    before = at(AMENDED, "2150-03-07 10:29:59")
    named = before.rows("radiology_detail", field_name="addendum_note_id")
    assert [row["field_value"] for row in named] in ([], [None])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_report_and_its_addendum_name_each_other_once_both_are_stored(
    at: Reader, profile: ProfileName
) -> None:
    view = at(AMENDED, "2150-03-07 10:30:00", profile)
    parent = view.row("radiology", text="No acute process.")["note_id"]
    addendum = view.row("radiology", text="On second reading a small nodule.")["note_id"]
    details = {
        (row["note_id"], row["field_name"], row["field_value"])
        for row in view.rows("radiology_detail")
    }
    assert details == {
        (parent, "addendum_note_id", addendum),
        (addendum, "parent_note_id", parent),
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_a_report_never_names_an_addendum_that_the_record_does_not_hold(
    at: Reader, profile: ProfileName
) -> None:
    named = at(ADDENDUM_LOST, LATE, profile).rows("radiology_detail", field_name="addendum_note_id")
    assert [row["field_value"] for row in named] in ([], [None])


def test_a_detail_of_a_report_that_the_record_does_not_hold_is_never_shown(at: Reader) -> None:
    assert at(ADDENDUM_LOST, LATE).rows("radiology_detail", field_name="exam_name") == []
