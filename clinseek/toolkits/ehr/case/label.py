"""When an answer became visible: the moment of a raw row, or of one of its cells, in the record.

A benchmark asks at a cutoff for what is in some raw row. The rules that fill a case also say from
which moment that row, or that cell, stands in one; a question whose answer is visible at its own
cutoff tests reading, not judgement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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

    `row` has every raw cell, times as `YYYY-MM-DD HH:MM:SS` with parts of a second where the raw
    one has them. `known_at` is a whole second, as every cutoff is: the first at which a case shows
    the label. It is '' where the label is visible whatever the cutoff, None where it never is.
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
        values (None is an empty cell); times may be text or datetime, and a bare date in a column
        of times is the end of its day, as ingest reads one. An empty list where no row holds them.
        Raises SettingError for an unknown table, column or value, and for a bare date that finds
        no row; StoreError for a table that the store lacks.
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
        labels = [
            KnownLabel(dict(zip(columns, row[:-1], strict=True)), first_second(row[-1]))
            for row in found.fetchall()
        ]
        if not labels:
            _refuse_bare_dates(table, where)
        return labels

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
        if not isinstance(where, Mapping):
            raise SettingError(
                f"where={where!r} names no cells; give raw columns with their raw values, for "
                f"example {{{raw[-1]!r}: ...}}, or {{}} for every row of {table}"
            )
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


def first_second(moment: str | None) -> str | None:
    """The first whole second that is not before `moment`, written as a cutoff is.

    '' (always) and None (never) stay as they are; a moment after the last second that can be
    written is never.

    >>> first_second("2156-04-17 15:57:08.657000"), first_second("2156-04-17 15:57:08")
    ('2156-04-17 15:57:09', '2156-04-17 15:57:08')
    """
    if not moment or "." not in moment:
        return moment
    exact = datetime.fromisoformat(moment)
    whole = exact.replace(microsecond=0)
    try:
        return (whole + timedelta(seconds=exact > whole)).isoformat(sep=" ")
    except OverflowError:
        return None


def _refuse_bare_dates(table: str, where: Mapping[str, Any]) -> None:
    """A day for a time finds nothing but a raw bare date: told, or it would pass for no label."""
    for name, value in where.items():
        if TABLES[table].type_of(name) == "time" and _is_bare_date(value):
            raise SettingError(
                f"no row of {table} holds {name} {value}: the column holds times, so a bare date "
                f"means {raw_cell(table, name, value)}; give the moment as the raw file has it"
            )


def _is_bare_date(value: object) -> bool:
    if isinstance(value, str):
        return len(value.strip()) == len("2150-03-05")
    return isinstance(value, date) and not isinstance(value, datetime)


def _read_subject_id(given: int | str) -> int:
    """The patient's number, which a csv of labels may hold as text."""
    if isinstance(given, str) and given.strip().isdecimal():
        return int(given)
    if isinstance(given, str | bool | float):
        raise SettingError(f"subject_id {given!r} is no whole number, for example 10014354")
    return int(given)


@contextmanager
def label_clock(
    store: PatientRecords | str | Path, subject_id: int | str, *, profile: str = "available"
) -> Iterator[LabelClock]:
    """A clock for the labels of one patient; the raw rows are laid out once and gone with it.

    Raises StoreError, SubjectError, SettingError (no such profile, a subject_id that is no number)
    and RuleError (a table or column without a rule).
    """
    subject_id = _read_subject_id(subject_id)
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
    subject_id: int | str,
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
    subject_id: int | str,
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
