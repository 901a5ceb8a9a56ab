"""The file of dictionaries and candidate lists, which every case is read together with.

It must tell nothing of any patient: only tables and columns that it is known to have, dictionaries
and lists with the store's rows in their order, titles that several patients have, and of files of
the user what ingest recorded.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from itertools import islice

from clinseek.toolkits.ehr.candidates.build import FEWEST_PATIENTS
from clinseek.toolkits.ehr.candidates.recorded import EDITION_TABLE
from clinseek.toolkits.ehr.candidates.sources import (
    CANDIDATE_SOURCES,
    CCSR_COLUMNS,
    CODE_COLUMNS,
    CODE_SOURCES,
    EQUIVALENT_COLUMNS,
    FEWEST_HOLDERS,
)
from clinseek.toolkits.ehr.candidates.synonyms import CCSR_TABLE, EQUIVALENTS_TABLE
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.dictionaries import dictionary_rows
from clinseek.validity.audit.drawn_lists import (
    DRAWN_LISTS,
    DrawnFrom,
    Row,
    holders_of_titles,
    in_order,
    rows_in_dictionary,
)
from clinseek.validity.audit.findings import Violation, raw_key
from clinseek.validity.audit.recorded import other_than_recorded, supplied_lists
from clinseek.validity.audit.shown import opened

_OF_A_PATIENT = frozenset(
    {
        "subject_id", "hadm_id", "stay_id", "transfer_id", "labevent_id", "specimen_id",
        "microevent_id", "micro_specimen_id", "poe_id", "pharmacy_id", "emar_id", "note_id",
    }
)  # fmt: skip
"""Ids of a patient, a stay, or a thing that befell one: in no column of the vocabulary."""

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
    known, supplied = _known_tables(), frozenset(supplied_lists(store))
    kinds = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE type <> 'index' ORDER BY name"
    ).fetchall()
    tables = [name for kind, name in kinds if kind == "table"]
    known |= {name: _columns(connection, name) for name in tables if name in supplied}
    for kind, name in kinds:
        if kind != "table" or name not in known:
            yield _violation(name, None, "-", f"a {kind} that no vocabulary has")
    for name in tables:
        columns = _columns(connection, name)
        yield from _other_columns(name, columns, known.get(name, columns))
        if columns == known.get(name) and name not in supplied:
            yield from _other_rows(connection, store, name)
    yield from _lost(store, tables)
    yield from other_than_recorded(connection, store, _of_the_store(store))
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


def _of_the_store(store: Store) -> list[str]:
    """The dictionaries and lists that can be drawn from its rows once more."""
    few = len(store.subjects()) < FEWEST_PATIENTS
    return [
        *(name for name in store.tables if TABLES[name].is_dictionary),
        *(
            name
            for name, drawn in DRAWN_LISTS.items()
            if drawn.table in store.tables and not (few and drawn.of_patients)
        ),
    ]


def _lost(store: Store, tables: Collection[str]) -> Iterator[Violation]:
    for name in _of_the_store(store):
        if name not in tables:
            kind = "list" if name in DRAWN_LISTS else "dictionary"
            yield _violation(name, None, "-", f"a {kind} of the store is not there")


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
    """Rows of a dictionary or a list that are not the store's, or stand in another order."""
    there: list[Row] = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()
    if table in TABLES:
        yield from _other_dictionary(store, table, there)
    elif table in DRAWN_LISTS:
        yield from _other_list(store, table, DRAWN_LISTS[table], there)


def _other_dictionary(store: Store, table: str, there: list[Row]) -> Iterator[Violation]:
    wanted = in_order(set(dictionary_rows(store, table)))
    if there == wanted:
        return
    columns = TABLES[table].column_names
    yield from _differing(
        table,
        lambda cells: raw_key(table, dict(zip(columns, cells, strict=True))),
        (Counter(there) - Counter(wanted), "a row that is not in the store's dictionary"),
        (Counter(wanted) - Counter(there), "a row of the store's dictionary is not there"),
    )


def _other_list(
    store: Store, table: str, drawn: DrawnFrom, there: list[Row]
) -> Iterator[Violation]:
    if drawn.of_patients:
        few = len(store.subjects()) < FEWEST_PATIENTS
        if there and few:
            what = f"in a store of fewer than {FEWEST_PATIENTS} patients it tells what one has"
            yield _violation(table, None, "-", what)
        holders = holders_of_titles(store, drawn)
        wanted = [] if few else in_order({(t,) for t in holders if holders[t] >= FEWEST_HOLDERS})
    else:
        holders, wanted = Counter(), rows_in_dictionary(store, drawn)
    if there == wanted:
        return
    extra, lacking = Counter(there) - Counter(wanted), Counter(wanted) - Counter(there)
    lone = Counter(
        {row: n for row, n in extra.items() if 0 < holders[str(row[0])] < FEWEST_HOLDERS}
    )
    twice = Counter({row: n for row, n in extra.items() if row in set(wanted)})
    names = tuple("candidate" if each == drawn.title else each for each in drawn.columns)
    yield from _differing(
        table,
        lambda cells: ", ".join(f"{n} {cell}" for n, cell in zip(names, cells, strict=True)),
        (lone, "a title of one patient alone, so the list tells what awaits them"),
        (twice, "stands there more than once"),
        (extra - lone - twice, f"stands nowhere in {drawn.table}"),
        (lacking, f"stands in {drawn.table} and is not on the list"),
    )


def _differing(
    table: str, key: Callable[[Row], str], *kinds: tuple[Counter[Row], str]
) -> Iterator[Violation]:
    """The rows too many or too few, each kind with what it is; or that the order is another."""
    if not any(rows for rows, _ in kinds):
        what = "its rows stand in another order than their own, which may tell something"
        yield _violation(table, None, "-", what)
    for rows, what in kinds:
        for cells in islice(rows.elements(), _TOLD):
            yield _violation(table, None, key(cells), what)
        if rows.total() > _TOLD:
            yield _violation(table, None, "-", f"{rows.total() - _TOLD:,} more: {what}")


def _violation(table: str, column: str | None, row: str, what: str) -> Violation:
    return Violation("vocabulary", None, "-", table, column, row, None, what)
