"""When a chest X-ray is known, and when what was read of it."""

from __future__ import annotations

import pytest

from .raw_record import Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()
TAKEN = "2150-03-05 08:10:00"
READ = {
    "report_path": "files/p10/p10000001/s50000001.txt",
    "chexpert_edema": 1,
    "chexpert_pneumothorax": -1,
    "negbio_no_finding": 0,
}


def imaged(*notes: tuple[str, str | None], kind: str = "RR") -> Patient:
    """A patient with an X-ray and radiology notes of (charttime, storetime)."""
    patient = COHORT.patient()
    patient.stay("2150-03-01 12:00:00", "2150-03-12 15:00:00")
    patient.add("cxr", studydatetime=TAKEN, viewposition="AP", image_path="files/x.dcm", **READ)
    for charttime, storetime in notes:
        patient.add(
            "radiology", charttime=charttime, storetime=storetime, text="Chest.", note_type=kind
        )
    return patient


REPORTED: dict[str, tuple[Patient, str]] = {
    "no note at all": (imaged(), "2150-03-06 08:10:00"),
    "a note of the same minute": (
        imaged((TAKEN, "2150-03-05 13:07:00")),
        "2150-03-05 13:07:00",
    ),
    "a note that was never stored": (imaged((TAKEN, None)), "2150-03-06 08:10:00"),
    "a note charted 2 hours before": (
        imaged(("2150-03-05 06:10:00", "2150-03-05 09:00:00")),
        "2150-03-05 09:00:00",
    ),
    "a note charted 2 hours and a second before": (
        imaged(("2150-03-05 06:09:59", "2150-03-05 09:00:00")),
        "2150-03-06 08:10:00",
    ),
    "a note charted 2 hours after": (
        imaged(("2150-03-05 10:10:00", "2150-03-05 11:00:00")),
        "2150-03-05 11:00:00",
    ),
    "a note charted 2 hours and a second after": (
        imaged(("2150-03-05 10:10:01", "2150-03-05 11:00:00")),
        "2150-03-06 08:10:00",
    ),
    "a note signed before the study": (
        imaged(("2150-03-05 07:00:00", "2150-03-05 08:10:00")),
        "2150-03-06 08:10:00",
    ),
    "a note signed a second after the study": (
        imaged(("2150-03-05 07:00:00", "2150-03-05 08:10:01")),
        "2150-03-05 08:10:01",
    ),
    "two notes, of which the other is later": (
        imaged((TAKEN, "2150-03-05 09:00:00"), ("2150-03-05 09:30:00", "2150-03-08 10:00:00")),
        "2150-03-08 10:00:00",
    ),
    "an addendum of days later": (
        imaged((TAKEN, "2150-03-09 10:30:00"), kind="AR"),
        "2150-03-09 10:30:00",
    ),
}

WITH_PARTS_OF_A_SECOND = COHORT.patient()
WITH_PARTS_OF_A_SECOND.add("cxr", studydatetime="2150-03-05 21:30:14.531000", **READ)

TIMELESS = COHORT.patient()
TIMELESS.add("cxr", **READ)

RANDOM_IDS = COHORT.patient()
for number, minute in ((59_999_999, "01"), (50_000_001, "02"), (57_000_000, "03")):
    RANDOM_IDS.add(
        "cxr",
        study_id=number,
        dicom_id=f"{number:x}-a-b-c-d",
        studydatetime=f"2150-03-05 08:{minute}:00",
        image_path=f"files/p10/p10000001/s{number}/{number:x}-a-b-c-d.jpg",
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_an_x_ray_enters_when_it_is_taken(at: Reader, profile: ProfileName) -> None:
    patient, _ = REPORTED["a note of the same minute"]
    assert_enters_at(TAKEN, at, patient, "cxr", profile)
    row = at(patient, TAKEN, profile).row("cxr")
    assert (row["viewposition"], row["image_path"]) == ("AP", "files/x.dcm")


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(("patient", "told"), REPORTED.values(), ids=REPORTED)
def test_report_and_labels_wait_for_the_notes_around_the_study_or_for_a_day(
    at: Reader, patient: Patient, told: str, profile: ProfileName
) -> None:
    assert_shown_from(told, at, patient, "cxr", READ, profile)


def test_the_event_profile_shows_report_and_labels_with_the_image(at: Reader) -> None:
    for patient, _ in REPORTED.values():
        row = at(patient, TAKEN, "event").row("cxr")
        assert {column: row[column] for column in READ} == READ


def test_parts_of_a_second_count_for_the_next_second(at: Reader) -> None:
    assert_enters_at("2150-03-05 21:30:15", at, WITH_PARTS_OF_A_SECOND, "cxr")
    assert_shown_from("2150-03-06 21:30:15", at, WITH_PARTS_OF_A_SECOND, "cxr", READ)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_x_ray_without_a_time_is_never_shown(at: Reader, profile: ProfileName) -> None:
    assert at(TIMELESS, "2199-01-01 00:00:00", profile).rows("cxr") == []


def test_ids_and_paths_are_those_of_the_files_and_rows_run_in_time(at: Reader) -> None:
    rows = at(RANDOM_IDS, "2150-03-06 00:00:00").table("cxr")
    assert [row["study_id"] for row in rows] == [59_999_999, 50_000_001, 57_000_000]
    for row in rows:
        assert row["image_path"].endswith(f"/s{row['study_id']}/{row['dicom_id']}.jpg")
