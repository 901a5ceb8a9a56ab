"""A small hand-written case: one patient in the ICU on the fifth of March 2150."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clinseek.toolkits.ehr.case import Case, CaseKey
from clinseek.toolkits.ehr.tables import TABLES

SUBJECT = 7
CUTOFF = "2150-03-05 08:00:00"
_MICU = "Medical Intensive Care Unit (MICU)"

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def _lab(itemid: int, time: str, number: float, unit: str) -> dict[str, Any]:
    return {"itemid": itemid, "charttime": time, "valuenum": number, "value": f"{number:g}",
            "valueuom": unit}  # fmt: skip


def _given(time: str, drug: str, event: str = "Administered") -> dict[str, Any]:
    return {"charttime": time, "medication": drug, "event_txt": event}


RECORD: Rows = {
    "patients": [{"gender": "F", "anchor_age": 71}],
    "admissions": [
        {"hadm_id": 1, "admittime": "2149-10-01 09:00:00", "dischtime": "2149-10-05 15:00:00",
         "admission_type": "ELECTIVE", "admission_location": "CLINIC REFERRAL"},
        {"hadm_id": 2, "admittime": "2150-03-03 10:00:00", "admission_type": "EW EMER.",
         "admission_location": "EMERGENCY ROOM"},
    ],
    "icustays": [
        {"hadm_id": 2, "stay_id": 5, "first_careunit": _MICU, "intime": "2150-03-04 02:00:00"}
    ],
    "transfers": [
        {"hadm_id": 2, "eventtype": "admit", "careunit": "Medicine",
         "intime": "2150-03-03 10:00:00", "outtime": "2150-03-04 02:00:00"},
        {"hadm_id": 2, "eventtype": "transfer", "careunit": _MICU, "intime": "2150-03-04 02:00:00"},
    ],
    "services": [{"hadm_id": 2, "transfertime": "2150-03-03 10:01:00", "curr_service": "MED"}],
    "labevents": [
        _lab(50912, "2149-10-02 06:00:00", 0.9, "mg/dL"),
        _lab(50971, "2149-10-02 06:00:00", 4.4, "mEq/L"),
        _lab(50912, "2150-03-03 11:00:00", 1.2, "mg/dL"),
        _lab(50971, "2150-03-03 11:00:00", 5.6, "mEq/L"),
        _lab(51082, "2150-03-03 12:00:00", 88.0, "mg/dL"),
        _lab(50912, "2150-03-04 06:00:00", 1.9, "mg/dL"),
        _lab(50971, "2150-03-04 06:00:00", 3.1, "mEq/L"),
        _lab(50813, "2150-03-04 07:00:00", 4.5, "mmol/L"),
        _lab(50912, "2150-03-05 06:00:00", 2.4, "mg/dL"),
        _lab(50971, "2150-03-05 06:00:00", 3.8, "mEq/L"),
        _lab(50822, "2150-03-05 07:00:00", 3.6, "mEq/L"),
    ],
    "chartevents": [
        _lab(220045, "2150-03-04 03:00:00", 118.0, "bpm"),
        _lab(220045, "2150-03-05 07:00:00", 92.0, "bpm"),
        _lab(220046, "2150-03-05 07:30:00", 130.0, "bpm"),
        _lab(220179, "2150-03-05 07:00:00", 104.0, "mmHg"),
        _lab(220180, "2150-03-05 07:00:00", 61.0, "mmHg"),
    ],
    "prescriptions": [
        {"drug": "Metoprolol Tartrate", "starttime": "2150-03-03 12:00:00", "dose_val_rx": "25",
         "dose_unit_rx": "mg"},
        {"drug": "Piperacillin-Tazobactam", "starttime": "2150-03-04 03:00:00",
         "stoptime": "2150-03-04 20:00:00", "dose_val_rx": "4.5", "dose_unit_rx": "g"},
    ],
    "emar": [
        _given("2150-03-03 13:00:00", "Metoprolol Tartrate"),
        _given("2150-03-04 04:00:00", "Piperacillin-Tazobactam"),
        _given("2150-03-04 09:00:00", "Metoprolol Tartrate", "Not Given"),
    ],
    "inputevents": [{"itemid": 221906, "starttime": "2150-03-05 01:00:00", "rate": 0.08,
                     "rateuom": "mcg/kg/min"}],
    "outputevents": [
        {"itemid": 226559, "charttime": "2150-03-04 10:00:00", "value": 60.0, "valueuom": "mL"},
        {"itemid": 226559, "charttime": "2150-03-05 06:00:00", "value": 45.0, "valueuom": "mL"},
        {"itemid": 226588, "charttime": "2150-03-05 06:00:00", "value": 200.0, "valueuom": "mL"},
    ],
    "microbiologyevents": [
        {"micro_specimen_id": 1, "chartdate": "2150-03-03", "charttime": "2150-03-03 11:00:00",
         "spec_type_desc": "BLOOD CULTURE", "test_name": "Blood Culture, Routine",
         "org_name": "STAPH AUREUS COAG +", "ab_name": "OXACILLIN", "interpretation": "R"},
        {"micro_specimen_id": 2, "chartdate": "2150-03-04", "charttime": "2150-03-04 05:00:00",
         "spec_type_desc": "URINE", "test_name": "URINE CULTURE", "comments": "NO GROWTH."},
    ],
    "diagnoses_icd": [
        {"hadm_id": 1, "seq_num": 1, "icd_code": "I5022", "icd_version": 10},
        {"hadm_id": 1, "seq_num": 2, "icd_code": "E119", "icd_version": 10},
    ],
    "procedures_icd": [],
    "procedureevents": [{"itemid": 225792, "starttime": "2150-03-04 02:30:00"}],
    "pyxis": [],
}  # fmt: skip

DICTIONARIES: Rows = {
    "d_labitems": [
        {"itemid": itemid, "label": label, "fluid": fluid, "category": category}
        for itemid, label, fluid, category in (
            (50912, "Creatinine", "Blood", "Chemistry"),
            (50971, "Potassium", "Blood", "Chemistry"),
            (50822, "Potassium, Whole Blood", "Blood", "Blood Gas"),
            (50813, "Lactate", "Blood", "Blood Gas"),
            (51082, "Creatinine, Urine", "Urine", "Chemistry"),
            (51221, "Hematocrit", "Blood", "Hematology"),
        )
    ],
    "d_items": [
        {"itemid": itemid, "label": label, "category": category, "linksto": linksto}
        for itemid, label, category, linksto in (
            (220045, "Heart Rate", "Routine Vital Signs", "chartevents"),
            (220046, "Heart rate Alarm - High", "Alarms", "chartevents"),
            (220179, "Non Invasive Blood Pressure systolic", "Routine Vital Signs", "chartevents"),
            (220180, "Non Invasive Blood Pressure diastolic", "Routine Vital Signs", "chartevents"),
            (221906, "Norepinephrine", "Medications", "inputevents"),
            (226559, "Foley", "Output", "outputevents"),
            (226588, "Chest Tube #1", "Drains", "outputevents"),
            (225792, "Invasive Ventilation", "2-Ventilation", "procedureevents"),
        )
    ],
    "d_icd_diagnoses": [
        {"icd_code": "I5022", "icd_version": 10, "long_title": "Chronic systolic heart failure"},
        {"icd_code": "E119", "icd_version": 10, "long_title": "Type 2 diabetes mellitus"},
        {"icd_code": "J45909", "icd_version": 10, "long_title": "Unspecified asthma"},
    ],
    "d_icd_procedures": [{"icd_code": "0", "icd_version": 10, "long_title": "None"}],
}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """The patient of RECORD as of the morning of the fifth."""
    return case_of(tmp_path, RECORD)


@pytest.fixture(scope="session")
def synthetic_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic cohort of twelve patients as a store."""
    from clinseek.toolkits.ehr.store import ingest
    from clinseek.toolkits.ehr.synthetic import synthesise

    folder = tmp_path_factory.mktemp("cohort")
    synthesise(folder / "raw", patients=12, seed=29)
    ingest([folder / "raw"], folder / "store")
    return folder / "store"


def case_of(folder: Path, record: Rows) -> Case:
    """A case whose tables hold exactly `record`."""
    path, vocabulary = folder / "case.sqlite", folder / "vocabulary.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, rows in record.items():
            columns = ["row_id", *TABLES[table].column_names]
            numbered = [
                {"row_id": n, "subject_id": SUBJECT, **row} for n, row in enumerate(rows, 1)
            ]
            _fill(connection, table, columns, numbered, key="row_id INTEGER PRIMARY KEY")
    with closing(sqlite3.connect(vocabulary)) as connection, connection:
        for table, rows in DICTIONARIES.items():
            _fill(connection, table, list(TABLES[table].column_names), rows)
        labels = {
            "labevents_candidates": [row["label"] for row in DICTIONARIES["d_labitems"]],
            "items_candidates": [row["label"] for row in DICTIONARIES["d_items"]],
            "prescriptions_candidates": ["Metoprolol Tartrate", "Metoprolol", "Vancomycin"],
        }
        for table, names in labels.items():
            _fill(connection, table, ["candidate"], [{"candidate": name} for name in names])
    return Case(
        key=CaseKey("store", SUBJECT, CUTOFF, "available"), path=path, vocabulary=vocabulary
    )


def _fill(
    connection: sqlite3.Connection,
    table: str,
    columns: list[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str = "",
) -> None:
    declared = ", ".join(key if name == "row_id" else f'"{name}"' for name in columns)
    connection.execute(f'CREATE TABLE "{table}" ({declared})')
    places = ", ".join("?" for _ in columns)
    connection.executemany(
        f'INSERT INTO "{table}" VALUES ({places})',
        [[row.get(name) for name in columns] for row in rows],
    )
