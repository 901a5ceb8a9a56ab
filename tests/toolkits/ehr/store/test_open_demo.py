"""The open MIMIC-IV demo, cell by cell against the csv module."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES, ColumnType

FILES = "mimic-iv*/*/*.csv.gz"


@pytest.fixture(scope="module")
def demo(demo_store: Path) -> Store:
    """The store of the demo."""
    return Store.open(demo_store)


def value(cell: str, kind: ColumnType) -> Any:
    """What a raw cell means, read without our code."""
    if cell == "":
        return None
    if kind == "integer":
        return int(float(cell))
    if kind == "number":
        return float(cell)
    if kind == "time":
        return datetime.fromisoformat(cell)
    return date.fromisoformat(cell[:10]) if kind == "date" else cell


def raw_rows(open_data: Path, name: str) -> list[tuple[Any, ...]]:
    """All rows of a raw table in the order of the schema."""
    (path,) = (path for path in open_data.glob(FILES) if path.name == f"{name}.csv.gz")
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        rows = ({key.lower(): cell for key, cell in row.items()} for row in csv.DictReader(file))
        columns = TABLES[name].columns
        return [tuple(value(row[column.name], column.type) for column in columns) for row in rows]


def stored_rows(demo: Store, name: str) -> list[tuple[Any, ...]]:
    """All rows of a table as the store holds them."""
    import pyarrow.parquet as pq

    folder = "dictionaries" if TABLES[name].is_dictionary else "tables"
    path = demo.path / folder / (f"{name}.parquet" if TABLES[name].is_dictionary else name)
    return list(zip(*(column.to_pylist() for column in pq.read_table(path).columns), strict=True))


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"chartevents"}))
def test_every_cell_of_the_demo_is_in_the_store(open_data: Path, demo: Store, name: str) -> None:
    if TABLES[name].module in ("note", "cxr"):
        assert name not in demo.tables
        return
    assert Counter(stored_rows(demo, name)) == Counter(raw_rows(open_data, name))


def test_the_demo_has_a_hundred_patients_and_no_broken_row(demo: Store) -> None:
    assert demo.manifest.subjects == len(demo.subjects()) == 100
    assert sum(table.rejected for table in demo.manifest.tables.values()) == 0
    assert demo.manifest.tables["chartevents"].rows == 257_474


def test_the_largest_patient_is_read_whole_and_in_order(open_data: Path, demo: Store) -> None:
    found = demo.read_subject(10014354)
    assert sum(table.num_rows for table in found.values()) == 32_741
    for name in ("labevents", "emar", "poe"):
        place = TABLES[name].column_names.index("subject_id")
        raw = [row for row in raw_rows(open_data, name) if row[place] == 10014354]
        rows = zip(*(column.to_pylist() for column in found[name].columns), strict=True)
        assert Counter(rows) == Counter(raw), name
    charted = found["labevents"]["charttime"].to_pylist()
    assert charted == sorted(charted)
