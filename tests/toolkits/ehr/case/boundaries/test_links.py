"""No key betrays a stay or a visit before it begins, whatever the table that carries the key."""

from __future__ import annotations

import pytest

from clinseek.toolkits.ehr.tables import TABLES

from .raw_record import HEART_RATE, Cells, Cohort, Patient
from .reading import PROFILES, ProfileName, Reader, assert_shown_from

COHORT = Cohort()

SEEN = "2150-03-05 09:00:00"
STORED = "2150-03-05 09:05:00"
BEGINS = "2150-03-05 14:00:00"
"""Every row below is known at 09:05 at the latest; its stay begins at 14:00."""

EARLY_ROWS: dict[str, Cells] = {
    "transfers": {"transfer_id": 5, "eventtype": "ED", "intime": SEEN},
    "services": {"transfertime": SEEN, "curr_service": "MED"},
    "labevents": {"itemid": 50912, "charttime": SEEN, "storetime": STORED},
    "microbiologyevents": {
        "chartdate": "2150-03-05",
        "charttime": SEEN,
        "storedate": "2150-03-05",
        "storetime": STORED,
        "test_name": "URINE CULTURE",
    },
    "poe": {"ordertime": SEEN, "order_type": "Lab"},
    "pharmacy": {"pharmacy_id": 5, "entertime": SEEN, "starttime": SEEN, "medication": "Aspirin"},
    "prescriptions": {"starttime": SEEN, "drug": "Aspirin"},
    "emar": {"charttime": SEEN, "storetime": STORED, "medication": "Aspirin"},
    "edstays": {"stay_id": 39_000_001, "intime": SEEN},
    "icustays": {"stay_id": 39_000_002, "intime": SEEN},
    "chartevents": {"itemid": HEART_RATE, "charttime": SEEN, "storetime": STORED, "valuenum": 80},
    "datetimeevents": {"itemid": 224280, "charttime": SEEN, "storetime": STORED, "value": SEEN},
    "outputevents": {"itemid": 226559, "charttime": SEEN, "storetime": STORED, "value": 100},
    "inputevents": {"itemid": 221906, "starttime": SEEN, "endtime": STORED, "storetime": STORED},
    "ingredientevents": {
        "itemid": 220490,
        "starttime": SEEN,
        "endtime": STORED,
        "storetime": STORED,
    },
    "procedureevents": {
        "itemid": 225792,
        "starttime": SEEN,
        "endtime": STORED,
        "storetime": STORED,
    },
    "radiology": {"charttime": SEEN, "storetime": STORED, "text": "No acute process."},
}
"""One row a table that carries hadm_id and can be known before the admission."""

NEVER_BEFORE_ADMISSION = {
    "admissions",
    "diagnoses_icd",
    "procedures_icd",
    "drgcodes",
    "hcpcsevents",
    "discharge",
}


def early(table: str, **cells: int) -> Patient:
    """A patient with one row of `table` at 09:00 that carries `cells`."""
    patient = COHORT.patient()
    patient.add(table, **EARLY_ROWS[table], **cells)
    return patient


BEFORE_ADMISSION: dict[str, tuple[Patient, int]] = {}
for name in EARLY_ROWS:
    patient_of_table = early(name)
    _, row_of_table = patient_of_table.rows[-1]
    row_of_table["hadm_id"] = patient_of_table.stay(BEGINS, "2150-03-09 12:00:00")
    BEFORE_ADMISSION[name] = (patient_of_table, row_of_table["hadm_id"])

STAY_UNKNOWN = {name: early(name, hadm_id=29_999_999) for name in EARLY_ROWS}

IN_INTENSIVE_CARE = [
    name
    for name, table in TABLES.items()
    if table.module == "icu" and "stay_id" in table.column_names and name != "icustays"
]
BEFORE_INTENSIVE_CARE: dict[str, tuple[Patient, int]] = {}
for name in IN_INTENSIVE_CARE:
    patient_of_table = early(name)
    _, row_of_table = patient_of_table.rows[-1]
    row_of_table["stay_id"] = patient_of_table.icu(BEGINS, "2150-03-09 12:00:00")
    BEFORE_INTENSIVE_CARE[name] = (patient_of_table, row_of_table["stay_id"])

BEFORE_THE_VISIT: dict[str, tuple[Patient, int]] = {}
for name in ("vitalsign", "pyxis", "medrecon"):
    patient_of_table = COHORT.patient()
    stay_id_of_visit = patient_of_table.visit(BEGINS, "2150-03-05 20:00:00")
    patient_of_table.add(name, stay_id=stay_id_of_visit, charttime=SEEN)
    BEFORE_THE_VISIT[name] = (patient_of_table, stay_id_of_visit)


def test_every_table_that_carries_hadm_id_is_tried_here() -> None:
    carrying = {name for name, table in TABLES.items() if "hadm_id" in table.column_names}
    assert carrying == set(EARLY_ROWS) | NEVER_BEFORE_ADMISSION


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("table", list(EARLY_ROWS))
def test_a_row_known_before_the_admission_names_it_only_from_its_admittime(
    at: Reader, table: str, profile: ProfileName
) -> None:
    patient, hadm_id = BEFORE_ADMISSION[table]
    assert_shown_from(BEGINS, at, patient, table, {"hadm_id": hadm_id}, profile)


@pytest.mark.parametrize("table", list(EARLY_ROWS))
def test_a_row_never_names_an_admission_that_the_record_does_not_hold(
    at: Reader, table: str
) -> None:
    """Its admittime is unknown, and an unknown moment never means now."""
    row = at(STAY_UNKNOWN[table], "2151-01-01 00:00:00").row(table)
    assert row["hadm_id"] is None


@pytest.mark.parametrize("table", IN_INTENSIVE_CARE)
def test_a_row_charted_before_intensive_care_names_that_stay_only_from_its_intime(
    at: Reader, table: str
) -> None:
    """A key to a row not yet known is NULL."""
    patient, stay_id = BEFORE_INTENSIVE_CARE[table]
    assert_shown_from(BEGINS, at, patient, table, {"stay_id": stay_id})


@pytest.mark.parametrize("table", list(BEFORE_THE_VISIT))
def test_a_row_charted_before_the_visit_names_it_only_from_its_intime(
    at: Reader, table: str
) -> None:
    patient, stay_id = BEFORE_THE_VISIT[table]
    assert_shown_from(BEGINS, at, patient, table, {"stay_id": stay_id})
