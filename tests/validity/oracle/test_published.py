"""The published rule: each table at its first column with time or date in its name."""

import pytest

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import Cell, RawRecord, published_shown_from
from tests.validity.oracle.worked import STAY, row


@pytest.mark.parametrize(
    ("table", "cells", "moment"),
    [
        ("admissions", {"admittime": "2150-03-01 06:00:00"}, "2150-03-01 06:00:00"),
        ("labevents", {"charttime": "2150-03-01 06:00:00"}, "2150-03-01 06:00:00"),
        ("services", {"transfertime": "2150-03-01 06:00:00"}, "2150-03-01 06:00:00"),
        ("omr", {"chartdate": "2150-03-01"}, "2150-03-01 23:59:00"),
        ("hcpcsevents", {"chartdate": "2150-03-01"}, "2150-03-01 23:59:00"),
        ("microbiologyevents", {"chartdate": "2150-03-01"}, "2150-03-01 00:00:00"),
        ("discharge", {"charttime": "2150-03-01 00:00:00"}, "2150-03-01 00:00:00"),
        ("medrecon", {"charttime": None}, None),
        ("pharmacy", {"starttime": "2150-03-01 06:00:00"}, None),
    ],
)
def test_a_row_is_shown_after_its_first_time_column(
    table: str, cells: dict[str, Cell], moment: str | None
) -> None:
    assert published_shown_from(table, row(table, **cells), {}) == moment


def test_tables_without_a_time_are_shown_whole() -> None:
    whole = {
        name
        for name, table in TABLES.items()
        if not table.is_dictionary and published_shown_from(name, row(name), {}) == ""
    }
    assert whole == {
        "patients",
        "drgcodes",
        "triage",
        "poe_detail",
        "emar_detail",
        "discharge_detail",
        "radiology_detail",
    }


def test_codes_get_a_charttime_a_minute_before_the_end_of_their_stay() -> None:
    record: RawRecord = {
        "admissions": [row("admissions", **STAY)],
        "edstays": [row("edstays", stay_id=5, outtime="2150-03-01 05:00:00")],
    }
    hospital = row("diagnoses_icd", hadm_id=2)
    assert published_shown_from("diagnoses_icd", hospital, record) == "2150-03-05 15:19:00"
    department = row("diagnosis", stay_id=5)
    assert published_shown_from("diagnosis", department, record) == "2150-03-01 04:59:00"
    stray = row("diagnoses_icd", hadm_id=3)
    assert published_shown_from("diagnoses_icd", stray, record) is None
