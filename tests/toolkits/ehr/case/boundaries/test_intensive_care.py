"""When what is charted in intensive care is known, infusions and procedures included."""

from __future__ import annotations

import pytest

from .raw_record import HEART_RATE, SERUM_CREATININE, Cells, Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()

# --- icustays --------------------------------------------------------------------------------

STAYED = COHORT.patient()
STAYED.icu(
    "2150-03-05 04:10:20",
    "2150-03-08 16:25:40",
    hadm_id=STAYED.stay("2150-03-05 03:00:00", "2150-03-12 12:00:00"),
    first_careunit="Medical Intensive Care Unit (MICU)",
    last_careunit="Coronary Care Unit (CCU)",
    los=3.51,
)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_stay_in_intensive_care_enters_at_its_intime(at: Reader, profile: ProfileName) -> None:
    assert_enters_at("2150-03-05 04:10:20", at, STAYED, "icustays", profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_end_of_a_stay_in_intensive_care_its_length_and_last_unit_are_hidden_until_it_comes(
    at: Reader, profile: ProfileName
) -> None:
    end = {
        "outtime": "2150-03-08 16:25:40",
        "los": 3.51,
        "last_careunit": "Coronary Care Unit (CCU)",
    }
    assert_shown_from("2150-03-08 16:25:40", at, STAYED, "icustays", end, profile)


def test_a_stay_in_intensive_care_shows_its_first_unit_from_its_start(at: Reader) -> None:
    row = at(STAYED, "2150-03-05 04:10:20").row("icustays")
    assert row["first_careunit"] == "Medical Intensive Care Unit (MICU)"


# --- chartevents, outputevents, datetimeevents -----------------------------------------------

CHARTED = COHORT.patient()


def charted(itemid: int, value: int, storetime: str | None) -> None:
    """A value of chartevents that was measured at 08:00 on 5 March."""
    CHARTED.add(
        "chartevents",
        itemid=itemid,
        charttime="2150-03-05 08:00:00",
        storetime=storetime,
        value=str(value),
        valuenum=value,
    )


charted(HEART_RATE, 81, "2150-03-05 08:40:00")
charted(HEART_RATE, 82, "2150-03-05 07:30:00")
charted(HEART_RATE, 83, None)
charted(SERUM_CREATININE, 84, "2150-03-05 10:15:00")
charted(SERUM_CREATININE, 85, "2150-03-05 07:45:00")
charted(SERUM_CREATININE, 86, None)
for number, stored in ((1, "2150-03-05 09:05:00"), (2, "2150-03-05 07:45:00")):
    for table in ("outputevents", "datetimeevents"):
        CHARTED.add(
            table,
            itemid=226559 + number,
            charttime="2150-03-05 08:00:00",
            storetime=stored,
            value=number * 100 if table == "outputevents" else "2150-03-09 10:00:00",
        )


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(
    ("value", "known"),
    [
        (81, "2150-03-05 08:40:00"),
        (82, "2150-03-05 08:00:00"),
        (83, "2150-03-05 08:00:00"),
        (84, "2150-03-05 10:15:00"),
        (85, "2150-03-05 08:00:00"),
        (86, "2150-03-06 08:00:00"),
    ],
    ids=[
        "vital sign stored later",
        "vital sign stored before it was measured",
        "vital sign without storetime",
        "lab stored later",
        "lab stored before it was drawn",
        "lab without storetime, a day later",
    ],
)
def test_a_charted_value_enters_at_the_later_of_measured_and_stored(
    at: Reader, value: float, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, CHARTED, "chartevents", profile, valuenum=value)


@pytest.mark.parametrize("value", [81, 82, 83, 84, 85, 86])
def test_the_event_profile_shows_a_charted_value_when_it_was_measured(
    at: Reader, value: float
) -> None:
    measured = "2150-03-05 08:00:00"
    assert_enters_at(measured, at, CHARTED, "chartevents", "event", valuenum=value)


def test_the_event_profile_hides_when_a_value_was_stored_until_then(at: Reader) -> None:
    shown = {"storetime": "2150-03-05 10:15:00"}
    assert_shown_from(
        "2150-03-05 10:15:00", at, CHARTED, "chartevents", shown, "event", valuenum=84
    )


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize("table", ["outputevents", "datetimeevents"])
def test_an_output_and_a_charted_date_enter_at_the_later_of_charted_and_stored(
    at: Reader, table: str, profile: ProfileName
) -> None:
    assert_enters_at("2150-03-05 09:05:00", at, CHARTED, table, profile, itemid=226560)
    assert_enters_at("2150-03-05 08:00:00", at, CHARTED, table, profile, itemid=226561)


@pytest.mark.parametrize("table", ["outputevents", "datetimeevents"])
def test_the_event_profile_shows_an_output_and_a_charted_date_at_their_charttime(
    at: Reader, table: str
) -> None:
    assert_enters_at("2150-03-05 08:00:00", at, CHARTED, table, "event", itemid=226560)


def test_a_charted_date_may_be_a_plan(at: Reader) -> None:
    row = at(CHARTED, "2150-03-05 09:05:00").row("datetimeevents", itemid=226560)
    assert row["value"] == "2150-03-09 10:00:00"


def test_the_strict_profile_hides_a_planned_date_until_it_comes(at: Reader) -> None:
    shown = {"value": "2150-03-09 10:00:00"}
    assert_shown_from(
        "2150-03-09 10:00:00", at, CHARTED, "datetimeevents", shown, "strict", itemid=226560
    )


# --- inputevents, ingredientevents -----------------------------------------------------------

INFUSED: dict[str, tuple[Patient, str, str]] = {}
"""Patients with one infusion 06:00-12:00 by name, when it is known, and when its end is."""


def infused(name: str, storetime: str | None, *, known: str, ended: str) -> None:
    patient = COHORT.patient()
    both: Cells = {
        "starttime": "2150-03-05 06:00:00",
        "endtime": "2150-03-05 12:00:00",
        "storetime": storetime,
        "itemid": 221906,
        "amount": 36,
        "amountuom": "ml",
        "rate": 6,
        "rateuom": "mL/hour",
        "originalrate": 6,
        "statusdescription": "Stopped",
    }
    patient.add("ingredientevents", **both)
    patient.add(
        "inputevents",
        **both,
        totalamount=250,
        totalamountuom="ml",
        patientweight=80,
        continueinnextdept=0,
    )
    INFUSED[name] = (patient, known, ended)


infused(
    "stored soon after the start",
    "2150-03-05 06:04:00",
    known="2150-03-05 06:04:00",
    ended="2150-03-05 12:00:00",
)
infused(
    "stored before the start",
    "2150-03-05 05:50:00",
    known="2150-03-05 06:00:00",
    ended="2150-03-05 12:00:00",
)
infused("never stored", None, known="2150-03-05 06:00:00", ended="2150-03-05 12:00:00")
infused(
    "stored at the end",
    "2150-03-05 12:00:00",
    known="2150-03-05 12:00:00",
    ended="2150-03-05 12:00:00",
)
infused(
    "stored after the end",
    "2150-03-05 12:31:00",
    known="2150-03-05 12:31:00",
    ended="2150-03-05 12:31:00",
)

ENDED = {"endtime": "2150-03-05 12:00:00", "amount": 36.0, "statusdescription": "Stopped"}
INFUSIONS = pytest.mark.parametrize("table", ["inputevents", "ingredientevents"])
STILL_RUNNING = pytest.mark.parametrize(
    "name", ["stored soon after the start", "stored before the start", "never stored"]
)


@INFUSIONS
@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize("name", INFUSED)
def test_an_infusion_enters_at_the_later_of_started_and_stored(
    at: Reader, name: str, table: str, profile: ProfileName
) -> None:
    patient, known, _ = INFUSED[name]
    assert_enters_at(known, at, patient, table, profile)


@INFUSIONS
@pytest.mark.parametrize("profile", ["available", "strict"])
@STILL_RUNNING
def test_the_end_the_amount_and_the_status_of_an_infusion_are_hidden_until_it_ended(
    at: Reader, name: str, table: str, profile: ProfileName
) -> None:
    patient, _, ended = INFUSED[name]
    shown = dict(ENDED)
    if table == "inputevents":
        shown["continueinnextdept"] = 0
    assert_shown_from(ended, at, patient, table, shown, profile)


@INFUSIONS
@pytest.mark.parametrize("name", ["stored at the end", "stored after the end"])
def test_an_infusion_that_is_stored_when_it_is_over_comes_whole(
    at: Reader, name: str, table: str
) -> None:
    patient, known, _ = INFUSED[name]
    row = at(patient, known).row(table)
    assert {column: row[column] for column in ENDED} == ENDED


@INFUSIONS
@pytest.mark.parametrize("name", INFUSED)
def test_the_event_profile_shows_an_infusion_when_it_starts_without_its_end(
    at: Reader, name: str, table: str
) -> None:
    patient, _, _ = INFUSED[name]
    assert_enters_at("2150-03-05 06:00:00", at, patient, table, "event")
    running = at(patient, "2150-03-05 11:59:59", "event").row(table)
    assert {column: running[column] for column in ENDED} == dict.fromkeys(ENDED)
    over = at(patient, "2150-03-05 13:00:00", "event").row(table)
    assert {column: over[column] for column in ENDED} == ENDED


def test_the_rate_and_the_bag_of_a_running_infusion_are_shown(at: Reader) -> None:
    patient, known, _ = INFUSED["stored soon after the start"]
    row = at(patient, known).row("inputevents")
    assert (row["rate"], row["originalrate"], row["patientweight"]) == (6.0, 6.0, 80.0)
    assert (row["totalamount"], row["totalamountuom"]) == (250.0, "ml")
    ingredient = at(patient, known).row("ingredientevents")
    assert (ingredient["rate"], ingredient["originalrate"]) == (6.0, 6.0)


# --- procedureevents -------------------------------------------------------------------------


def ventilated(storetime: str) -> Patient:
    """A patient ventilated from 06:00 on 5 March to 14:50 on 7 March, 3,410 minutes."""
    patient = COHORT.patient()
    patient.add(
        "procedureevents",
        itemid=225792,
        starttime="2150-03-05 06:00:00",
        endtime="2150-03-07 14:50:00",
        storetime=storetime,
        value=3410,
        valueuom="min",
        location="Right Radial.",
        originalamount=3410,
        originalrate=1,
        continueinnextdept=0,
        statusdescription="FinishedRunning",
    )
    return patient


VENTILATED = ventilated("2150-03-05 06:30:00")
VENTILATED_STORED_EARLIER = ventilated("2150-03-05 05:58:00")
VENTILATED_STORED_AFTERWARDS = ventilated("2150-03-07 15:00:00")


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(
    ("patient", "known"),
    [
        (VENTILATED, "2150-03-05 06:30:00"),
        (VENTILATED_STORED_EARLIER, "2150-03-05 06:00:00"),
        (VENTILATED_STORED_AFTERWARDS, "2150-03-07 15:00:00"),
    ],
    ids=["stored later", "stored before the start", "stored afterwards"],
)
def test_a_procedure_enters_at_the_later_of_started_and_stored(
    at: Reader, patient: Patient, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, patient, "procedureevents", profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_end_of_a_procedure_and_its_duration_are_hidden_until_it_ended(
    at: Reader, profile: ProfileName
) -> None:
    end = {
        "endtime": "2150-03-07 14:50:00",
        "value": 3410.0,
        "statusdescription": "FinishedRunning",
        "continueinnextdept": 0,
    }
    assert_shown_from("2150-03-07 14:50:00", at, VENTILATED, "procedureevents", end, profile)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_duration_that_originalamount_repeats_is_hidden_as_long(
    at: Reader, profile: ProfileName
) -> None:
    """The rules name `value` alone; in 1,432 of the 1,468 procedures of the open demo
    originalamount is the same number, so it tells the same future. The measurement wins.
    """
    end = {"originalamount": 3410.0}
    assert_shown_from("2150-03-07 14:50:00", at, VENTILATED, "procedureevents", end, profile)


def test_the_event_profile_shows_a_procedure_when_it_starts(at: Reader) -> None:
    for patient in (VENTILATED, VENTILATED_STORED_EARLIER, VENTILATED_STORED_AFTERWARDS):
        assert_enters_at("2150-03-05 06:00:00", at, patient, "procedureevents", "event")


def test_a_running_procedure_shows_where_it_is_done(at: Reader) -> None:
    row = at(VENTILATED, "2150-03-05 06:30:00").row("procedureevents")
    assert (row["itemid"], row["location"]) == (225792, "Right Radial.")
