"""Deliberately broken ways to open a case: an honest one, with one thing of the future let in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from clinseek.errors import CutoffError
from clinseek.toolkits.ehr.case import Case, open_case

Break = Callable[[sqlite3.Connection, dict[str, Any]], None]


def broken(*breaks: Break) -> Callable[..., Case]:
    """An opener in place of `open_case` that breaks each case it opens."""

    def opener(store: Any, subject_id: int, **options: Any) -> Case:
        case = open_case(store, subject_id, **options)
        rows = {name: table.to_pylist() for name, table in store.read_subject(subject_id).items()}
        with closing(sqlite3.connect(case.path)) as connection, connection:
            for each in breaks:
                each(connection, rows)
        return case

    return opener


def never_opening(_store: Any, subject_id: int, **_options: Any) -> Case:
    """An opener to which nothing is known at any moment."""
    raise CutoffError(f"nothing is known of subject_id {subject_id} yet")


def opening_every_other(store: Any, subject_id: int, **options: Any) -> Case:
    """An opener to which nothing is known of those with an odd subject_id."""
    if subject_id % 2:
        return never_opening(store, subject_id)
    return open_case(store, subject_id, **options)


def without_admissions(connection: sqlite3.Connection, _rows: dict[str, Any]) -> None:
    """A case that lost a table which its store holds."""
    connection.execute("DROP TABLE admissions")


def dischtime_shown(connection: sqlite3.Connection, rows: dict[str, Any]) -> None:
    """The moment of discharge, which the agent could read off."""
    for row in rows["admissions"]:
        connection.execute(
            "UPDATE admissions SET dischtime = ? WHERE hadm_id = ?",
            (str(row["dischtime"]), row["hadm_id"]),
        )


def lab_numbers_with_gaps(connection: sqlite3.Connection, rows: dict[str, Any]) -> None:
    """Labs numbered through the whole record, by item: those still to come leave gaps."""
    labs = sorted(rows["labevents"], key=lambda row: (row["itemid"], row["labevent_id"]))
    numbers: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(labs, start=1):
        key = (row["itemid"], str(row["charttime"]), row["specimen_id"])
        numbers.setdefault(key, []).append(number)
    held = connection.execute(
        "SELECT row_id, itemid, charttime, specimen_id FROM labevents ORDER BY row_id"
    ).fetchall()
    connection.execute("UPDATE labevents SET row_id = -row_id")
    for row_id, *key in held:
        number = numbers[tuple(key)].pop(0)
        connection.execute("UPDATE labevents SET row_id = ? WHERE row_id = ?", (number, -row_id))


def ed_admission_named(connection: sqlite3.Connection, rows: dict[str, Any]) -> None:
    """hadm_id on ED stays, filled in afterwards: a value is there for those who were admitted."""
    for row in rows["edstays"]:
        connection.execute(
            "UPDATE edstays SET hadm_id = ? WHERE stay_id = ?", (row["hadm_id"], row["stay_id"])
        )


def death_not_null(connection: sqlite3.Connection, rows: dict[str, Any]) -> None:
    """Whether deathtime will be filled, without what it will say."""
    for row in rows["admissions"]:
        if row["deathtime"] is not None:
            connection.execute(
                "UPDATE admissions SET deathtime = '' WHERE hadm_id = ?", (row["hadm_id"],)
            )
