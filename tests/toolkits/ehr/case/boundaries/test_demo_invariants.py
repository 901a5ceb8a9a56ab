"""What must hold of every case, tried on patients of the open demo."""

from __future__ import annotations

import csv
import gzip
import itertools
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from .invariants import JOINS, assert_grows, assert_holds, joined
from .reading import PROFILES, ProfileName, Reader

CUTOFFS = {
    10014729: ("2125-03-05 10:00:00", "2125-03-19 16:58:30", "2125-03-22 08:00:00"),
    10019003: ("2153-03-28 08:00:00", "2155-05-17 12:00:00", "2155-05-20 00:00:00"),
    10038081: ("2115-09-30 12:00:00", "2115-10-11 12:00:00", "2115-10-12 12:00:00"),
    10039708: ("2140-01-23 14:00:00", "2142-03-28 16:00:00", "2143-09-19 20:00:00"),
}
"""In the emergency department, in the middle of stays, between them, on the day of a death."""

END_OF_RECORD = "2205-01-01 00:00:00"

RAW_FILES = (
    "hosp/poe",
    "hosp/poe_detail",
    "hosp/pharmacy",
    "hosp/prescriptions",
    "hosp/emar",
    "hosp/emar_detail",
)

JOINED_BY = {
    "details of orders": ("poe_detail", "poe_id", "poe", "poe_id"),
    "prescriptions of orders": ("prescriptions", "poe_id", "poe", "poe_id"),
    "prescriptions of orders by number": ("prescriptions", "poe_seq", "poe", "poe_seq"),
    "prescriptions of pharmacy entries": (
        "prescriptions",
        "pharmacy_id",
        "pharmacy",
        "pharmacy_id",
    ),
    "pharmacy entries of orders": ("pharmacy", "poe_id", "poe", "poe_id"),
    "administrations of orders": ("emar", "poe_id", "poe", "poe_id"),
    "details of administrations": ("emar_detail", "emar_id", "emar", "emar_id"),
    "orders that were stopped": ("poe", "discontinued_by_poe_id", "poe", "poe_id"),
    "orders that stop": ("poe", "discontinue_of_poe_id", "poe", "poe_id"),
}
"""The joins of the demo's tables, as they are done over the raw rows."""

RawTables = dict[str, list[dict[str, str | None]]]
Pairs = list[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def raw_orders(open_data: Path) -> dict[int, RawTables]:
    """The raw rows about orders of the patients of CUTOFFS, by subject_id and table."""
    found: dict[int, RawTables] = defaultdict(lambda: defaultdict(list))
    for name in RAW_FILES:
        with gzip.open(open_data / f"mimic-iv-demo/{name}.csv.gz", "rt", newline="") as file:
            for row in csv.DictReader(file):
                if int(row["subject_id"]) in CUTOFFS:
                    cells = {column: value or None for column, value in row.items()}
                    found[int(row["subject_id"])][name.split("/")[1]].append(cells)
    return found


def raw_pairs(tables: RawTables, name: str) -> Pairs:
    """What a join of JOINS gives over the raw rows, sorted."""
    left, key, right, named = JOINED_BY[name]
    by_key: dict[str | None, list[dict[str, str | None]]] = defaultdict(list)
    for row in tables[right]:
        by_key[row[named]].append(row)
    columns = [column.strip().split(" ")[0] for column in JOINS[name][1].split(",")]
    pairs = [
        tuple((a if column.startswith("a.") else b)[column[2:]] for column in columns)
        for a in tables[left]
        if a[key] is not None
        for b in by_key[a[key]]
    ]
    return sorted(pairs, key=repr)


def stripped(pairs: Iterable[tuple[str | None, ...]]) -> Pairs:
    """Pairs without blanks at the ends of a cell, which a store may or may not keep."""
    cleaned = [tuple(cell and cell.strip() for cell in pair) for pair in pairs]
    return sorted(cleaned, key=repr)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("subject_id", CUTOFFS)
def test_every_invariant_holds_of_a_patient_of_the_demo(
    demo_at: Reader, subject_id: int, profile: ProfileName
) -> None:
    views = [
        demo_at(subject_id, cutoff, profile) for cutoff in (*CUTOFFS[subject_id], END_OF_RECORD)
    ]
    for view in views:
        assert_holds(view)
    for earlier, later in itertools.pairwise(views):
        assert_grows(earlier, later)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("subject_id", CUTOFFS)
def test_the_keys_of_a_case_of_the_demo_join_as_the_raw_keys_do(
    demo_at: Reader,
    raw_orders: dict[int, RawTables],
    subject_id: int,
    profile: ProfileName,
) -> None:
    view = demo_at(subject_id, END_OF_RECORD, profile)
    for name in JOINED_BY:
        raw = stripped(raw_pairs(raw_orders[subject_id], name))
        assert stripped(joined(view, name)) == raw, name


@pytest.mark.parametrize("subject_id", CUTOFFS)
def test_a_case_of_the_demo_opened_twice_is_the_same_to_the_byte(
    demo_at: Reader, subject_id: int
) -> None:
    for cutoff in CUTOFFS[subject_id]:
        again = demo_at.opened(subject_id, cutoff, "available")
        assert again.path.read_bytes() == demo_at(subject_id, cutoff).bytes
        again.close()


@pytest.mark.parametrize("subject_id", CUTOFFS)
def test_the_strict_profile_shows_no_more_rows_than_the_available_one(
    demo_at: Reader, subject_id: int
) -> None:
    for cutoff in CUTOFFS[subject_id]:
        available, strict = (demo_at(subject_id, cutoff, name) for name in ("available", "strict"))
        for table in available.case.tables:
            assert len(strict.table(table)) <= len(available.table(table)), (table, cutoff)
