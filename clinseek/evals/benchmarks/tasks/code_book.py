"""The names of codes: dictionaries, CCS categories and drug classes of a store's vocabulary."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

NDC_DIGITS = 11


class CodeBook:
    """Looks up names by code, each once. Names are trimmed; what has no name is None."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection
        self._found: dict[tuple[str, str], str | None] = {}
        self._drug_codes: dict[str, str | None] = {}
        self.tables = frozenset(_tables(connection))

    def item(self, dictionary: str, itemid: int) -> str | None:
        """The label of an item in `d_items` or `d_labitems`."""
        return self._one(f'SELECT label FROM "{dictionary}" WHERE itemid = ?', itemid)

    def title(self, dictionary: str, code: str, version: int) -> str | None:
        """The long_title of an ICD code in `d_icd_diagnoses` or `d_icd_procedures`."""
        return self._one(
            f'SELECT long_title FROM "{dictionary}" WHERE icd_code = ? AND icd_version = ?',
            code, version,
        )  # fmt: skip

    def category(self, table: str, code: str, version: int) -> str | None:
        """The name of an ICD code's CCS category, by a `*_ccs_candidates` table."""
        return self._one(
            f'SELECT candidate FROM "{table}" WHERE icd_code = ? AND icd_version = ?',
            code, version,
        )  # fmt: skip

    def category_code(self, table: str, code: str, version: int) -> str | None:
        """The code of an ICD code's CCS category, by a `*_ccs_candidates` table."""
        return self._one(
            f'SELECT ccs_category FROM "{table}" WHERE icd_code = ? AND icd_version = ?',
            code, version,
        )  # fmt: skip

    def drug_class(self, table: str, ndc: str) -> str | None:
        """The ATC name of a drug by its NDC, padded to eleven digits."""
        column = self.drug_code(table)
        return self._one(f'SELECT candidate FROM "{table}" WHERE "{column}" = ?', padded_ndc(ndc))

    def drug_code(self, table: str) -> str | None:
        """The column that holds NDCs: `ndc` in a published table, `code` in a list of one's own."""
        if table not in self._drug_codes:
            columns = self.columns(table)
            found = (name for name in ("ndc", "code") if name in columns)
            self._drug_codes[table] = next(found, None)
        return self._drug_codes[table]

    def names(self, vocabulary: str) -> frozenset[str]:
        """Every title of `vocabulary`_candidates; empty where the store has none."""
        table = f"{vocabulary}_candidates"
        if self._connection is None or table not in self.tables:
            return frozenset()
        rows = self._connection.execute(f'SELECT DISTINCT trim(candidate) FROM "{table}"')
        return frozenset(str(name) for (name,) in rows if name)

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a vocabulary table; empty where there is none."""
        if self._connection is None:
            return frozenset()
        held = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        return frozenset(name for (name,) in held)

    def _one(self, sql: str, *codes: str | int) -> str | None:
        key = (sql, repr(codes))
        if key not in self._found:
            assert self._connection is not None
            row = self._connection.execute(sql + " ORDER BY 1 LIMIT 1", codes).fetchone()
            told = None if row is None or row[0] is None else str(row[0]).strip()
            self._found[key] = told or None
        return self._found[key]


@contextmanager
def code_book(vocabulary: Path) -> Iterator[CodeBook]:
    """The book of a store's vocabulary file; an empty one where there is no file."""
    if not vocabulary.is_file():
        yield CodeBook(None)
        return
    address = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        yield CodeBook(connection)


def padded_ndc(ndc: str) -> str:
    """An NDC as the published tables write it.

    >>> padded_ndc("338004904")
    '00338004904'
    """
    return ndc.strip().zfill(NDC_DIGITS)


def _tables(connection: sqlite3.Connection | None) -> Iterator[str]:
    if connection is None:
        return
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
        yield name
