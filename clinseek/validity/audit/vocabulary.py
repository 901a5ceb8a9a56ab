"""The file of dictionaries and candidate lists, which every case is read together with.

It must tell nothing of any patient: only tables and columns that it is known to have, dictionaries
with the store's rows, candidates that stand in the column they are drawn from.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice

from clinseek.toolkits.ehr.candidates.build import EDITION_TABLE, FEWEST_PATIENTS
from clinseek.toolkits.ehr.candidates.sources import (
    CANDIDATE_SOURCES,
    CCSR_COLUMNS,
    CODE_COLUMNS,
    CODE_SOURCES,
    EQUIVALENT_COLUMNS,
)
from clinseek.toolkits.ehr.candidates.synonyms import CCSR_TABLE, EQUIVALENTS_TABLE
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.folder import table_path
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.dictionaries import dictionary_rows
from clinseek.validity.audit.findings import Violation, raw_key
from clinseek.validity.audit.shown import opened

_OF_A_PATIENT = frozenset(
    {
        "subject_id", "hadm_id", "stay_id", "transfer_id", "labevent_id", "specimen_id",
        "microevent_id", "micro_specimen_id", "poe_id", "pharmacy_id", "emar_id", "note_id",
    }
)  # fmt: skip
"""Ids of a patient, a stay, or a thing that befell one: in no column of the vocabulary."""

_DRAWN_FROM = {
    "diagnoses_icd_candidates": ("d_icd_diagnoses", "long_title"),
    "items_candidates": ("d_items", "label"),
    "labevents_candidates": ("d_labitems", "label"),
    "microbiologyevents_candidates": ("microbiologyevents", "test_name"),
    "prescriptions_candidates": ("prescriptions", "drug"),
    "procedures_icd_candidates": ("d_icd_procedures", "long_title"),
    "radiology_candidates": ("radiology_detail", "field_value"),
    "services_candidates": ("services", "curr_service"),
    "transfers_candidates": ("transfers", "careunit"),
}
"""The table and column in which each candidate stands."""
_TOLD = 20


def vocabulary_violations(store: Store) -> list[Violation]:
    """What the vocabulary of `store` holds that it must not, or lacks."""
    if not store.vocabulary.is_file():
        lacks = any(TABLES[name].is_dictionary for name in store.tables)
        return [_violation("file", None, "-", "the store has no vocabulary")] if lacks else []
    try:
        with closing(opened(store.vocabulary)) as connection:
            return list(_violations(connection, store))
    except sqlite3.DatabaseError as error:
        return [_violation("file", None, "-", f"cannot be read: {error}")]


def _violations(connection: sqlite3.Connection, store: Store) -> Iterator[Violation]:
    known = _known_tables()
    kinds = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE type <> 'index' ORDER BY name"
    ).fetchall()
    tables = [name for kind, name in kinds if kind == "table"]
    known |= {name: columns for name in tables if (columns := _supplied(connection, name, known))}
    for kind, name in kinds:
        if kind != "table" or name not in known:
            yield _violation(name, None, "-", f"a {kind} that no vocabulary has")
    for name in tables:
        columns = _columns(connection, name)
        yield from _other_columns(name, columns, known.get(name, columns))
        if columns == known.get(name):
            yield from _other_rows(connection, store, name)
    for name in store.tables:
        if TABLES[name].is_dictionary and name not in tables:
            yield _violation(name, None, "-", "a dictionary of the store is not there")
    if connection.execute("PRAGMA freelist_count").fetchone()[0]:
        yield _violation("file", None, "-", "has free pages, in which anything may stand")


def _known_tables() -> dict[str, tuple[str, ...]]:
    tables = {table.name: table.column_names for table in TABLES.values() if table.is_dictionary}
    tables |= {
        source.name: tuple(name for name, _ in source.columns) for source in CANDIDATE_SOURCES
    }
    tables |= {source.name: tuple(name for name, _ in CODE_COLUMNS) for source in CODE_SOURCES}
    tables |= {CCSR_TABLE: tuple(name for name, _ in CCSR_COLUMNS)}
    tables |= {EQUIVALENTS_TABLE: tuple(name for name, _ in EQUIVALENT_COLUMNS)}
    return tables | {EDITION_TABLE: ("edition",)}


def _supplied(
    connection: sqlite3.Connection, name: str, known: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The columns of a candidate list that the user supplied; none for any other table.

    Such a list may have columns of its own, but none with an id of a patient.
    """
    columns = _columns(connection, name)
    supplied = name not in known and name.endswith("_candidates") and "candidate" in columns
    return columns if supplied else ()


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    found = connection.execute("SELECT name FROM pragma_table_xinfo(?)", (table,))
    return tuple(name for (name,) in found)


def _other_columns(
    table: str, columns: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[Violation]:
    for column in columns:
        if column in _OF_A_PATIENT:
            yield _violation(table, column, "-", "an id of a patient, a stay or an event")
        elif column not in known:
            yield _violation(table, column, "-", "a column that this table does not have")
    for column in known:
        if column not in columns:
            yield _violation(table, column, "-", "a column of this table is not there")


def _other_rows(connection: sqlite3.Connection, store: Store, table: str) -> Iterator[Violation]:
    """Rows of a dictionary that are not the store's; candidates that stand nowhere in it."""
    if table in _DRAWN_FROM:
        yield from _other_candidates(connection, store, table)
    if table not in TABLES:
        return
    there = Counter(connection.execute(f'SELECT * FROM "{table}"').fetchall())
    wanted = Counter(set(dictionary_rows(store, table)))
    if dict(there) == dict(wanted):  # that of Counter is slow
        return
    columns = TABLES[table].column_names
    for rows, what in (
        (there - wanted, "a row that is not in the store's dictionary"),
        (wanted - there, "a row of the store's dictionary is not there"),
    ):
        for cells in islice(rows.elements(), _TOLD):
            row = raw_key(table, dict(zip(columns, cells, strict=True)))
            yield _violation(table, None, row, what)
        if rows.total() > _TOLD:
            yield _violation(table, None, "-", f"{rows.total() - _TOLD:,} more: {what}")


def _other_candidates(
    connection: sqlite3.Connection, store: Store, table: str
) -> Iterator[Violation]:
    source, title = _DRAWN_FROM[table]
    there = set(connection.execute(f'SELECT * FROM "{table}"').fetchall())
    if there and not TABLES[source].is_dictionary and len(store.subjects()) < FEWEST_PATIENTS:
        what = f"in a store of fewer than {FEWEST_PATIENTS} patients it tells what one of them has"
        yield _violation(table, None, "-", what)
    columns = _columns(connection, table)
    drawn_from = tuple(title if column == "candidate" else column for column in columns)
    strange = sorted(there - _rows_in(store, source, drawn_from, title), key=repr)
    for cells in strange[:_TOLD]:
        row = ", ".join(f"{name} {cell}" for name, cell in zip(columns, cells, strict=True))
        yield _violation(table, None, row, f"stands nowhere in {source}")
    if len(strange) > _TOLD:
        yield _violation(table, None, "-", f"{len(strange) - _TOLD:,} more that stand nowhere")


def _rows_in(
    store: Store, table: str, columns: tuple[str, ...], title: str
) -> set[tuple[object, ...]]:
    """Every row of some columns, the title as candidates are written: no spaces around it."""
    import pyarrow.dataset as ds

    if table not in store.tables:
        return set()
    held = ds.dataset(table_path(store.path, TABLES[table]), format="parquet")
    found: set[tuple[object, ...]] = set()
    for batch in held.to_batches(columns=list(columns)):
        cells = (
            (text and text.strip(" ") for text in batch.column(name).to_pylist())
            if name == title
            else batch.column(name).to_pylist()
            for name in columns
        )
        found.update(zip(*cells, strict=True))
    return found


def _violation(table: str, column: str | None, row: str, what: str) -> Violation:
    return Violation("vocabulary", None, "-", table, column, row, None, what)
