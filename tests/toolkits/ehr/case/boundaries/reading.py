"""Reading a case the way a test speaks: what stood in the record of a patient at a moment."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from clinseek.toolkits.ehr.case import Case, Limits, open_case

from .raw_record import Patient

ProfileName = Literal["available", "strict", "event"]
PROFILES: tuple[ProfileName, ...] = ("available", "strict", "event")

_WHOLE = Limits(rows=10_000_000, bytes=2_000_000_000, seconds=120.0)


def one_second_before(moment: str) -> str:
    """The last moment before `moment`."""
    return str(datetime.fromisoformat(moment) - timedelta(seconds=1))


class View:
    """What one case shows."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._tables: dict[str, list[dict[str, Any]]] = {}

    @cached_property
    def bytes(self) -> bytes:
        """The case's file as it lies on disk."""
        return self.case.path.read_bytes()

    @property
    def digest(self) -> str:
        """A hash of the case's file, to compare two files by."""
        return hashlib.sha256(self.bytes).hexdigest()

    def table(self, table: str) -> list[dict[str, Any]]:
        """Every visible row of `table`."""
        if table not in self._tables:
            answer = self.case.select(f'SELECT * FROM "{table}" ORDER BY row_id', limits=_WHOLE)
            assert not answer.more, f"{table} was cut while reading"
            self._tables[table] = [
                dict(zip(answer.columns, row, strict=True)) for row in answer.rows
            ]
        return self._tables[table]

    def rows(self, table: str, **cells: Any) -> list[dict[str, Any]]:
        """The visible rows of `table` that hold `cells`."""
        return [
            row
            for row in self.table(table)
            if all(row[column] == value for column, value in cells.items())
        ]

    def row(self, table: str, **cells: Any) -> dict[str, Any]:
        """The one visible row of `table` that holds `cells`."""
        found = self.rows(table, **cells)
        assert len(found) == 1, f"{len(found)} rows of {table} with {cells} at {self.case.key}"
        return found[0]

    def pairs(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT over the case, sorted."""
        answer = self.case.select(sql, limits=_WHOLE)
        assert not answer.more
        return sorted(answer.rows, key=repr)


class Reader:
    """Opens cases of one store, each once."""

    def __init__(self, store: Path, folder: Path) -> None:
        self.store = store
        self._folder = folder
        self._opened = 0
        self._views: dict[tuple[int, str, str], View] = {}

    def __call__(
        self, patient: Patient | int, cutoff: str, profile: ProfileName = "available"
    ) -> View:
        """The record of `patient` as it stood at `cutoff`."""
        subject_id = patient if isinstance(patient, int) else patient.subject_id
        key = (subject_id, cutoff, profile)
        if key not in self._views:
            self._views[key] = View(self.opened(*key))
        return self._views[key]

    def opened(self, subject_id: int, cutoff: str, profile: ProfileName) -> Case:
        """A case of its own, not shared with other tests."""
        self._opened += 1
        folder = self._folder / str(self._opened)
        folder.mkdir(parents=True)
        return open_case(self.store, subject_id, cutoff=cutoff, profile=profile, folder=folder)

    def close(self) -> None:
        """Remove every case that was opened here and is still shared."""
        for view in self._views.values():
            view.case.close()
        self._views.clear()


def assert_enters_at(
    known: str,
    at: Reader,
    patient: Patient | int,
    table: str,
    profile: ProfileName = "available",
    **cells: Any,
) -> None:
    """One row of `table` with `cells` is absent a second before `known` and there at `known`."""
    earlier = one_second_before(known)
    assert not at(patient, earlier, profile).rows(table, **cells), f"shown at {earlier}"
    assert len(at(patient, known, profile).rows(table, **cells)) == 1, f"not there at {known}"


def assert_shown_from(
    moment: str,
    at: Reader,
    patient: Patient | int,
    table: str,
    shown: dict[str, Any],
    profile: ProfileName = "available",
    **cells: Any,
) -> None:
    """The columns of `shown` are NULL a second before `moment` and hold their value at it."""
    earlier = one_second_before(moment)
    before = at(patient, earlier, profile).row(table, **cells)
    assert {column: before[column] for column in shown} == dict.fromkeys(shown), earlier
    after = at(patient, moment, profile).row(table, **cells)
    assert {column: after[column] for column in shown} == shown, moment
