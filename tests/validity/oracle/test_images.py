"""Worked cases of the second reading: chest X-rays and what was read of them."""

import pytest

from clinseek.validity.oracle import OracleProfile

from .worked import STAY, column, known, read

TAKEN = "2150-03-05 08:10:00"
IMAGE = {"studydatetime": TAKEN, "report_path": "files/s1.txt", "negbio_edema": 1}


def opens(
    *notes: tuple[str, str | None], profile: OracleProfile = "available"
) -> tuple[str | None, str | None]:
    """When the report's path and a label open beside notes of (charttime, storetime)."""
    reading = read(
        profile,
        admissions=[STAY],
        cxr=[IMAGE],
        radiology=[
            {"note_id": f"1-RR-{n}", "note_type": "RR", "charttime": charted, "storetime": stored}
            for n, (charted, stored) in enumerate(notes)
        ],
    )
    return reading.opens("cxr", 0, "report_path"), reading.opens("cxr", 0, "negbio_edema")


@pytest.mark.parametrize("profile", ["available", "strict", "event"])
def test_an_x_ray_is_known_when_it_is_taken(profile: OracleProfile) -> None:
    assert known("cxr", profile, studydatetime=TAKEN) == TAKEN


def test_an_x_ray_without_a_time_is_never_known() -> None:
    assert known("cxr", report_path="files/s1.txt") is None


def test_without_a_note_what_was_read_is_known_a_day_later() -> None:
    assert opens() == ("2150-03-06 08:10:00", "2150-03-06 08:10:00")


def test_what_was_read_waits_for_the_last_note_of_two_hours_around() -> None:
    early, late = ("2150-03-05 06:10:00", "2150-03-05 09:00:00"), (TAKEN, "2150-03-08 10:00:00")
    assert opens(early) == ("2150-03-05 09:00:00", "2150-03-05 09:00:00")
    assert opens(early, late) == ("2150-03-08 10:00:00", "2150-03-08 10:00:00")


@pytest.mark.parametrize("charted", ["2150-03-05 06:09:59", "2150-03-05 10:10:01"])
def test_a_note_of_another_hour_is_not_waited_for(charted: str) -> None:
    assert opens((charted, "2150-03-09 10:00:00"))[0] == "2150-03-06 08:10:00"


def test_a_note_that_was_known_before_the_study_is_no_report_of_it() -> None:
    assert opens(("2150-03-05 07:00:00", TAKEN))[0] == "2150-03-06 08:10:00"


def test_under_event_what_was_read_is_there_with_the_image() -> None:
    assert opens((TAKEN, "2150-03-08 10:00:00"), profile="event") == (TAKEN, TAKEN)


def test_ids_are_shown_as_they_are() -> None:
    reading = read(cxr=[{**IMAGE, "study_id": 50_414_267, "dicom_id": "02aa804e-bde0afdd"}])
    assert column(reading, "cxr", "study_id", TAKEN) == [50_414_267]
    assert column(reading, "cxr", "dicom_id", TAKEN) == ["02aa804e-bde0afdd"]
