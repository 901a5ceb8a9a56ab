"""When orders, their pharmacy side and the administrations are known."""

from __future__ import annotations

import pytest

from .raw_record import Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_enters_at, assert_shown_from

COHORT = Cohort()
LATE = "2151-01-01 00:00:00"
"""A moment long after everything in this module."""

# --- poe -------------------------------------------------------------------------------------

CHAIN = COHORT.patient()
CHAIN_FIRST, CHAIN_SECOND = f"{CHAIN.subject_id}-11", f"{CHAIN.subject_id}-37"
CHAIN.order(
    "2150-03-05 06:00:00",
    poe_id=CHAIN_FIRST,
    order_type="Medications",
    transaction_type="New",
    discontinued_by_poe_id=CHAIN_SECOND,
    order_status="Inactive",
)
CHAIN.order(
    "2150-03-05 18:00:00",
    poe_id=CHAIN_SECOND,
    order_type="Medications",
    transaction_type="Change",
    discontinue_of_poe_id=CHAIN_FIRST,
    order_status="Active",
)

CROSSED_CHAIN = COHORT.patient()
CROSSED_FIRST, CROSSED_SECOND = f"{CROSSED_CHAIN.subject_id}-11", f"{CROSSED_CHAIN.subject_id}-37"
CROSSED_CHAIN.order("2150-03-05 18:00:00", poe_id=CROSSED_FIRST, order_type="Lab")
CROSSED_CHAIN.order(
    "2150-03-05 06:00:00",
    poe_id=CROSSED_SECOND,
    order_type="Radiology",
    discontinue_of_poe_id=CROSSED_FIRST,
)

DANGLING = COHORT.patient()
DANGLING.order(
    "2150-03-05 06:00:00", order_type="Lab", discontinued_by_poe_id=f"{DANGLING.subject_id}-9999"
)

DETAILED = COHORT.patient()
CONSULT = DETAILED.order("2150-03-05 06:00:00", order_type="Consults")
DISCHARGE = DETAILED.order("2150-03-05 07:00:00", order_type="ADT orders")
CONSULT_NEVER_TIMED = DETAILED.order("2150-03-05 08:00:00", order_type="Consults")


def detail(poe_id: str, field_name: str, field_value: str) -> None:
    """A row of poe_detail of DETAILED."""
    DETAILED.add(
        "poe_detail",
        poe_id=poe_id,
        field_name=field_name,
        field_value=field_value,
    )


detail(CONSULT, "Level of Urgency", "Urgent (within 2 hours)")
detail(CONSULT, "Consult Status", "Accepted")
detail(CONSULT, "Consult Status Time", "2150-03-05 11:20:30")
detail(DISCHARGE, "Discharge When", "Discharge Now")
detail(CONSULT_NEVER_TIMED, "Consult Status", "Declined")
detail(f"{DETAILED.subject_id}-9999", "Code status", "Resuscitate (Full code)")


@pytest.mark.parametrize("profile", PROFILES)
def test_an_order_enters_at_its_ordertime(at: Reader, profile: ProfileName) -> None:
    assert_enters_at("2150-03-05 06:00:00", at, CHAIN, "poe", profile, transaction_type="New")
    assert_enters_at("2150-03-05 18:00:00", at, CHAIN, "poe", profile, transaction_type="Change")


@pytest.mark.parametrize("profile", PROFILES)
def test_an_order_names_the_order_that_stops_it_once_that_is_written(
    at: Reader, profile: ProfileName
) -> None:
    before = at(CHAIN, "2150-03-05 17:59:59", profile).row("poe", transaction_type="New")
    assert before["discontinued_by_poe_id"] is None
    after = at(CHAIN, "2150-03-05 18:00:00", profile)
    stopping = after.row("poe", transaction_type="Change")
    stopped = after.row("poe", transaction_type="New")
    assert stopped["discontinued_by_poe_id"] == stopping["poe_id"]
    assert stopping["discontinue_of_poe_id"] == stopped["poe_id"]


def test_an_order_does_not_name_an_order_that_is_written_later(at: Reader) -> None:
    before = at(CROSSED_CHAIN, "2150-03-05 17:59:59").row("poe")
    assert (before["order_type"], before["discontinue_of_poe_id"]) == ("Radiology", None)
    after = at(CROSSED_CHAIN, "2150-03-05 18:00:00")
    named = after.row("poe", order_type="Radiology")["discontinue_of_poe_id"]
    assert named == after.row("poe", order_type="Lab")["poe_id"]


def test_an_order_never_names_an_order_that_the_record_does_not_hold(at: Reader) -> None:
    assert at(DANGLING, LATE).row("poe")["discontinued_by_poe_id"] is None


@pytest.mark.parametrize("profile", PROFILES)
def test_the_status_of_an_order_is_never_shown(at: Reader, profile: ProfileName) -> None:
    """It is the status at extraction, of no moment of the record."""
    orders = at(CHAIN, LATE, profile).rows("poe")
    assert [order["order_status"] for order in orders] == [None, None]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_detail_of_an_order_enters_with_its_order(at: Reader, profile: ProfileName) -> None:
    known = "2150-03-05 06:00:00"
    urgency = {"field_name": "Level of Urgency", "field_value": "Urgent (within 2 hours)"}
    assert_enters_at(known, at, DETAILED, "poe_detail", profile, **urgency)
    planned = {"field_name": "Discharge When", "field_value": "Discharge Now"}
    assert_enters_at("2150-03-05 07:00:00", at, DETAILED, "poe_detail", profile, **planned)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("value", ["Accepted", "2150-03-05 11:20:30"])
def test_how_and_when_a_consult_was_answered_is_known_at_that_time(
    at: Reader, value: str, profile: ProfileName
) -> None:
    """Both the status and its time, which stand in two rows of the same order."""
    known = "2150-03-05 11:20:30"
    assert_enters_at(known, at, DETAILED, "poe_detail", profile, field_value=value)


def test_an_answer_to_a_consult_without_a_time_is_never_shown(at: Reader) -> None:
    """Nobody knows when it was given, and an unknown moment never means now."""
    assert at(DETAILED, LATE).rows("poe_detail", field_value="Declined") == []


def test_a_detail_of_an_order_that_the_record_does_not_hold_is_never_shown(at: Reader) -> None:
    assert at(DETAILED, LATE).rows("poe_detail", field_name="Code status") == []


# --- pharmacy --------------------------------------------------------------------------------

FILLED = COHORT.patient()
FILLED.add(
    "pharmacy",
    pharmacy_id=71,
    poe_id=FILLED.order("2150-03-05 09:15:00", order_type="Medications"),
    starttime="2150-03-05 20:00:00",
    stoptime="2150-03-08 19:00:00",
    medication="Vancomycin",
    proc_type="IV Piggyback",
    status="Discontinued via patient discharge",
    entertime="2150-03-05 09:00:00",
    verifiedtime="2150-03-05 09:40:12",
    dispensation="Floor Stock Item",
    fill_quantity="3",
    route="IV",
    frequency="Q12H",
)
NEVER_VERIFIED = COHORT.patient()
NEVER_VERIFIED.add(
    "pharmacy",
    pharmacy_id=71,
    starttime="2150-03-05 10:00:00",
    medication="Vancomycin",
    entertime="2150-03-05 09:00:00",
    dispensation="Floor Stock Item",
    fill_quantity="3",
)
BARE_DATES = COHORT.patient()
BARE_DATES.add(
    "pharmacy",
    pharmacy_id=71,
    medication="entered on a date",
    entertime="2150-03-05",
)
BARE_DATES.add(
    "pharmacy",
    pharmacy_id=72,
    medication="stopped on a date",
    entertime="2150-03-05 06:00:00",
    stoptime="2150-03-06",
)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_pharmacy_order_is_not_shown_before_it_is_entered(
    at: Reader, profile: ProfileName
) -> None:
    assert at(FILLED, "2150-03-05 08:59:59", profile).rows("pharmacy") == []


@pytest.mark.parametrize("profile", ["available", "strict"])
def test_a_pharmacy_order_enters_at_its_entertime_with_its_planned_start(
    at: Reader, profile: ProfileName
) -> None:
    assert_enters_at("2150-03-05 09:00:00", at, FILLED, "pharmacy", profile)
    row = at(FILLED, "2150-03-05 09:00:00", profile).row("pharmacy")
    assert (row["medication"], row["starttime"]) == ("Vancomycin", "2150-03-05 20:00:00")
    assert (row["route"], row["frequency"]) == ("IV", "Q12H")


def test_the_stop_of_a_pharmacy_order_is_hidden_until_it_comes(at: Reader) -> None:
    shown = {"stoptime": "2150-03-08 19:00:00"}
    assert_shown_from("2150-03-08 19:00:00", at, FILLED, "pharmacy", shown)


def test_what_the_pharmacy_dispensed_is_hidden_until_it_verified(at: Reader) -> None:
    shown = {
        "verifiedtime": "2150-03-05 09:40:12",
        "dispensation": "Floor Stock Item",
        "fill_quantity": "3",
    }
    assert_shown_from("2150-03-05 09:40:12", at, FILLED, "pharmacy", shown)


def test_what_was_dispensed_without_verification_is_never_shown(at: Reader) -> None:
    row = at(NEVER_VERIFIED, LATE).row("pharmacy")
    assert (row["verifiedtime"], row["dispensation"], row["fill_quantity"]) == (None, None, None)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_status_of_a_pharmacy_order_is_never_shown(at: Reader, profile: ProfileName) -> None:
    """It is the status at extraction and says how the stay ended."""
    assert at(FILLED, LATE, profile).row("pharmacy")["status"] is None


def test_a_pharmacy_order_names_its_order_once_that_is_written(at: Reader) -> None:
    before = at(FILLED, "2150-03-05 09:14:59").row("pharmacy")
    assert before["poe_id"] is None
    after = at(FILLED, "2150-03-05 09:15:00")
    assert after.row("pharmacy")["poe_id"] == after.row("poe")["poe_id"]


def test_a_bare_date_of_entry_means_the_end_of_that_day(at: Reader) -> None:
    """The rules: raw times mix datetime and date-only strings; a bare date is not midnight."""
    entered = {"medication": "entered on a date"}
    assert at(BARE_DATES, "2150-03-05 12:00:00").rows("pharmacy", **entered) == []
    assert len(at(BARE_DATES, "2150-03-06 00:00:00").rows("pharmacy", **entered)) == 1


def test_a_bare_date_of_stop_is_hidden_on_that_day(at: Reader) -> None:
    stopped = {"medication": "stopped on a date"}
    row = at(BARE_DATES, "2150-03-06 12:00:00").row("pharmacy", **stopped)
    assert row["stoptime"] is None


# --- prescriptions ---------------------------------------------------------------------------


def prescribed(patient: Patient, drug: str, **cells: object) -> None:
    """A prescription that is planned to start at 20:00 and stops three days later."""
    patient.add(
        "prescriptions",
        drug=drug,
        drug_type="MAIN",
        starttime="2150-03-05 20:00:00",
        stoptime="2150-03-08 19:00:00",
        dose_val_rx="500",
        **cells,
    )


PRESCRIBED = COHORT.patient()
EARLY_ORDER = PRESCRIBED.order("2150-03-05 08:30:00", order_type="Medications")
LATE_ORDER = PRESCRIBED.order("2150-03-05 23:30:00", order_type="Medications")
for pharmacy_id, entertime in ((81, "2150-03-05 09:00:00"), (82, "2150-03-05 07:00:00")):
    PRESCRIBED.add("pharmacy", pharmacy_id=pharmacy_id, medication="x", entertime=entertime)
prescribed(PRESCRIBED, "ordered", poe_id=EARLY_ORDER, pharmacy_id=81)
prescribed(PRESCRIBED, "entered before it was ordered", poe_id=EARLY_ORDER, pharmacy_id=82)
prescribed(PRESCRIBED, "started before it was ordered", poe_id=LATE_ORDER)
prescribed(PRESCRIBED, "entered", pharmacy_id=81)
prescribed(
    PRESCRIBED,
    "entered, order lost",
    poe_id=f"{PRESCRIBED.subject_id}-9999",
    pharmacy_id=81,
)
prescribed(PRESCRIBED, "neither ordered nor entered")
prescribed(
    PRESCRIBED, "order and entry lost", poe_id=f"{PRESCRIBED.subject_id}-9998", pharmacy_id=9
)

THREE_PARTS = COHORT.patient()
THREE_PARTS.add(
    "pharmacy",
    pharmacy_id=91,
    medication="Heparin",
    entertime="2150-03-05 09:00:00",
)
for drug_type, part in (("MAIN", "Heparin"), ("BASE", "D5W"), ("ADDITIVE", "Potassium Chloride")):
    THREE_PARTS.add(
        "prescriptions",
        pharmacy_id=91,
        drug_type=drug_type,
        drug=part,
        starttime="2150-03-05 10:00:00",
    )


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(
    ("drug", "known"),
    [
        ("ordered", "2150-03-05 08:30:00"),
        ("entered before it was ordered", "2150-03-05 08:30:00"),
        ("started before it was ordered", "2150-03-05 23:30:00"),
        ("entered", "2150-03-05 09:00:00"),
        ("entered, order lost", "2150-03-05 09:00:00"),
        ("neither ordered nor entered", "2150-03-05 20:00:00"),
        ("order and entry lost", "2150-03-05 20:00:00"),
    ],
)
def test_a_prescription_enters_with_its_order_else_its_pharmacy_entry_else_its_start(
    at: Reader, drug: str, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, PRESCRIBED, "prescriptions", profile, drug=drug)


def test_a_prescription_shows_its_planned_start_and_hides_its_stop(at: Reader) -> None:
    row = at(PRESCRIBED, "2150-03-05 08:30:00").row("prescriptions", drug="ordered")
    assert (row["starttime"], row["dose_val_rx"]) == ("2150-03-05 20:00:00", "500")
    shown = {"stoptime": "2150-03-08 19:00:00"}
    assert_shown_from("2150-03-08 19:00:00", at, PRESCRIBED, "prescriptions", shown, drug="ordered")


def test_a_prescription_names_its_pharmacy_entry_once_that_is_made(at: Reader) -> None:
    before = at(PRESCRIBED, "2150-03-05 08:59:59").row("prescriptions", drug="ordered")
    assert before["pharmacy_id"] is None
    after = at(PRESCRIBED, "2150-03-05 09:00:00")
    entered = after.row("pharmacy", entertime="2150-03-05 09:00:00")
    assert after.row("prescriptions", drug="ordered")["pharmacy_id"] == entered["pharmacy_id"]


def test_a_prescription_names_its_order(at: Reader) -> None:
    view = at(PRESCRIBED, "2150-03-05 08:30:00")
    named = view.row("prescriptions", drug="ordered")
    order = view.row("poe")
    assert (named["poe_id"], named["poe_seq"]) == (order["poe_id"], order["poe_seq"])


@pytest.mark.parametrize("drug", ["entered, order lost", "order and entry lost"])
def test_a_prescription_never_names_an_order_that_the_record_does_not_hold(
    at: Reader, drug: str
) -> None:
    row = at(PRESCRIBED, LATE).row("prescriptions", drug=drug)
    assert (row["poe_id"], row["poe_seq"]) == (None, None)


def test_the_parts_of_a_mixed_drug_are_shown_once_each(at: Reader) -> None:
    rows = at(THREE_PARTS, "2150-03-05 09:00:00").rows("prescriptions")
    assert sorted((row["drug_type"], row["drug"]) for row in rows) == [
        ("ADDITIVE", "Potassium Chloride"),
        ("BASE", "D5W"),
        ("MAIN", "Heparin"),
    ]


# --- emar ------------------------------------------------------------------------------------

GIVEN = COHORT.patient()
GIVEN_ORDER = GIVEN.order("2150-03-05 10:30:00", order_type="Medications")
GIVEN.add("pharmacy", pharmacy_id=61, medication="Heparin", entertime="2150-03-05 10:45:00")
STORED_LATER = GIVEN.add(
    "emar",
    poe_id=GIVEN_ORDER,
    pharmacy_id=61,
    charttime="2150-03-05 10:00:00",
    storetime="2150-03-05 10:20:00",
    scheduletime="2150-03-05 12:00:00",
    medication="Heparin",
    event_txt="Administered",
)
STORED_EARLIER = GIVEN.add(
    "emar",
    charttime="2150-03-05 14:00:00",
    storetime="2150-03-05 13:40:00",
    scheduletime="2150-03-05 14:00:00",
    medication="Insulin",
    event_txt="Not Given",
)
for given, dose in ((STORED_LATER, "5000"), (STORED_EARLIER, "4")):
    GIVEN.add(
        "emar_detail",
        emar_id=given["emar_id"],
        parent_field_ordinal="1.1",
        pharmacy_id=61,
        dose_given=dose,
    )
GIVEN.add("emar_detail", emar_id=f"{GIVEN.subject_id}-9999", dose_given="lost")


@pytest.mark.parametrize("profile", ["available", "strict"])
@pytest.mark.parametrize(
    ("medication", "dose", "known"),
    [("Heparin", "5000", "2150-03-05 10:20:00"), ("Insulin", "4", "2150-03-05 14:00:00")],
)
def test_an_administration_and_its_details_enter_at_the_later_of_given_and_stored(
    at: Reader, medication: str, dose: str, known: str, profile: ProfileName
) -> None:
    assert_enters_at(known, at, GIVEN, "emar", profile, medication=medication)
    assert_enters_at(known, at, GIVEN, "emar_detail", profile, dose_given=dose)


def test_the_event_profile_shows_an_administration_when_it_was_given(at: Reader) -> None:
    given = "2150-03-05 10:00:00"
    assert_enters_at(given, at, GIVEN, "emar", "event", medication="Heparin")
    assert_enters_at(given, at, GIVEN, "emar_detail", "event", dose_given="5000")
    stored = {"storetime": "2150-03-05 10:20:00"}
    assert_shown_from(
        "2150-03-05 10:20:00", at, GIVEN, "emar", stored, "event", medication="Heparin"
    )


def test_the_schedule_of_an_administration_may_lie_ahead(at: Reader) -> None:
    row = at(GIVEN, "2150-03-05 10:20:00").row("emar", medication="Heparin")
    assert row["scheduletime"] == "2150-03-05 12:00:00"


def test_a_detail_names_its_administration(at: Reader) -> None:
    view = at(GIVEN, LATE)
    for medication, dose in (("Heparin", "5000"), ("Insulin", "4")):
        given = view.row("emar", medication=medication)
        named = view.row("emar_detail", dose_given=dose)
        assert (named["emar_id"], named["emar_seq"]) == (given["emar_id"], given["emar_seq"])


def test_an_administration_names_its_order_once_that_is_written(at: Reader) -> None:
    before = at(GIVEN, "2150-03-05 10:29:59").row("emar", medication="Heparin")
    assert before["poe_id"] is None
    after = at(GIVEN, "2150-03-05 10:30:00")
    assert after.row("emar", medication="Heparin")["poe_id"] == after.row("poe")["poe_id"]


@pytest.mark.parametrize(
    ("table", "cells"),
    [("emar", {"medication": "Heparin"}), ("emar_detail", {"dose_given": "5000"})],
)
def test_an_administration_names_its_pharmacy_entry_once_that_is_made(
    at: Reader, table: str, cells: dict[str, str]
) -> None:
    before = at(GIVEN, "2150-03-05 10:44:59").row(table, **cells)
    assert before["pharmacy_id"] is None
    after = at(GIVEN, "2150-03-05 10:45:00")
    assert after.row(table, **cells)["pharmacy_id"] == after.row("pharmacy")["pharmacy_id"]


def test_a_detail_of_an_administration_that_the_record_does_not_hold_is_never_shown(
    at: Reader,
) -> None:
    assert at(GIVEN, LATE).rows("emar_detail", dose_given="lost") == []
