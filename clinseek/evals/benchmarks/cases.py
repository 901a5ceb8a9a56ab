"""Many cases of one patient, one after another, over a raw record that is laid out once.

Each holds, row by row, what `open_case` gives at its cutoff. It is short of indexes, which cost
more to make than the few look-ups of a build take without them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.toolkits.ehr.availability.profiles import CaseProfile
from clinseek.toolkits.ehr.case import Case
from clinseek.toolkits.ehr.case.build import PatientRecords, patient_tables
from clinseek.toolkits.ehr.case.case import CaseKey
from clinseek.toolkits.ehr.case.compose import PARENTS
from clinseek.toolkits.ehr.case.composition import composition_of
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.filling import new_file, place_by, write_table, writing
from clinseek.toolkits.ehr.case.sheet import Sheet, raw_sheet

if TYPE_CHECKING:
    import sqlite3


class PatientCases:
    """The cases of one patient under one profile; only one is open at a time."""

    def __init__(
        self,
        store: PatientRecords,
        subject_id: int,
        sheet: Sheet,
        *,
        profile: CaseProfile,
        path: Path,
    ) -> None:
        self._store, self._subject_id, self._profile, self._path = store, subject_id, profile, path
        self._connection = sheet.connection
        self._made_before = _temporary(sheet.connection)
        composition, tables = composition_of(profile), patient_tables(store)
        nothing: frozenset[str] = frozenset()
        self._in_order = composition.parents_first(tables)
        self._place = {
            table: composition.place(table, empty=sheet.empty.get(table, nothing))
            for table in self._in_order
        }
        self._writing = {table: writing(composition, table, indexed=False) for table in tables}

    @contextmanager
    def at(self, cutoff: str, *, tables: Collection[str] = ()) -> Iterator[Case | None]:
        """The case at a cutoff; None where nothing is known by then. Gone with the context.

        With `tables` it holds these alone, of those that the store has.
        """
        key = CaseKey(str(self._store.path), self._subject_id, read_cutoff(cutoff), self._profile)
        self._path.unlink(missing_ok=True)
        vocabulary = self._store.vocabulary if self._store.vocabulary.is_file() else None
        known = self._filled(key, [t for t in self._writing if not tables or t in tables])
        with closing(Case(key=key, path=self._path, vocabulary=vocabulary)) as case:
            yield case if known else None

    def _filled(self, key: CaseKey, tables: Collection[str]) -> int:
        """Write the case's file; how many rows are known, `patients` apart."""
        connection = self._connection
        try:
            with new_file(connection, self._path):
                for table in self._in_order:
                    if table in tables or table in PARENTS:  # nothing refers to rows of others
                        place_by(connection, self._place[table], cutoff=key.cutoff)
                written = {
                    table: write_table(connection, self._writing[table], cutoff=key.cutoff)
                    for table in tables
                }
        finally:
            for table in _temporary(connection) - self._made_before:
                connection.execute(f'DROP TABLE temp."{table}"')
            connection.execute('DETACH DATABASE "case"')
        return sum(rows for table, rows in written.items() if table != "patients")


@contextmanager
def cases_of(
    store: PatientRecords, subject_id: int, *, profile: CaseProfile, folder: Path
) -> Iterator[PatientCases]:
    """The cases of a patient, each written to a file in `folder`; the raw record is read once."""
    vocabulary = store.vocabulary if store.vocabulary.is_file() else None
    ranked = composition_of(profile).ranked
    rows = store.read_subject(subject_id)
    with raw_sheet(rows, vocabulary=vocabulary, ranked=ranked) as sheet:
        yield PatientCases(
            store, subject_id, sheet, profile=profile, path=folder / f"{subject_id}.sqlite"
        )


def _temporary(connection: sqlite3.Connection) -> frozenset[str]:
    named = connection.execute("SELECT name FROM temp.sqlite_schema WHERE type = 'table'")
    return frozenset(name for (name,) in named)
