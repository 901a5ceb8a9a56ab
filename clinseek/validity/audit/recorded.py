"""The vocabulary against what the manifest records of it: table by table, by the hash of its rows.

What comes from files of the user (categories of codes, lists of their own) can be compared with
nothing else: whether a list tells of a patient, nobody but its maker knows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping

from clinseek.toolkits.ehr.candidates.recorded import (
    EDITION_TABLE,
    edition_of,
    recorded_table,
    sheets_in,
)
from clinseek.toolkits.ehr.candidates.sources import CODE_SOURCES
from clinseek.toolkits.ehr.candidates.synonyms import CCSR_TABLE, EQUIVALENTS_TABLE
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.manifest import VocabularyTable
from clinseek.validity.audit.findings import Violation

_AGAIN = "ingest the same folders again, which makes the vocabulary alone anew"


def supplied_lists(store: Store) -> tuple[str, ...]:
    """The tables that ingest took from lists of the user's own."""
    recorded = store.manifest.vocabulary
    tables = {} if recorded is None else recorded.tables
    return tuple(name for name, table in tables.items() if table.supplied)


def code_tables(store: Store) -> tuple[str, ...]:
    """The tables that ingest made from files of codes: categories, equivalents of codes."""
    recorded = store.manifest.vocabulary
    tables = {} if recorded is None else recorded.tables
    made = {*(source.name for source in CODE_SOURCES), CCSR_TABLE, EQUIVALENTS_TABLE}
    return tuple(name for name, table in tables.items() if name in made and not table.supplied)


def other_than_recorded(
    connection: sqlite3.Connection, store: Store, drawn: Collection[str]
) -> Iterator[Violation]:
    """Tables and an edition that are not what ingest wrote.

    A store from before they were recorded can be believed only of the tables that are `drawn` from
    its own rows.
    """
    sheets = sheets_in(connection)
    yield from _other_edition(connection, edition_of(sheets), store)
    recorded = store.manifest.vocabulary
    if recorded is None:
        for sheet in sheets:
            if sheet.name not in drawn:
                what = f"an older clinseek did not record its rows: {_AGAIN}"
                yield _violation(sheet.name, what)
        return
    there = {sheet.name: recorded_table(sheet, supplied=False) for sheet in sheets}
    yield from _other_tables(there, recorded.tables)


def _other_edition(
    connection: sqlite3.Connection, edition: str, store: Store
) -> Iterator[Violation]:
    try:
        stated = connection.execute(f"SELECT * FROM {EDITION_TABLE}").fetchall()
    except sqlite3.OperationalError:
        yield _violation(EDITION_TABLE, "is not there")
        return
    if stated != [(edition,)]:
        yield _violation(EDITION_TABLE, "states another hash than that of the names and rows")
    recorded = store.manifest.vocabulary
    if recorded is not None and recorded.edition != edition:
        yield _violation(EDITION_TABLE, "the names and rows are not those that ingest recorded")


def _other_tables(
    there: Mapping[str, VocabularyTable], recorded: Mapping[str, VocabularyTable]
) -> Iterator[Violation]:
    for name, table in there.items():
        if name not in recorded:
            yield _violation(name, "a table that ingest did not record")
        elif table.sha256 != recorded[name].sha256:
            rows = f"{table.rows:,} rows instead of {recorded[name].rows:,}"
            same = "as many rows" if table.rows == recorded[name].rows else rows
            yield _violation(name, f"its rows are not those that ingest recorded: {same}")
    for name in recorded.keys() - there.keys():
        yield _violation(name, "a table that ingest recorded is not there")


def _violation(table: str, what: str) -> Violation:
    return Violation("vocabulary", None, "-", table, None, "-", None, what)
