"""What a store's manifest records of its vocabulary, read back from the file that was written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from clinseek.toolkits.ehr.candidates.sheet import Sheet
from clinseek.toolkits.ehr.store.manifest import VocabularyManifest, VocabularyTable
from clinseek.toolkits.ehr.tables import ColumnType

EDITION_TABLE = "vocabulary_edition"

_TYPE_OF: dict[str, ColumnType] = {"INTEGER": "integer", "REAL": "number"}


def edition_of(sheets: Iterable[Sheet]) -> str:
    """One SHA-256 over the names, columns and rows of `sheets`, in their order.

    >>> edition_of([])[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    for sheet in sheets:
        digest.update(_written(sheet))
    return digest.hexdigest()


def recorded_table(sheet: Sheet, *, supplied: bool) -> VocabularyTable:
    """What is recorded of one table: how many rows, their hash, whether the user supplied it."""
    digest = hashlib.sha256(_written(sheet)).hexdigest()
    return VocabularyTable(rows=len(sheet.rows), sha256=digest, supplied=supplied)


def sheets_in(connection: sqlite3.Connection) -> list[Sheet]:
    """The tables of a vocabulary by name, the edition's own left out, rows as they stand."""
    named = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [_sheet(connection, name) for (name,) in named if name != EDITION_TABLE]


def record_vocabulary(vocabulary: Path, *, supplied: Iterable[str]) -> VocabularyManifest:
    """What the manifest is to say of the file `vocabulary`, of which the user gave `supplied`."""
    own = frozenset(supplied)
    uri = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        sheets = sheets_in(connection)
    return VocabularyManifest(
        edition=edition_of(sheets),
        tables={each.name: recorded_table(each, supplied=each.name in own) for each in sheets},
    )


def _sheet(connection: sqlite3.Connection, table: str) -> Sheet:
    found = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
    columns = tuple((name, _TYPE_OF.get(type_, "text")) for name, type_ in found)
    rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()
    return Sheet(table, columns, rows)


def _written(sheet: Sheet) -> bytes:
    return repr(tuple(sheet)).encode(errors="surrogatepass")
