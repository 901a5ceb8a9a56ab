"""The sweep over a case for anything to come: what it finds, and what it rightly leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest

from clinseek.evals.benchmarks.leaks.to_come import TO_COME
from clinseek.toolkits.ehr.tables import TABLES

NOW, THEN = "2150-03-01 10:00:00", "2150-03-01 10:00:01"
Rows = Sequence[Mapping[str, Any]]
STAY = {"hadm_id": 20, "admittime": "2150-02-27 08:00:00"}
OVER = {**STAY, "dischtime": "2150-03-01 09:00:00", "hospital_expire_flag": 0}
VISIT = {"stay_id": 40, "intime": "2150-02-27 04:00:00"}


def found(**tables: Rows) -> list[str]:
    """The names of the look-ups that find something in a case of these rows."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, table in TABLES.items():
            if not table.is_dictionary:
                connection.execute(f"CREATE TABLE {name} ({', '.join(table.column_names)})")
        for name, rows in tables.items():
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", list(row.values())
                )
        return [
            look_up.name
            for look_up in TO_COME
            if connection.execute(look_up.sql, {"cutoff": NOW}).fetchall()
        ]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("labevents", {"charttime": THEN}),
        ("labevents", {"charttime": NOW, "storetime": THEN}),
        ("microbiologyevents", {"chartdate": "2150-03-02"}),
        ("emar", {"charttime": THEN}),
        ("poe", {"ordertime": THEN}),
        ("pharmacy", {"entertime": THEN}),
        ("prescriptions", {"stoptime": THEN}),
        ("transfers", {"intime": NOW, "outtime": THEN}),
        ("icustays", {"intime": THEN}),
        ("services", {"transfertime": THEN}),
        ("omr", {"chartdate": "2150-03-02"}),
        ("chartevents", {"charttime": THEN}),
        ("inputevents", {"starttime": NOW, "endtime": THEN}),
        ("ingredientevents", {"starttime": THEN}),
        ("procedureevents", {"starttime": THEN}),
        ("radiology", {"charttime": THEN}),
        ("pyxis", {"charttime": THEN}),
    ],
)
def test_the_row_of_an_event_to_come_is_found_in_whatever_table_it_stands(
    table: str, row: dict[str, str]
) -> None:
    assert found(**{table: [row]}) == [f"a moment to come in {table}"]
    past = dict.fromkeys(row, "2150-03-01" if "chartdate" in row else NOW)
    assert found(**{table: [past]}) == []


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("prescriptions", {"starttime": THEN}),
        ("pharmacy", {"starttime": THEN}),
        ("emar", {"scheduletime": THEN}),
        ("datetimeevents", {"value": THEN}),
    ],
)
def test_what_was_planned_ahead_is_no_event_to_come(table: str, row: dict[str, str]) -> None:
    assert found(**{table: [row]}) == []


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("hadm_id in labevents of no row of admissions", {"labevents": [{"hadm_id": 21}]}),
        ("hadm_id in edstays of no row of admissions", {"edstays": [{**VISIT, "hadm_id": 21}]}),
        ("stay_id in triage of no row of edstays", {"triage": [{"stay_id": 41}]}),
        ("stay_id in chartevents of no row of icustays", {"chartevents": [{"stay_id": 31}]}),
        ("poe_id in poe_detail of no row of poe", {"poe_detail": [{"poe_id": "1-9"}]}),
        ("poe_id in prescriptions of no row of poe", {"prescriptions": [{"poe_id": "1-9"}]}),
        ("emar_id in emar_detail of no row of emar", {"emar_detail": [{"emar_id": "1-9"}]}),
        (
            "note_id in radiology_detail of no row of radiology",
            {"radiology_detail": [{"note_id": "1-RR-9"}]},
        ),
        (
            "discontinued_by_poe_id in poe of no row of poe",
            {"poe": [{"poe_id": "1-1", "discontinued_by_poe_id": "1-9"}]},
        ),
    ],
)
def test_the_name_of_what_is_not_there_yet_is_found(name: str, tables: dict[str, Rows]) -> None:
    assert name in found(admissions=[STAY], **tables)


@pytest.mark.parametrize("table", ["diagnoses_icd", "procedures_icd", "drgcodes", "discharge"])
def test_codes_and_notes_belong_to_stays_that_are_over(table: str) -> None:
    coded: dict[str, Rows] = {table: [{"hadm_id": 20}]}
    assert found(admissions=[STAY], **coded) == [f"{table} of a stay that goes on"]
    assert found(admissions=[OVER], **coded) == []


@pytest.mark.parametrize(
    ("tables", "name"),
    [
        ({"admissions": [{**STAY, "hospital_expire_flag": 0}]}, "admissions"),
        ({"admissions": [{**STAY, "discharge_location": "HOME"}]}, "admissions"),
        ({"icustays": [{"stay_id": 30, "los": 4.5}]}, "icustays"),
        ({"edstays": [{**VISIT, "disposition": "HOME"}]}, "edstays"),
    ],
)
def test_no_cell_tells_of_an_end_that_has_not_come(tables: dict[str, Rows], name: str) -> None:
    assert found(**tables) == [f"the end of a stay in {name} that goes on"]


def test_a_death_to_come_and_a_year_to_come_are_found() -> None:
    assert found(patients=[{"dod": "2150-03-01"}]) == ["dod to come"]
    assert found(patients=[{"anchor_year": 2151}]) == ["anchor_year to come"]
    assert found(patients=[{"anchor_year": 2150}]) == []


def test_a_record_of_the_past_alone_is_left_in_peace() -> None:
    assert (
        found(
            admissions=[OVER],
            edstays=[{**VISIT, "outtime": "2150-02-27 09:00:00", "disposition": "ADMITTED"}],
            triage=[{"stay_id": 40}],
            diagnosis=[{"stay_id": 40}],
            poe=[{"poe_id": "1-1", "ordertime": NOW, "hadm_id": 20}],
            poe_detail=[{"poe_id": "1-1"}],
            labevents=[{"hadm_id": 20, "charttime": NOW, "storetime": NOW}],
        )
        == []
    )
