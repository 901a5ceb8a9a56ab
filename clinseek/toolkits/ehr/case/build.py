"""Building a case: a fresh SQLite file with exactly what was known at the cutoff."""

from __future__ import annotations

import dataclasses
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clinseek.errors import CaseError, CutoffError
from clinseek.scratch import Scratch, scratch_folder
from clinseek.toolkits.ehr.availability import profile_named, rule_for
from clinseek.toolkits.ehr.case.case import Case, CaseKey
from clinseek.toolkits.ehr.case.composition import composition_of
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.filling import new_file, place_by, write_table, writing
from clinseek.toolkits.ehr.case.sheet import Sheet, raw_sheet
from clinseek.toolkits.ehr.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa


class PatientRecords(Protocol):
    """What a case needs of a store."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that it holds, dictionaries included."""
        ...

    @property
    def vocabulary(self) -> Path:
        """The file of dictionaries and candidates; it may be absent."""
        ...

    def read_subject(self, subject_id: int) -> dict[str, pa.Table]:
        """The raw rows of one patient by table."""
        ...


def open_case(
    store: PatientRecords | str | Path,
    subject_id: int,
    *,
    cutoff: str | datetime,
    profile: str = "available",
    folder: Path | None = None,
    name: str | None = None,
) -> Case:
    """The record of `subject_id` as it stood at `cutoff` (inclusive), in a file of its own.

    The file is `folder/name`, by default in a fresh temporary folder under a name made of patient,
    cutoff and profile; the same arguments over the same store give the same bytes. Raises
    StoreError, SubjectError, CutoffError (unreadable, zoned, or before the first record),
    SettingError (no such profile) and RuleError (a table or column without a rule).
    """
    records = opened_store(store)
    key = CaseKey(str(records.path), subject_id, read_cutoff(cutoff), profile_named(profile))
    held = patient_tables(records)
    if folder is None:
        own = Scratch("clinseek-case-")
        try:
            made = _made(records, key, held, own.path / (name or _file_name(key)))
        except BaseException:
            own.remove()
            raise
        return dataclasses.replace(made, own_folder=own)
    folder.mkdir(parents=True, exist_ok=True)
    return _made(records, key, held, folder / (name or _file_name(key)))


def _made(records: PatientRecords, key: CaseKey, held: list[str], path: Path) -> Case:
    """The case written to `path`, whole or not at all."""
    vocabulary = records.vocabulary if records.vocabulary.is_file() else None
    try:
        # Inside the case's own folder, so that the last step is a rename within one file system.
        with scratch_folder(".making-", parent=path.parent) as making:
            draft = making / "case.sqlite"
            rows, ranked = records.read_subject(key.subject_id), composition_of(key.profile).ranked
            with raw_sheet(rows, vocabulary=vocabulary, ranked=ranked) as sheet:
                if not _fill(sheet, draft, held, key):
                    raise CutoffError(_nothing_known(sheet.connection, held, key))
            draft.replace(path)
    except sqlite3.Error as error:
        raise CaseError(
            f"the case of patient {key.subject_id} at {key.cutoff} could not be made: {error}"
        ) from error
    return Case(key=key, path=path, vocabulary=vocabulary)


def _file_name(key: CaseKey) -> str:
    moment = key.cutoff.replace(" ", "T").replace(":", "")
    return f"{key.subject_id}-{moment}-{key.profile}.sqlite"


def patient_tables(records: PatientRecords) -> list[str]:
    """The patient's tables of the store; RuleError where one, or a column of one, has no rule."""
    held = [name for name in records.tables if name not in TABLES or not TABLES[name].is_dictionary]
    for table in held:
        rule_for(table, TABLES[table].column_names if table in TABLES else ())
    return sorted(held)


def opened_store(store: PatientRecords | str | Path) -> PatientRecords:
    """The store itself, or the one that lies at a path."""
    if not isinstance(store, str | Path):
        return store
    from clinseek.toolkits.ehr.store import Store

    return Store.open(store)


def place_rows(sheet: Sheet, tables: list[str], key: CaseKey) -> None:
    """Find the rows known at the cutoff and give each its place; parents before their details."""
    composition = composition_of(key.profile)
    for table in composition.parents_first(tables):
        places = composition.place(table, empty=sheet.empty.get(table, frozenset()))
        place_by(sheet.connection, places, cutoff=key.cutoff)


def _fill(sheet: Sheet, path: Path, tables: list[str], key: CaseKey) -> int:
    """Fill the new file `path`; how many rows are known, `patients` apart."""
    connection, composition = sheet.connection, composition_of(key.profile)
    with new_file(connection, path):
        place_rows(sheet, tables, key)
        written = {
            table: write_table(
                connection, writing(composition, table, indexed=True), cutoff=key.cutoff
            )
            for table in tables
        }
    return sum(rows for table, rows in written.items() if table != "patients")


def _nothing_known(connection: sqlite3.Connection, tables: list[str], key: CaseKey) -> str:
    composition = composition_of(key.profile)
    moments = [
        connection.execute(composition.first_known(table)).fetchone()
        for table in tables
        if table != "patients"
    ]
    first = min((moment for (moment,) in moments if moment), default=None)
    if first is None:
        return f"nothing is known of patient {key.subject_id} at any time: every table is empty"
    return (
        f"nothing is known of patient {key.subject_id} at {key.cutoff}: the record begins at "
        f"{first}; choose a later cutoff"
    )
