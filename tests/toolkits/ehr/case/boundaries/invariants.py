"""What must hold of every case, whatever the patient, the cutoff and the profile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from clinseek.toolkits.ehr.tables import TABLES

from .raw_record import NEIGHBOUR
from .reading import View

PLANNED = {
    ("emar", "scheduletime"),
    ("prescriptions", "starttime"),
    ("pharmacy", "starttime"),
    ("pharmacy", "expirationdate"),
}
"""Moments that were written down ahead: the only ones that may lie after the cutoff."""

AGEING = {("patients", "anchor_age"), ("patients", "anchor_year")}
"""The only cells that change as the cutoff moves."""

PATIENT_TABLES = tuple(name for name, table in TABLES.items() if not table.is_dictionary)

NUMBERED = {
    "labevents": "labevent_id",
    "microbiologyevents": "microevent_id",
    "poe": "poe_seq",
    "emar": "emar_seq",
    "discharge": "note_seq",
    "radiology": "note_seq",
}
"""The column of each table whose raw numbers would count the hidden rows by their gaps."""

JOINS = {
    "details of orders": (
        "poe_detail a JOIN poe b USING (poe_id)",
        "a.field_name, b.ordertime, b.order_type",
    ),
    "prescriptions of orders": (
        "prescriptions a JOIN poe b USING (poe_id)",
        "a.drug, a.starttime, b.ordertime, b.order_type",
    ),
    "prescriptions of orders by number": (
        "prescriptions a JOIN poe b USING (poe_seq)",
        "a.drug, a.starttime, b.ordertime, b.order_type",
    ),
    "prescriptions of pharmacy entries": (
        "prescriptions a JOIN pharmacy b USING (pharmacy_id)",
        "a.drug, a.starttime, b.medication, b.entertime",
    ),
    "pharmacy entries of orders": (
        "pharmacy a JOIN poe b USING (poe_id)",
        "a.medication, a.entertime, b.ordertime, b.order_type",
    ),
    "administrations of orders": (
        "emar a JOIN poe b USING (poe_id)",
        "a.medication, a.charttime, b.ordertime, b.order_type",
    ),
    "details of administrations": (
        "emar_detail a JOIN emar b USING (emar_id)",
        "a.dose_given, a.product_code, b.medication, b.charttime",
    ),
    "orders that were stopped": (
        "poe a JOIN poe b ON a.discontinued_by_poe_id = b.poe_id",
        "a.ordertime, a.order_type, b.ordertime AS stopped, b.transaction_type",
    ),
    "orders that stop": (
        "poe a JOIN poe b ON a.discontinue_of_poe_id = b.poe_id",
        "a.ordertime, a.order_type, b.ordertime AS begun, b.transaction_type",
    ),
    "details of reports": (
        "radiology_detail a JOIN radiology b USING (note_id)",
        "a.field_name, b.charttime, b.text",
    ),
    "addenda of reports": (
        "radiology_detail a JOIN radiology b ON a.field_value = b.note_id",
        "a.field_name, b.charttime, b.text",
    ),
    "details of summaries": (
        "discharge_detail a JOIN discharge b USING (note_id)",
        "a.field_name, a.field_value, b.charttime, b.text",
    ),
}
"""Joins over the keys that a case re-numbers, by content: what to join, what to read."""


def assert_no_moment_after_the_cutoff(view: View) -> None:
    """No time or date cell lies after the cutoff, but for what was planned."""
    cutoff, profile = view.case.key.cutoff, view.case.key.profile
    ahead = PLANNED if profile == "strict" else PLANNED | {("datetimeevents", "value")}
    for name in view.case.tables:
        moments = [
            column.name
            for column in TABLES[name].columns
            if column.type in ("time", "date") and (name, column.name) not in ahead
        ]
        late = [
            (column, row)
            for row in view.table(name)
            for column in moments
            if row[column] is not None and row[column] > cutoff[: len(row[column])]
        ]
        assert late == [], f"{name} at {cutoff} ({profile})"


def assert_grows(earlier: View, later: View) -> None:
    """Every row of the earlier case is in the later one, and no cell that was told changed."""
    for name in later.case.tables:
        held = {row["row_id"]: row for row in later.table(name)}
        for row in earlier.table(name):
            told = {
                column: value
                for column, value in row.items()
                if value is not None and (name, column) not in AGEING
            }
            now = held[row["row_id"]]
            assert {column: now[column] for column in told} == told, f"{name} changed"
        before = {row["row_id"] for row in earlier.table(name)}
        arrived = held.keys() - before
        assert not arrived or not before or min(arrived) > max(before), f"{name}: row_id order"


def assert_numbered_without_gaps(view: View) -> None:
    """row_id and the surrogate ids run 1, 2, ... n: nothing counts what is hidden.

    Notes count within their note_type, as MIMIC's note_seq does.
    """
    held = set(view.case.tables)
    for name in held:
        row_ids = [row["row_id"] for row in view.table(name)]
        assert row_ids == list(range(1, len(row_ids) + 1)), f"{name}.row_id"
    for name, column in NUMBERED.items():
        if name not in held:
            continue
        counted: dict[Any, list[int]] = {}
        for row in view.table(name):
            counted.setdefault(row.get("note_type"), []).append(row[column])
        for numbers in counted.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1)), f"{name}.{column}"
    for name, key, sequence in (
        ("poe", "poe_id", "poe_seq"),
        ("emar", "emar_id", "emar_seq"),
        ("discharge", "note_id", "note_seq"),
        ("radiology", "note_id", "note_seq"),
    ):
        if name not in held:
            continue
        ends = {str(row[key]).rsplit("-", 1)[-1] == str(row[sequence]) for row in view.table(name)}
        assert ends <= {True}, f"{name}: {key} and {sequence} disagree"


def assert_of_one_patient(view: View) -> None:
    """Every row is the patient's of the case, and no text of the neighbour is in the file."""
    subject_id = view.case.key.subject_id
    for name in view.case.tables:
        assert {row["subject_id"] for row in view.table(name)} <= {subject_id}, name
    assert NEIGHBOUR.encode() not in view.bytes


def assert_file_remembers_nothing(view: View) -> None:
    """No free page and no statistics from which something that is not shown could be read."""
    with closing(sqlite3.connect(f"file:{view.case.path}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert not {name for name in names if name.startswith("sqlite_stat")}
    leftovers = [
        view.case.path.with_name(view.case.path.name + suffix)
        for suffix in ("-wal", "-shm", "-journal")
    ]
    assert [path for path in leftovers if path.exists()] == []


def assert_holds(view: View) -> None:
    """All that can be said of one case alone."""
    assert_no_moment_after_the_cutoff(view)
    assert_numbered_without_gaps(view)
    assert_of_one_patient(view)
    assert_file_remembers_nothing(view)


def joined(view: View, name: str) -> list[tuple[Any, ...]]:
    """What a join of JOINS gives over the case, sorted."""
    tables, columns = JOINS[name]
    return view.pairs(f"SELECT {columns} FROM {tables}")
