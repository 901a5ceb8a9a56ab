"""When an answer became visible: the moment of a raw row, or of one of its cells, in the record.

A benchmark asks at a cutoff for what is in some raw row. The rules that fill a case also say from
which moment that row, or that cell, stands in one; a question whose answer is visible at its own
cutoff tests reading, not judgement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError, StoreError
from clinseek.toolkits.ehr.availability import profile_named
from clinseek.toolkits.ehr.case.build import PatientRecords, opened_store, patient_tables
from clinseek.toolkits.ehr.case.composition import Composition, composition_of
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.raw_cell import raw_cell
from clinseek.toolkits.ehr.case.sheet import Sheet, raw_sheet
from clinseek.toolkits.ehr.tables import TABLES

_END_OF_TIME = "9999-12-31 23:59:59"


@dataclass(frozen=True)
class KnownLabel:
    """A raw row that holds a label, and the first moment at which the label is visible.

    `row` has every raw cell, times as `YYYY-MM-DD HH:MM:SS`. `known_at` is '' where the label is
    visible whatever the cutoff, None where it never is.
    """

    row: Mapping[str, Any]
    known_at: str | None

    def visible_at(self, cutoff: str | datetime) -> bool:
        """Whether a case with this cutoff shows the label."""
        return self.known_at is not None and self.known_at <= read_cutoff(cutoff)


class LabelClock:
    """One patient's raw rows, laid out once, to ask about any number of labels."""

    def __init__(
        self, sheet: Sheet, *, subject_id: int, tables: list[str], composition: Composition
    ) -> None:
        self._connection = sheet.connection
        self._subject_id = subject_id
        self._tables = tables
        self._composition = composition
        self._indexed: set[tuple[str, ...]] = set()

    def known_at(
        self, *, table: str, where: Mapping[str, Any], column: str | None = None
    ) -> list[KnownLabel]:
        """Every raw row of `table` that holds the cells of `where`, with its first moment.

        With `column` the moment is that of this cell. `where` names raw columns and their raw
        values (None is an empty cell); times may be text or datetime. An empty list where no row
        holds them. Raises SettingError for an unknown table, column or value, StoreError for a
        table that the store lacks.
        """
        self._check(table, where, column)
        columns = TABLES[table].column_names
        cells = {name: raw_cell(table, name, value) for name, value in where.items()}
        self._index(table, tuple(sorted(cells)))
        told = ", ".join(f'r."{name}"' for name in columns)
        asked = " AND ".join(f'r."{name}" IS ?' for name in cells) or "1"
        found = self._connection.execute(
            f"SELECT {told}, {self._composition.moment(table, column)} "
            f"{self._composition.raw_rows(table)} WHERE {asked} ORDER BY r.rowid",
            tuple(cells.values()),
        )
        return [
            KnownLabel(dict(zip(columns, row[:-1], strict=True)), row[-1])
            for row in found.fetchall()
        ]

    def visible(
        self,
        *,
        cutoff: str | datetime,
        table: str,
        where: Mapping[str, Any],
        column: str | None = None,
    ) -> bool:
        """Whether a case at `cutoff` shows the label in any of the rows that hold it.

        Raises what `known_at` raises, and SettingError where no raw row holds the label: a label
        that is nowhere would otherwise pass every check.
        """
        found = self.known_at(table=table, where=where, column=column)
        if not found:
            raise SettingError(
                f"no row of {table} of patient {self._subject_id} holds {dict(where)!r}; a label "
                "must be in the raw record to become visible"
            )
        return any(label.visible_at(cutoff) for label in found)

    def _check(self, table: str, where: Mapping[str, Any], column: str | None) -> None:
        known = [name for name, schema in TABLES.items() if not schema.is_dictionary]
        if table not in known:
            raise SettingError(f"no table {table!r} of a patient; tables: {', '.join(known)}")
        if table not in self._tables:
            raise StoreError(
                f"the store holds no table {table}; it holds {', '.join(self._tables)}"
            )
        raw, shown = TABLES[table].column_names, self._composition.schema(table).column_names
        for name in where:
            if name not in raw:
                raise SettingError(f"{table} has no column {name!r}; columns: {', '.join(raw)}")
        if column is not None and column not in shown:
            raise SettingError(f"{table} has no column {column!r}; columns: {', '.join(shown)}")

    def _index(self, table: str, columns: tuple[str, ...]) -> None:
        """Labels of one kind come by the hundred, and look for rows by the same columns."""
        if not columns or (table, *columns) in self._indexed:
            return
        self._indexed.add((table, *columns))
        name = f"label_{len(self._indexed)}"
        named = ", ".join(f'"{column}"' for column in columns)
        self._connection.execute(f"CREATE INDEX main.{name} ON {table} ({named})")


@contextmanager
def label_clock(
    store: PatientRecords | str | Path, subject_id: int, *, profile: str = "available"
) -> Iterator[LabelClock]:
    """A clock for the labels of one patient; the raw rows are laid out once and gone with it.

    Raises StoreError, SubjectError, SettingError (no such profile) and RuleError (a table or
    column without a rule).
    """
    records, composition = opened_store(store), composition_of(profile_named(profile))
    tables = patient_tables(records)
    vocabulary = records.vocabulary if records.vocabulary.is_file() else None
    rows = records.read_subject(subject_id)
    with raw_sheet(rows, vocabulary=vocabulary, ranked=composition.ranked) as sheet:
        # Rows that others refer to, placed as they stand once everything is known.
        for statement in composition.place_parents():
            sheet.connection.execute(statement, {"cutoff": _END_OF_TIME})
        yield LabelClock(sheet, subject_id=subject_id, tables=tables, composition=composition)


def label_known_at(
    store: PatientRecords | str | Path,
    subject_id: int,
    *,
    table: str,
    where: Mapping[str, Any],
    column: str | None = None,
    profile: str = "available",
) -> list[KnownLabel]:
    """The raw rows of `table` that hold the cells of `where`, each with its first visible moment.

    Reads the patient anew; for several labels of one patient open a `label_clock`. Raises what
    `label_clock` and `LabelClock.known_at` raise.
    """
    with label_clock(store, subject_id, profile=profile) as clock:
        return clock.known_at(table=table, where=where, column=column)


def label_visible(
    store: PatientRecords | str | Path,
    subject_id: int,
    *,
    cutoff: str | datetime,
    table: str,
    where: Mapping[str, Any],
    column: str | None = None,
    profile: str = "available",
) -> bool:
    """Whether the case of `subject_id` at `cutoff` shows the label; see `LabelClock.visible`."""
    with label_clock(store, subject_id, profile=profile) as clock:
        return clock.visible(cutoff=cutoff, table=table, where=where, column=column)
