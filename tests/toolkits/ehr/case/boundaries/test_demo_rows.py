"""Rows of the open demo, picked in its raw files, with what the rules say of each by hand.

The demo's chartevents carry no storetime and it has no notes: those stand in other modules.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from .reading import ProfileName, Reader, assert_enters_at, assert_shown_from


class Entering(NamedTuple):
    """A row that enters the record of a patient at `known`, and why then."""

    why: str
    table: str
    subject_id: int
    known: str
    cells: dict[str, Any]
    profile: ProfileName = "available"


class Shown(NamedTuple):
    """Columns of a row that are NULL until `moment`, and why until then."""

    why: str
    table: str
    subject_id: int
    moment: str
    cells: dict[str, Any]
    shown: dict[str, Any]
    profile: ProfileName = "available"


CODERS: tuple[tuple[str, str, ProfileName], ...] = (
    ("the deathtime after a dischtime at midnight", "2115-10-12 22:20:00", "available"),
    ("and three days for the coders", "2115-10-15 22:20:00", "strict"),
)
"""10038081 was discharged at 2115-10-12 00:00:00 and died at 22:20:00 of that day."""

HAND_WORKED_ROWS = [
    Entering(
        "admittime",
        "admissions",
        10014729,
        "2125-03-19 16:58:00",
        {"hadm_id": 23300884, "admission_type": "EW EMER."},
    ),
    Entering(
        "intime",
        "transfers",
        10039708,
        "2140-01-23 12:35:00",
        {"eventtype": "ED", "intime": "2140-01-23 12:35:00"},
    ),
    Entering(
        "the discharge row's intime",
        "transfers",
        10039708,
        "2140-02-26 18:15:31",
        {"hadm_id": 28258130, "eventtype": "discharge"},
    ),
    Entering("transfertime", "services", 10038081, "2115-09-27 20:42:20", {"curr_service": "MED"}),
    Entering(
        "chartdate + 1 day",
        "omr",
        10039708,
        "2142-03-27 00:00:00",
        {"chartdate": "2142-03-26", "result_name": "BMI (kg/m2)", "result_value": "30.7"},
    ),
    *(
        Entering(f"D, {why}", table, 10038081, known, cells, profile)
        for table, cells in (
            ("diagnoses_icd", {"seq_num": 1, "icd_code": "56723", "icd_version": 9}),
            ("procedures_icd", {"seq_num": 1, "icd_code": "5491", "chartdate": "2115-09-30"}),
            ("drgcodes", {"drg_type": "APR", "drg_code": "248", "drg_mortality": 3}),
        )
        for why, known, profile in CODERS
    ),
    Entering(
        "chartdate + 1 day, after D",
        "hcpcsevents",
        10024043,
        "2117-02-05 00:00:00",
        {"hadm_id": 25561728, "hcpcs_cd": "G0378"},
    ),
    Entering(
        "D + 3 days, after chartdate + 1 day",
        "hcpcsevents",
        10024043,
        "2117-02-07 11:53:00",
        {"hadm_id": 25561728, "hcpcs_cd": "G0378"},
        "strict",
    ),
    Entering(
        "D, after chartdate + 1 day",
        "hcpcsevents",
        10015860,
        "2187-12-16 14:38:00",
        {"hadm_id": 27670224, "hcpcs_cd": "99219"},
    ),
    Entering(
        "storetime",
        "labevents",
        10014354,
        "2148-08-16 01:30:00",
        {"itemid": 51277, "charttime": "2148-08-16 00:00:00", "valuenum": 15.4},
    ),
    Entering(
        "charttime",
        "labevents",
        10014354,
        "2148-08-16 00:00:00",
        {"itemid": 51277, "charttime": "2148-08-16 00:00:00", "valuenum": 15.4},
        "event",
    ),
    Entering(
        "charttime + 24 hours, never stored",
        "labevents",
        10007818,
        "2146-06-25 04:00:00",
        {"itemid": 51087, "charttime": "2146-06-24 04:00:00"},
    ),
    Entering(
        "D (deathtime), never stored",
        "labevents",
        10007818,
        "2146-07-12 20:50:00",
        {"itemid": 51087, "charttime": "2146-06-24 04:00:00"},
        "strict",
    ),
    Entering(
        "charttime + 24 hours, never stored",
        "labevents",
        10014354,
        "2148-07-02 14:00:00",
        {"itemid": 51087, "charttime": "2148-07-01 14:00:00"},
    ),
    Entering(
        "storetime four days later",
        "microbiologyevents",
        10020944,
        "2131-03-03 13:09:00",
        {"charttime": "2131-02-27 17:41:00", "org_name": "ENTEROCOCCUS SP."},
    ),
    Entering(
        "charttime",
        "microbiologyevents",
        10020944,
        "2131-02-27 17:41:00",
        {"charttime": "2131-02-27 17:41:00", "org_name": "ENTEROCOCCUS SP."},
        "event",
    ),
    Entering(
        "storetime, later than chartdate + 1 day",
        "microbiologyevents",
        10007928,
        "2129-04-07 04:41:00",
        {"chartdate": "2129-04-06", "spec_type_desc": "URINE", "charttime": None},
    ),
    Entering(
        "chartdate + 1 day, later than storetime",
        "microbiologyevents",
        10009049,
        "2174-05-27 00:00:00",
        {"chartdate": "2174-05-26", "test_name": "DIRECT INFLUENZA A ANTIGEN TEST"},
    ),
    Entering(
        "chartdate + 7 days, never stored",
        "microbiologyevents",
        10019003,
        "2155-06-04 00:00:00",
        {"charttime": "2155-05-28 09:20:00", "test_name": "ACID FAST CULTURE"},
    ),
    Entering(
        "ordertime",
        "poe",
        10002930,
        "2201-03-23 14:19:33",
        {"ordertime": "2201-03-23 14:19:33", "order_type": "Nutrition"},
    ),
    Entering(
        "ordertime of its order",
        "poe_detail",
        10014354,
        "2148-07-04 13:53:26",
        # the order of 13:53:26 is the patient's first consult in poe
        {"field_name": "Level of Urgency", "field_value": "Routine (within 24 hours)"},
    ),
    Entering(
        "Consult Status Time",
        "poe_detail",
        10014354,
        "2148-07-04 15:50:39",
        {"field_name": "Consult Status Time", "field_value": "2148-07-04 15:50:39"},
    ),
    Entering(
        "entertime, before its planned start",
        "pharmacy",
        10019172,
        "2118-10-08 13:29:10",
        {"medication": "Metoprolol Tartrate", "starttime": "2118-10-08 20:00:00"},
    ),
    Entering(
        "entertime, after its start",
        "pharmacy",
        10021487,
        "2117-03-03 17:19:54",
        {"medication": "Multivitamins", "starttime": "2117-03-03 10:00:00"},
    ),
    Entering(
        "ordertime, before its entry and its planned start",
        "prescriptions",
        10012853,
        "2177-11-03 13:44:40",
        {"drug": "Influenza Vaccine Quadrivalent", "starttime": "2177-11-03 17:00:00"},
    ),
    Entering(
        "ordertime, after its start",
        "prescriptions",
        10021487,
        "2117-03-03 17:13:38",
        {"drug": "Multivitamins", "starttime": "2117-03-03 10:00:00"},
    ),
    Entering(
        "entertime, without an order, after its start",
        "prescriptions",
        10027602,
        "2201-10-31 12:02:42",
        {"drug": "Lorazepam", "starttime": "2201-10-31 12:00:00"},
    ),
    Entering(
        "entertime, its order is not in the record",
        "prescriptions",
        10005817,
        "2132-12-12 01:50:45",
        {"drug": "Atorvastatin", "starttime": "2132-12-12 02:00:00"},
    ),
    Entering(
        "storetime",
        "emar",
        10014354,
        "2150-05-09 08:20:00",
        {"medication": "Lidocaine 5% Patch", "charttime": "2150-05-09 08:16:00"},
    ),
    Entering(
        "charttime, later than storetime",
        "emar",
        10012853,
        "2176-11-27 10:00:00",
        {"medication": "Docusate Sodium", "charttime": "2176-11-27 10:00:00"},
    ),
    Entering(
        "storetime of its administration, charted at 13:30",
        "emar_detail",
        10039708,
        "2142-03-28 18:12:00",
        {"dose_given": "0.25", "dose_given_unit": "mg", "pharmacy_id": 80400800},
    ),
    Entering(
        "intime",
        "icustays",
        10023117,
        "2175-03-21 03:20:53",
        {"stay_id": 38554095, "first_careunit": "Medical Intensive Care Unit (MICU)"},
    ),
    Entering(
        "charttime, no storetime, not a lab",
        "chartevents",
        10000032,
        "2180-07-23 12:36:00",
        {"itemid": 226512, "valuenum": 39.4},
    ),
    *(
        Entering(
            "charttime + 24 hours, a lab without storetime",
            "chartevents",
            10000032,
            known,
            {"itemid": itemid, "charttime": charttime},
        )
        for itemid, charttime, known in (
            (227464, "2180-07-23 13:06:00", "2180-07-24 13:06:00"),
            (220615, "2180-07-23 21:45:00", "2180-07-24 21:45:00"),
        )
    ),
    Entering(
        "charttime",
        "chartevents",
        10000032,
        "2180-07-23 13:06:00",
        {"itemid": 227464, "charttime": "2180-07-23 13:06:00"},
        "event",
    ),
    Entering(
        "storetime",
        "datetimeevents",
        10002428,
        "2156-05-15 10:51:00",
        {"itemid": 224187, "charttime": "2156-05-15 09:00:00"},
    ),
    Entering(
        "charttime, later than storetime",
        "datetimeevents",
        10037861,
        "2117-03-16 04:00:00",
        {"itemid": 224290, "charttime": "2117-03-16 04:00:00"},
    ),
    Entering(
        "storetime, with a date that lies ahead",
        "datetimeevents",
        10035631,
        "2116-03-07 16:12:00",
        {"itemid": 225369, "charttime": "2116-03-07 16:00:00", "value": "2116-03-07 18:00:00"},
    ),
    Entering(
        "storetime",
        "outputevents",
        10002428,
        "2156-05-15 12:08:00",
        {"itemid": 226559, "charttime": "2156-05-15 12:00:00", "value": 60.0},
    ),
    Entering(
        "charttime, later than storetime",
        "outputevents",
        10002428,
        "2156-05-15 18:00:00",
        {"itemid": 226583, "charttime": "2156-05-15 18:00:00", "value": 600.0},
    ),
    Entering(
        "storetime, while it runs",
        "inputevents",
        10027445,
        "2142-08-30 15:50:00",
        {"orderid": 6434150, "rate": 10.0, "totalamount": 1000.0},
    ),
    Entering(
        "starttime, later than storetime",
        "inputevents",
        10005817,
        "2132-12-15 20:15:00",
        {"itemid": 225798, "starttime": "2132-12-15 20:15:00"},
    ),
    Entering(
        "storetime, after its end, whole",
        "inputevents",
        10005817,
        "2132-12-16 02:41:00",
        {
            "itemid": 222042,
            "starttime": "2132-12-16 01:14:00",
            "endtime": "2132-12-16 02:22:00",
            "statusdescription": "FinishedRunning",
        },
    ),
    Entering(
        "storetime, while it runs",
        "ingredientevents",
        10005817,
        "2132-12-17 12:48:00",
        {"itemid": 220490, "starttime": "2132-12-17 12:00:00"},
    ),
    Entering(
        "storetime, after its end, whole",
        "ingredientevents",
        10005817,
        "2132-12-16 02:41:00",
        {
            "itemid": 220490,
            "starttime": "2132-12-16 01:14:00",
            "endtime": "2132-12-16 02:22:00",
            "statusdescription": "FinishedRunning",
        },
    ),
    Entering(
        "storetime, while it runs",
        "procedureevents",
        10035631,
        "2116-03-07 16:50:00",
        {"itemid": 225802, "starttime": "2116-03-07 15:45:00"},
    ),
    Entering(
        "starttime, later than storetime",
        "procedureevents",
        10009035,
        "2161-04-27 13:35:00",
        {"itemid": 227194, "starttime": "2161-04-27 13:35:00"},
    ),
    Entering(
        "storetime, after its end, whole",
        "procedureevents",
        10027445,
        "2142-08-03 15:23:00",
        {"itemid": 224263, "value": 4732.0, "endtime": "2142-08-03 15:10:00"},
    ),
    Entering("intime", "edstays", 10014729, "2125-03-19 12:36:00", {"stay_id": 37887480}),
    Entering("intime", "triage", 10014729, "2125-03-19 12:36:00", {"chiefcomplaint": "FEVER"}),
    Entering(
        "intime + 15 minutes",
        "triage",
        10014729,
        "2125-03-19 12:51:00",
        {"chiefcomplaint": "FEVER"},
        "strict",
    ),
    Entering(
        "charttime",
        "vitalsign",
        10014729,
        "2125-03-19 13:22:00",
        {"stay_id": 37887480, "heartrate": 124.0},
    ),
    Entering(
        "charttime",
        "pyxis",
        10014729,
        "2125-03-19 13:31:00",
        {"stay_id": 37887480, "name": "CefePIME"},
    ),
    Entering(
        "charttime",
        "medrecon",
        10014729,
        "2125-03-19 13:17:00",
        {"stay_id": 37887480, "name": "docusate sodium [Colace]"},
    ),
    Entering("outtime", "diagnosis", 10014729, "2125-03-19 16:59:47", {"icd_code": "0389"}),
    Entering(
        "outtime + 3 days",
        "diagnosis",
        10014729,
        "2125-03-22 16:59:47",
        {"icd_code": "0389"},
        "strict",
    ),
]

HAND_WORKED_CELLS = [
    Shown("dod + 1 day", "patients", 10038081, "2115-10-13 00:00:00", {}, {"dod": "2115-10-12"}),
    Shown(
        "D, the deathtime after a dischtime at midnight",
        "admissions",
        10038081,
        "2115-10-12 22:20:00",
        {},
        {
            "dischtime": "2115-10-12 00:00:00",
            "deathtime": "2115-10-12 22:20:00",
            "discharge_location": "DIED",
            "hospital_expire_flag": 1,
        },
    ),
    Shown(
        "D, the dischtime of one who went home",
        "admissions",
        10014729,
        "2125-03-28 13:37:00",
        {"hadm_id": 23300884},
        {
            "dischtime": "2125-03-28 13:37:00",
            "discharge_location": "HOME HEALTH CARE",
            "hospital_expire_flag": 0,
        },
    ),
    Shown(
        "edouttime",
        "admissions",
        10014729,
        "2125-03-19 18:45:00",
        {"hadm_id": 23300884},
        {"edouttime": "2125-03-19 18:45:00"},
    ),
    Shown(
        "a registration 21 hours after the admittime",
        "admissions",
        10019003,
        "2155-05-17 21:03:00",
        {"hadm_id": 26529390},
        {"edregtime": "2155-05-17 21:03:00"},
    ),
    Shown(
        "outtime",
        "transfers",
        10039708,
        "2140-01-23 18:08:00",
        {"intime": "2140-01-23 12:35:00"},
        {"outtime": "2140-01-23 18:08:00"},
    ),
    Shown(
        "admittime, the transfer to the emergency department came first",
        "transfers",
        10039708,
        "2140-01-23 16:19:00",
        {"intime": "2140-01-23 12:35:00"},
        {"hadm_id": 28258130},
    ),
    Shown(
        "admittime, the lab was stored six hours before",
        "labevents",
        10039708,
        "2140-09-25 04:17:00",
        {"itemid": 51275, "charttime": "2140-09-24 22:00:00", "valuenum": 30.3},
        {"hadm_id": 26793610},
    ),
    Shown(
        "storetime",
        "labevents",
        10014354,
        "2148-08-16 01:30:00",
        {"itemid": 51277, "charttime": "2148-08-16 00:00:00"},
        {"storetime": "2148-08-16 01:30:00"},
        "event",
    ),
    Shown(
        "admittime, the order was written half a minute before",
        "poe",
        10002930,
        "2201-03-23 19:15:00",
        {"ordertime": "2201-03-23 19:14:33", "order_subtype": "Activity"},
        {"hadm_id": 20282368},
    ),
    Shown(
        "admittime, the pharmacy entered it half an hour before",
        "pharmacy",
        10019172,
        "2118-10-08 14:00:00",
        {"medication": "Metoprolol Tartrate", "starttime": "2118-10-08 20:00:00"},
        {"hadm_id": 21540783},
    ),
    Shown(
        "stoptime",
        "pharmacy",
        10018081,
        "2134-08-23 23:00:00",
        {"proc_type": "TPN", "entertime": "2134-08-23 11:36:44"},
        {"stoptime": "2134-08-23 23:00:00"},
    ),
    Shown(
        "verifiedtime",
        "pharmacy",
        10018081,
        "2134-08-23 12:37:22",
        {"proc_type": "TPN", "entertime": "2134-08-23 11:36:44"},
        {"verifiedtime": "2134-08-23 12:37:22"},
    ),
    Shown(
        "stoptime",
        "prescriptions",
        10012853,
        "2177-11-04 19:00:00",
        {"drug": "Influenza Vaccine Quadrivalent", "starttime": "2177-11-03 17:00:00"},
        {"stoptime": "2177-11-04 19:00:00"},
    ),
    Shown(
        "admittime, the order was written an hour before",
        "prescriptions",
        10023239,
        "2137-06-19 17:35:00",
        {"drug": "CeftriaXONE", "starttime": "2137-06-19 20:00:00"},
        {"hadm_id": 29295881},
    ),
    Shown(
        "admittime, the patch was applied eight hours before",
        "emar",
        10014354,
        "2150-05-09 16:09:00",
        {"medication": "Lidocaine 5% Patch", "charttime": "2150-05-09 08:16:00"},
        {"hadm_id": 24357615},
    ),
    Shown(
        "outtime",
        "icustays",
        10023117,
        "2175-03-27 17:52:59",
        {"stay_id": 38554095},
        {
            "outtime": "2175-03-27 17:52:59",
            "last_careunit": "Coronary Care Unit (CCU)",
            "los": 6.605625,
        },
    ),
    Shown(
        "intime of the stay, the weight was charted an hour before",
        "chartevents",
        10000032,
        "2180-07-23 14:00:00",
        {"itemid": 226512, "valuenum": 39.4},
        {"stay_id": 39553978},
    ),
    Shown(
        "the charted date itself",
        "datetimeevents",
        10035631,
        "2116-03-07 18:00:00",
        {"itemid": 225369, "charttime": "2116-03-07 16:00:00"},
        {"value": "2116-03-07 18:00:00"},
        "strict",
    ),
    Shown(
        "endtime, 27 hours after it was stored",
        "inputevents",
        10027445,
        "2142-08-31 18:18:00",
        {"orderid": 6434150},
        {
            "endtime": "2142-08-31 18:18:00",
            "amount": 273.000008136034,
            "statusdescription": "Stopped",
            "continueinnextdept": 0,
        },
    ),
    Shown(
        "endtime, 12 minutes after it was stored",
        "ingredientevents",
        10005817,
        "2132-12-17 13:00:00",
        {"itemid": 220490, "starttime": "2132-12-17 12:00:00"},
        {
            "endtime": "2132-12-17 13:00:00",
            "amount": 249.99999046325684,
            "statusdescription": "FinishedRunning",
        },
    ),
    Shown(
        "endtime, two days after it was stored",
        "procedureevents",
        10035631,
        "2116-03-09 17:40:00",
        {"itemid": 225802, "starttime": "2116-03-07 15:45:00"},
        {
            "endtime": "2116-03-09 17:40:00",
            "value": 2995.0,
            "statusdescription": "Stopped",
            "continueinnextdept": 0,
        },
    ),
    Shown(
        "endtime, two days after it was stored; originalamount repeats the duration",
        "procedureevents",
        10035631,
        "2116-03-06 03:36:00",
        {"itemid": 224275, "starttime": "2116-03-02 03:36:00"},
        {"endtime": "2116-03-06 03:36:00", "value": 4.0, "originalamount": 4.0},
    ),
    Shown(
        "outtime",
        "edstays",
        10014729,
        "2125-03-19 16:59:47",
        {"stay_id": 37887480},
        {"outtime": "2125-03-19 16:59:47", "disposition": "ADMITTED"},
    ),
    Shown(
        "admittime, two minutes before the outtime",
        "edstays",
        10014729,
        "2125-03-19 16:58:00",
        {"stay_id": 37887480},
        {"hadm_id": 23300884},
    ),
    Shown(
        "admittime, seven hours after the outtime of one who was sent home",
        "edstays",
        10000032,
        "2180-07-23 12:35:00",
        {"stay_id": 32952584},
        {"hadm_id": 29079034},
    ),
    Shown(
        "intime of the visit, the drug was dispensed half an hour before",
        "pyxis",
        10004235,
        "2196-02-24 12:15:00",
        {"name": "NORepinephrine", "charttime": "2196-02-24 11:41:00"},
        {"stay_id": 38926302},
    ),
]


def described(row: Entering | Shown) -> str:
    """The name of a hand-worked row among the tests."""
    return f"{row.table}: {row.why} ({row.profile})"


@pytest.mark.parametrize("row", HAND_WORKED_ROWS, ids=described)
def test_a_row_of_the_demo_enters_when_the_rules_say(demo_at: Reader, row: Entering) -> None:
    assert_enters_at(row.known, demo_at, row.subject_id, row.table, row.profile, **row.cells)


@pytest.mark.parametrize("row", HAND_WORKED_CELLS, ids=described)
def test_a_cell_of_the_demo_is_hidden_until_the_rules_say(demo_at: Reader, row: Shown) -> None:
    assert_shown_from(
        row.moment, demo_at, row.subject_id, row.table, row.shown, row.profile, **row.cells
    )


@pytest.mark.parametrize(
    ("subject_id", "cutoff", "age", "year"),
    [
        (10039708, "2142-03-28 12:00:00", 50, 2142),
        (10019003, "2155-05-18 12:00:00", 72, 2155),
        (10037861, "2117-03-20 12:00:00", 79, 2117),
    ],
)
def test_a_patient_of_the_demo_has_the_age_of_the_cutoff(
    demo_at: Reader, subject_id: int, cutoff: str, age: int, year: int
) -> None:
    """Their anchors are 46 in 2138, 65 in 2148 and 77 in 2115."""
    patient = demo_at(subject_id, cutoff).row("patients")
    assert (patient["anchor_age"], patient["anchor_year"]) == (age, year)


def test_a_procedure_dated_after_the_discharge_does_not_show_a_date_that_lies_ahead(
    demo_at: Reader,
) -> None:
    """Stay 26529390 ended at 2155-05-19 18:27; its procedure 02HV33Z is dated 2155-06-13."""
    before = demo_at(10019003, "2155-06-12 23:59:59")
    rows = before.rows("procedures_icd", hadm_id=26529390, icd_code="02HV33Z")
    assert [row["chartdate"] for row in rows] in ([], [None])


def test_the_diet_order_of_the_demo_names_its_successor_once_that_is_written(
    demo_at: Reader,
) -> None:
    diet = {"ordertime": "2201-03-23 14:19:33", "order_type": "Nutrition"}
    before = demo_at(10002930, "2201-03-23 19:14:32").row("poe", **diet)
    assert before["discontinued_by_poe_id"] is None
    after = demo_at(10002930, "2201-03-23 19:14:33")
    successor = after.row("poe", ordertime="2201-03-23 19:14:33", order_type="Nutrition")
    assert after.row("poe", **diet)["discontinued_by_poe_id"] == successor["poe_id"]
    assert successor["discontinue_of_poe_id"] == after.row("poe", **diet)["poe_id"]


@pytest.mark.parametrize("table", ["poe", "pharmacy"])
def test_no_order_of_the_demo_shows_its_status(demo_at: Reader, table: str) -> None:
    column = {"poe": "order_status", "pharmacy": "status"}[table]
    orders = demo_at(10014354, "2160-01-01 00:00:00").table(table)
    assert len(orders) > 100
    assert {order[column] for order in orders} == {None}


def test_a_prescription_of_the_demo_names_its_pharmacy_entry_once_that_is_made(
    demo_at: Reader,
) -> None:
    """Ordered at 13:44:40, entered by the pharmacy at 16:31:02."""
    vaccine = {"drug": "Influenza Vaccine Quadrivalent", "starttime": "2177-11-03 17:00:00"}
    before = demo_at(10012853, "2177-11-03 16:31:01").row("prescriptions", **vaccine)
    assert before["pharmacy_id"] is None
    after = demo_at(10012853, "2177-11-03 16:31:02").row("prescriptions", **vaccine)
    assert after["pharmacy_id"] is not None
