"""Look-ups by themselves: what each finds in a record that holds one thing of the future."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.probe.lookups import LOOK_UPS

Rows = list[dict[str, Any]]
NOW = "2150-03-01 08:00:00"
ADMITTED: Rows = [{"subject_id": 1, "hadm_id": 20, "admittime": "2150-02-28 08:00:00"}]
IN_ICU: Rows = [
    {"subject_id": 1, "hadm_id": 20, "stay_id": 30, "intime": "2150-02-28 08:00:00", "los": None}
]
IN_ED: Rows = [{"subject_id": 1, "stay_id": 30, "intime": "2150-03-01 07:00:00", "hadm_id": None}]
STANDING = {"admissions": ADMITTED, "icustays": IN_ICU, "patients": [{"subject_id": 1}]}
LEFT_OVER: Rows = [{"hadm_id": 20, "icd_code": "I10"}]
GAP: Rows = [{"poe_seq": 1}, {"poe_seq": 3}]
LATER_YEAR: Rows = [{"subject_id": 1, "anchor_year": 2151, "anchor_age": 60}]


def found(outcome: str, name: str, **tables: Rows) -> list[Any]:
    """What a look-up selects from a record of these rows; every table of the schema is there."""
    (look_up,) = [each for each in LOOK_UPS[outcome] if each.name == name]
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in TABLES.values():
            columns = [*table.column_names, *(["text"] if table.name == "admissions" else [])]
            connection.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
        for table_name, rows in tables.items():
            for row in rows:
                marks = ", ".join("?" for _ in row)
                connection.execute(
                    f"INSERT INTO {table_name} ({', '.join(row)}) VALUES ({marks})",
                    tuple(row.values()),
                )
        asked = {"cutoff": NOW, "hadm_id": 20, "stay_id": 30}
        rows_found = connection.execute(look_up.sql, asked).fetchall()
    return [row[0] for row in rows_found if row[0] is not None]


@pytest.mark.parametrize(
    ("culture", "answers"),
    [
        ({"chartdate": "2150-03-01"}, ["yes"]),
        ({"chartdate": "2150-03-01", "charttime": "2150-03-01 07:30:00"}, ["yes"]),
        ({"chartdate": "2150-03-01", "charttime": "2150-03-01 06:30:00"}, []),
        ({"chartdate": "2150-02-28"}, []),
    ],
)
def test_a_culture_counts_from_the_arrival_and_with_a_date_only_on_that_day(
    culture: dict[str, str], answers: list[str]
) -> None:
    cultures = [{"hadm_id": 21, **culture}]
    name = "hadm_id in microbiologyevents"
    assert found("ed_admission", name, edstays=IN_ED, microbiologyevents=cultures) == answers


@pytest.mark.parametrize("outcome", ["ed_admission", "ed_admission_early"])
@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("hadm_id in edstays", {"edstays": [{**IN_ED[0], "hadm_id": 21}]}),
        (
            "hadm_id in services",
            {"services": [{"hadm_id": 21, "transfertime": "2150-03-01 07:30:00"}]},
        ),
        (
            "edregtime of an admission to come",
            {"admissions": [{"hadm_id": 21, "edregtime": "2150-03-01 07:00:00"}]},
        ),
        ("services to come", {"services": [{"transfertime": "2150-03-01 09:30:00"}]}),
        ("diagnoses_icd of a stay to come", {"diagnoses_icd": [{"hadm_id": 21}]}),
        ("procedures_icd of a stay to come", {"procedures_icd": [{"hadm_id": 21}]}),
        ("drgcodes of a stay to come", {"drgcodes": [{"hadm_id": 21}]}),
        ("hcpcsevents of a stay to come", {"hcpcsevents": [{"hadm_id": 21}]}),
        ("edstays.outtime ahead", {"edstays": [{**IN_ED[0], "outtime": "2150-03-01 11:00:00"}]}),
        ("triage of a visit to come", {"triage": [{"stay_id": 31}]}),
        ("gaps in poe", {"poe": GAP}),
        ("anchor_year, anchor_age", {"patients": LATER_YEAR}),
    ],
)
def test_what_tells_of_an_admission_from_the_ed_is_found(
    outcome: str, name: str, tables: dict[str, Rows]
) -> None:
    assert found(outcome, name, edstays=IN_ED) == []
    assert found(outcome, name, **{"edstays": IN_ED, **tables}) == ["yes"]


@pytest.mark.parametrize("table", ["icustays", "transfers"])
@pytest.mark.parametrize(
    ("begins", "leaves", "answers"),
    [
        ("2150-03-01 19:59:59", "2150-03-01 08:00:00", ["yes"]),
        ("2150-03-01 20:00:00", "2150-03-01 08:00:00", ["no"]),
        ("2150-03-01 20:00:00", "2150-03-01 11:00:00", ["yes"]),
        ("2150-03-01 19:59:59", None, ["yes"]),
        ("2150-03-01 07:59:59", "2150-03-01 08:00:00", []),
    ],
)
def test_an_icu_stay_to_come_is_told_with_its_twelve_hours_from_leaving(
    table: str, begins: str, leaves: str | None, answers: list[str]
) -> None:
    visit = [{**IN_ED[0], "outtime": leaves}]
    unit = "careunit" if table == "transfers" else "first_careunit"
    rows = [{"intime": begins, unit: "Medical Intensive Care Unit (MICU)"}]
    name = f"{table} to come"
    assert found("ed_to_icu_12h", name, edstays=visit, **{table: rows}) == answers


def test_a_transfer_to_a_ward_is_none_to_the_icu() -> None:
    rows = [{"intime": "2150-03-01 09:00:00", "careunit": "Medicine"}]
    assert found("ed_to_icu_12h", "transfers to come", edstays=IN_ED, transfers=rows) == []


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("hadm_id in edstays", {"edstays": [{**IN_ED[0], "hadm_id": 21}]}),
        ("hadm_id in labevents", {"labevents": [{"hadm_id": 21, "charttime": NOW}]}),
    ],
)
def test_a_named_admission_hints_at_the_icu(name: str, tables: dict[str, Rows]) -> None:
    assert found("ed_to_icu_12h", name, **{"edstays": IN_ED, **tables}) == ["yes"]
    assert all(each.hint for each in LOOK_UPS["ed_to_icu_12h"] if each.name == name)


@pytest.mark.parametrize(
    ("outcome", "name", "tables", "answers"),
    [
        ("in_hospital_death", "anchor_year, anchor_age", {"patients": LATER_YEAR}, ["no"]),
        ("icu_death", "anchor_year, anchor_age", {"patients": LATER_YEAR}, ["no"]),
        ("readmission_30d", "anchor_year, anchor_age", {"patients": LATER_YEAR}, ["yes"]),
        (
            "icu_death",
            "dod, with outtime or los",
            {"patients": [{"subject_id": 1, "dod": "2150-03-03"}],
             "icustays": [{**IN_ICU[0], "los": 4.0}]},
            ["yes"],
        ),
        (
            "icu_death",
            "dod, with outtime or los",
            {"patients": [{"subject_id": 1, "dod": "2150-03-09"}],
             "icustays": [{**IN_ICU[0], "outtime": "2150-03-04 08:00:00"}]},
            ["no"],
        ),
        ("icu_death", "icustays.los ahead", {"icustays": [{**IN_ICU[0], "los": 4.0}]}, ["yes"]),
        ("in_hospital_death", "gaps in poe", {"poe": GAP}, ["yes"]),
        ("in_hospital_death", "procedures_icd of the stay", {"procedures_icd": LEFT_OVER}, ["yes"]),
        ("los_7d", "gaps in poe", {"poe": GAP}, ["yes"]),
        ("los_3d", "number of ICD codes", {"diagnoses_icd": 11 * LEFT_OVER}, ["yes"]),
        ("los_3d", "number of ICD codes", {"diagnoses_icd": LEFT_OVER}, ["no"]),
        (
            "los_3d",
            "procedures_icd.chartdate",
            {"procedures_icd": [{"hadm_id": 20, "chartdate": "2150-03-09"}]},
            ["yes"],
        ),
        ("icu_stay_7d", "gaps in poe", {"poe": GAP}, ["yes"]),
        ("icu_stay_7d", "diagnoses_icd of the stay", {"diagnoses_icd": LEFT_OVER}, ["yes"]),
        (
            "icu_stay_7d",
            "ICD procedures of the stay",
            {"procedures_icd": [{"hadm_id": 20, "icd_code": "5A1955Z"}]},
            ["yes"],
        ),
        (
            "icu_stay_7d",
            "DRG severity",
            {"drgcodes": [{"hadm_id": 20, "drg_severity": 4}]},
            ["yes"],
        ),
        ("icu_death", "gaps in poe", {"poe": GAP}, ["yes"]),
        ("discharge_diagnoses", "drgcodes of the stay", {"drgcodes": [{"hadm_id": 20}]}, ["yes"]),
        ("discharge_diagnoses", "gaps in poe", {"poe": GAP}, ["yes"]),
        ("discharge_location", "gaps in poe", {"poe": GAP}, ["yes"]),
        ("next_care_unit", "gaps in poe", {"poe": GAP}, ["yes"]),
        (
            "readmission_30d",
            "diagnoses_icd of a stay to come",
            {"diagnoses_icd": [{"hadm_id": 21}]},
            ["yes"],
        ),
    ],
)  # fmt: skip
def test_what_is_let_in_of_a_stay_is_found(
    outcome: str, name: str, tables: dict[str, Rows], answers: list[str]
) -> None:
    assert found(outcome, name, **STANDING) == []
    assert found(outcome, name, **{**STANDING, **tables}) == answers


def test_a_year_to_come_is_looked_for_in_every_outcome() -> None:
    for outcome, look_ups in LOOK_UPS.items():
        assert "anchor_year, anchor_age" in [each.name for each in look_ups], outcome
        assert "gaps in poe" in [each.name for each in look_ups], outcome


def test_no_two_look_ups_of_an_outcome_have_one_name() -> None:
    for look_ups in LOOK_UPS.values():
        names = [each.name for each in look_ups]
        assert len(set(names)) == len(names)
