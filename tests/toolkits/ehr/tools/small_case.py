"""A small case written by hand, calling tools on it as a graph does, reading what they say."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from langchain_core.messages import ToolMessage

from clinseek.toolkits.ehr.case import Case, CaseKey
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tools import EhrToolkit
from clinseek.toolkits.observation import Observation

SUBJECT = 10001
CUTOFF = "2150-03-05 08:00:00"

Row = dict[str, Any]
Call = Callable[..., tuple[str, Observation]]
MakeCase = Callable[..., Case]

LABS: list[Row] = [
    {"itemid": 50912, "charttime": "2150-03-01 06:00:00", "value": "1.1", "valuenum": 1.1,
     "valueuom": "mg/dL", "hadm_id": 20001},
    {"itemid": 50971, "charttime": "2150-03-01 06:00:00", "value": "4.1", "valuenum": 4.1,
     "valueuom": "mEq/L", "hadm_id": 20001, "comments": "SLIGHTLY HEMOLYSED (50%_ish)"},
    {"itemid": 50912, "charttime": "2150-03-04 23:59:59", "value": "1.9", "valuenum": 1.9,
     "valueuom": "mg/dL", "hadm_id": 20001, "flag": "abnormal"},
    {"itemid": 50912, "charttime": "2150-03-05 06:00:00", "value": "2", "valuenum": 49.9999988,
     "valueuom": "µg/dL", "hadm_id": 20001},
    {"itemid": 50912, "charttime": None, "value": "___"},
]  # fmt: skip
NOTE = "Admission Date: ___\n\nHistory:  chest pain.\n- troponin rose\ntext of row 2: not a row"

TABLES_OF_THE_CASE: dict[str, list[Row]] = {
    "patients": [{"gender": "F", "anchor_age": 70, "anchor_year": 2150}],
    "admissions": [{"hadm_id": 20001, "admittime": "2150-03-01 05:00:00"}],
    "labevents": LABS,
    "diagnoses_icd": [
        {"hadm_id": 19999, "seq_num": 1, "icd_code": "N179", "icd_version": 10},
        {"hadm_id": 19999, "seq_num": 2, "icd_code": "0010", "icd_version": 9},
    ],
    "omr": [
        {"chartdate": "2150-02-01", "result_name": "Weight (Lbs)", "result_value": "150"},
        {"chartdate": "2150-02-03", "result_name": "Blood Pressure", "result_value": "120/80"},
    ],
    "prescriptions": [
        {"drug": "Heparin", "drug_type": "MAIN", "starttime": "2150-03-06 09:00:00"},
        {"drug": "Potassium Chloride  Replacement", "starttime": "2150-03-02 09:00:00"},
    ],
    "discharge": [
        {"text": NOTE, "charttime": "2149-01-01 00:00:00", "note_type": "DS"},
        {"text": "short", "charttime": "2149-02-01 00:00:00", "note_type": "AD"},
    ],
    "emar": [],
}
VOCABULARY = """
CREATE TABLE d_labitems (itemid INTEGER, label TEXT, fluid TEXT, category TEXT);
INSERT INTO d_labitems VALUES (50912, 'Creatinine', 'Blood', 'Chemistry'),
    (50971, 'Potassium', 'Blood', 'Chemistry'), (51082, 'Creatinine', 'Urine', 'Chemistry');
CREATE TABLE d_icd_diagnoses (icd_code TEXT, icd_version INTEGER, long_title TEXT);
INSERT INTO d_icd_diagnoses VALUES ('N179', 10, 'Acute kidney failure, unspecified'),
    ('0010', 9, 'Cholera due to vibrio cholerae'), ('0010', 10, 'Not this one');
CREATE TABLE labevents_candidates (itemid INTEGER, candidate TEXT, fluid TEXT, category TEXT);
INSERT INTO labevents_candidates VALUES (50912, 'Creatinine', 'Blood', 'Chemistry'),
    (51082, 'Creatinine', 'Urine', 'Chemistry'), (50971, 'Potassium', 'Blood', 'Chemistry'),
    (51221, 'Hematocrit (50%)', 'Blood', 'Hematology');
CREATE TABLE vocabulary_edition (edition TEXT NOT NULL);
"""


def _typed(type_: str) -> str:
    return {"integer": "INTEGER", "number": "REAL"}.get(type_, "TEXT")


def written(
    folder: Path, tables: dict[str, list[Row]], *, vocabulary: str | None = VOCABULARY
) -> Case:
    """A case in a fresh file under `folder` with the schema's columns and these rows."""
    number = len(list(folder.glob("case*.sqlite")))
    path, words = folder / f"case{number}.sqlite", folder / f"words{number}.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for name, rows in tables.items():
            columns = TABLES[name].columns
            typed = ", ".join(f"{c.name} {_typed(c.type)}" for c in columns)
            connection.execute(f"CREATE TABLE {name} (row_id INTEGER PRIMARY KEY, {typed})")
            for row in rows:
                whole = {"subject_id": SUBJECT} | row
                cells = [whole.get(column.name) for column in columns]
                marks = ", ".join("?" * (len(cells) + 1))
                connection.execute(f"INSERT INTO {name} VALUES ({marks})", (None, *cells))
        connection.commit()
    if vocabulary is not None:
        with closing(sqlite3.connect(words)) as connection:
            connection.executescript(vocabulary)
    key = CaseKey("store", SUBJECT, CUTOFF, "available")
    return Case(key, path, words if vocabulary is not None else None)


def called(case: Case, name: str, arguments: dict[str, Any]) -> tuple[str, Observation]:
    """The text and the observation of one call, sent as a graph sends it."""
    (tool,) = (t for t in EhrToolkit(case=case).get_tools() if t.name == f"ehr.{name}")
    message = tool.invoke(
        {"type": "tool_call", "id": "call-1", "name": tool.name, "args": arguments}
    )
    assert isinstance(message, ToolMessage)
    assert isinstance(message.content, str)
    assert isinstance(message.artifact, Observation)
    return message.content, message.artifact


def table_of(text: str) -> list[dict[str, str]]:
    """The aligned table of a reply, read by the dashes under its header."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line and not line.strip("- "))
    spans, start = [], 0
    for dashes in lines[at].split("  "):
        spans.append((start, start + len(dashes)))
        start += len(dashes) + 2
    names = [lines[at - 1][a:b].strip() for a, b in spans]
    rows = []
    for line in lines[at + 1 :]:
        if not line:
            break
        rows.append({name: line[a:b].strip() for name, (a, b) in zip(names, spans, strict=True)})
    return rows
