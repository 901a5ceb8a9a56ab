"""The worked boundary cases at the end of the availability rules, one test each."""

from __future__ import annotations

from .raw_record import Cohort
from .reading import Reader

COHORT = Cohort()

LAB = COHORT.patient()
LAB.add(
    "labevents",
    itemid=50912,
    charttime="2150-03-05 07:50:00",
    storetime="2150-03-05 09:10:00",
    value="1.4",
    valuenum=1.4,
)

CULTURE = COHORT.patient()
CULTURE.add(
    "microbiologyevents",
    chartdate="2150-03-01",
    charttime="2150-03-01 10:00:00",
    storedate="2150-03-04",
    storetime="2150-03-04 11:30:00",
    test_name="BLOOD CULTURE",
    org_name="ESCHERICHIA COLI",
)

INFUSION = COHORT.patient()
INFUSION.add(
    "inputevents",
    itemid=221906,
    starttime="2150-03-05 06:00:00",
    endtime="2150-03-05 12:00:00",
    storetime="2150-03-05 06:04:00",
    amount=36,
    amountuom="ml",
    rate=6,
    rateuom="mL/hour",
    statusdescription="Stopped",
    continueinnextdept=1,
)

SUMMARY = COHORT.patient()
SUMMARY_STAY = SUMMARY.stay("2150-03-01 12:00:00", "2150-03-05 15:20:00")
SUMMARY.add(
    "discharge",
    hadm_id=SUMMARY_STAY,
    charttime="2150-03-05 00:00:00",
    storetime="2150-03-05 07:00:00",
    text="She was sent home.",
)

WEIGHT = COHORT.patient()
WEIGHT.add("omr", chartdate="2150-03-05", seq_num=1, result_name="Weight (Lbs)", result_value="150")

ORDER = COHORT.patient()
STOPPING = f"{ORDER.subject_id}-90"
STOPPED = ORDER.order(
    "2150-03-05 06:00:00",
    order_type="IV therapy",
    discontinued_by_poe_id=STOPPING,
    order_status="Inactive",
)
ORDER.add(
    "poe",
    poe_id=STOPPING,
    ordertime="2150-03-05 18:00:00",
    order_type="IV therapy",
    transaction_type="D/C",
    discontinue_of_poe_id=STOPPED,
)

EMERGENCY = COHORT.patient()
ADMITTED_LATER = EMERGENCY.stay("2150-03-05 14:00:00", "2150-03-09 10:00:00")
EMERGENCY.add(
    "labevents",
    itemid=50912,
    hadm_id=ADMITTED_LATER,
    charttime="2150-03-05 09:00:00",
    storetime="2150-03-05 10:00:00",
    valuenum=1.1,
)

RETURNING = COHORT.patient()
FIRST_STAY = RETURNING.stay("2149-01-01 12:00:00", "2149-01-06 16:00:00")
SECOND_STAY = RETURNING.stay("2150-03-01 12:00:00", "2150-03-09 16:00:00")
RETURNING.add("diagnoses_icd", hadm_id=FIRST_STAY, seq_num=1, icd_code="I10", icd_version=10)
RETURNING.add("diagnoses_icd", hadm_id=SECOND_STAY, seq_num=1, icd_code="I469", icd_version=10)


def test_a_lab_drawn_before_the_cutoff_and_stored_after_it_is_hidden(at: Reader) -> None:
    assert at(LAB, "2150-03-05 08:00:00").rows("labevents") == []


def test_the_event_profile_shows_that_lab_without_its_storetime(at: Reader) -> None:
    lab = at(LAB, "2150-03-05 08:00:00", "event").row("labevents")
    assert (lab["valuenum"], lab["charttime"]) == (1.4, "2150-03-05 07:50:00")
    assert lab["storetime"] is None


def test_a_culture_of_the_first_day_stored_on_the_fourth_is_hidden_on_the_second(
    at: Reader,
) -> None:
    assert at(CULTURE, "2150-03-02 10:00:00").rows("microbiologyevents") == []


def test_a_running_infusion_shows_its_rate_and_neither_end_amount_nor_status(at: Reader) -> None:
    running = at(INFUSION, "2150-03-05 08:00:00").row("inputevents")
    assert (running["rate"], running["rateuom"]) == (6.0, "mL/hour")
    assert running["starttime"] == "2150-03-05 06:00:00"
    for column in ("endtime", "amount", "statusdescription", "continueinnextdept"):
        assert running[column] is None, column


def test_a_discharge_summary_charted_at_midnight_is_hidden_in_the_morning_of_the_discharge(
    at: Reader,
) -> None:
    assert at(SUMMARY, "2150-03-05 08:00:00").rows("discharge") == []


def test_an_outpatient_measurement_known_by_its_date_is_hidden_on_that_day(at: Reader) -> None:
    assert at(WEIGHT, "2150-03-05 10:00:00").rows("omr", result_name="Weight (Lbs)") == []


def test_an_outpatient_measurement_known_by_its_date_is_shown_at_the_next_midnight(
    at: Reader,
) -> None:
    weight = at(WEIGHT, "2150-03-06 00:00:00").row("omr", result_name="Weight (Lbs)")
    assert (weight["chartdate"], weight["result_value"]) == ("2150-03-05", "150")


def test_an_order_that_is_stopped_later_does_not_say_by_which_order(at: Reader) -> None:
    standing = at(ORDER, "2150-03-05 12:00:00").row("poe")
    assert standing["ordertime"] == "2150-03-05 06:00:00"
    assert standing["discontinued_by_poe_id"] is None


def test_a_lab_of_the_emergency_department_is_shown_before_the_admission_without_its_hadm_id(
    at: Reader,
) -> None:
    lab = at(EMERGENCY, "2150-03-05 13:00:00").row("labevents")
    assert (lab["valuenum"], lab["hadm_id"]) == (1.1, None)


def test_the_codes_of_an_earlier_stay_are_shown_and_those_of_the_current_are_not(
    at: Reader,
) -> None:
    shown = at(RETURNING, "2150-03-05 12:00:00").rows("diagnoses_icd")
    assert [(row["hadm_id"], row["icd_code"]) for row in shown] == [(FIRST_STAY, "I10")]
