"""Raw records of one patient made by hand, and a book of a few codes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pyarrow as pa

from clinseek.evals.benchmarks.tasks.code_book import CodeBook
from clinseek.evals.benchmarks.tasks.raw_record import RawRecord
from clinseek.toolkits.ehr.store.parquet import arrow_schema
from clinseek.toolkits.ehr.tables import TABLES

SUBJECT = 10000019
Rows = Sequence[Mapping[str, Any]]

_BOOK = """
CREATE TABLE d_labitems (itemid INTEGER, label TEXT);
INSERT INTO d_labitems VALUES (50971, 'Potassium'), (50912, ' Creatinine '), (50000, NULL);
CREATE TABLE d_items (itemid INTEGER, label TEXT);
CREATE TABLE d_icd_diagnoses (icd_code TEXT, icd_version INTEGER, long_title TEXT);
INSERT INTO d_icd_diagnoses VALUES ('I10', 10, 'Essential hypertension'), ('4019', 9, 'Hyp NOS');
CREATE TABLE d_icd_procedures (icd_code TEXT, icd_version INTEGER, long_title TEXT);
INSERT INTO d_icd_procedures VALUES ('5A1', 10, 'Ventilation');
CREATE TABLE procedures_ccs_candidates
  (icd_code TEXT, icd_version INTEGER, ccs_category TEXT, candidate TEXT);
INSERT INTO procedures_ccs_candidates VALUES ('5A1', 10, '216', 'Respiratory intubation');
CREATE TABLE diagnoses_ccs_candidates
  (icd_code TEXT, icd_version INTEGER, ccs_category TEXT, candidate TEXT);
INSERT INTO diagnoses_ccs_candidates VALUES
  ('I10', 10, '98', 'Essential hypertension'), ('A419', 10, '2', 'Septicemia (except in labor)'),
  ('Z66', 10, '259', 'Residual codes');
CREATE TABLE prescriptions_atc_candidates (ndc TEXT, candidate TEXT);
INSERT INTO prescriptions_atc_candidates VALUES ('00338004904', 'Electrolytes');
"""


@contextmanager
def book() -> Iterator[CodeBook]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(_BOOK)
    items = [(number, f"Item {number}") for number in range(1, 13)]
    connection.executemany("INSERT INTO d_items VALUES (?, ?)", items)
    try:
        yield CodeBook(connection)
    finally:
        connection.close()


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def record(
    tables: Mapping[str, Rows],
    *,
    of: CodeBook | None = None,
    pools: Mapping[str, frozenset[str]] | None = None,
) -> RawRecord:
    """A record with these rows; every other table of MIMIC is there and empty."""
    made = {
        name: _table(name, tables.get(name, ()))
        for name, schema in TABLES.items()
        if not schema.is_dictionary
    }
    return RawRecord(SUBJECT, made, book=of or CodeBook(None), pools=pools or {})


def _table(name: str, rows: Rows) -> pa.Table:
    schema = arrow_schema(TABLES[name])
    whole = [{column: row.get(column) for column in schema.names} for row in rows]
    return pa.Table.from_pylist(whole, schema=schema)


def admission(**cells: Any) -> dict[str, Any]:
    return {
        "hadm_id": 20,
        "admittime": at("2150-03-01 10:00"),
        "dischtime": at("2150-03-06 15:00"),
        "deathtime": None,
        "hospital_expire_flag": 0,
        "admission_type": "URGENT",
        **cells,
    }


def icu_stay(**cells: Any) -> dict[str, Any]:
    return {
        "hadm_id": 20,
        "stay_id": 30,
        "intime": at("2150-03-01 12:00"),
        "outtime": at("2150-03-04 12:00"),
        **cells,
    }


def ed_visit(**cells: Any) -> dict[str, Any]:
    return {
        "hadm_id": None,
        "stay_id": 40,
        "intime": at("2150-02-01 04:00"),
        "outtime": at("2150-02-01 11:00"),
        "disposition": "HOME",
        **cells,
    }
