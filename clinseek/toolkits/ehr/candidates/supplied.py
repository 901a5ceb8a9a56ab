"""Vocabularies that the user brings: lists of their own, and a published candidate_table.db.

Both lie in the folder of code lists: `vocabularies/NAME.csv` with two columns, code and title, and
`candidate_table.db` as the published systems make it. They become tables NAME_candidates.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.candidates.codes import csv_columns
from clinseek.toolkits.ehr.candidates.sheet import Sheet
from clinseek.toolkits.ehr.tables import ColumnType

VOCABULARIES = "vocabularies"
PUBLISHED_FILE = "candidate_table.db"
_ENDING = "_candidates"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,58}")
_OF_A_PATIENT = frozenset({"subject_id", "hadm_id", "stay_id", "note_id"})


def supplied_sheets(codes: Path) -> Iterator[Sheet]:
    """The user's tables in `codes`; a list of their own goes before a published one of its name."""
    if (codes / PUBLISHED_FILE).is_file():
        yield from _published(codes / PUBLISHED_FILE)
    for file in sorted((codes / VOCABULARIES).glob("*.csv*")):
        yield _own(file)


def table_named(name: str) -> str:
    """The table of a user's vocabulary: NAME_candidates; RawRecordError for no such name.

    >>> table_named("prescriptions_atc")
    'prescriptions_atc_candidates'
    """
    stem = name.removesuffix(_ENDING)
    if not _NAME.fullmatch(stem):
        raise RawRecordError(
            f"a vocabulary cannot be named {name!r}; take lower-case letters, digits and _, "
            "for example prescriptions_atc"
        )
    return stem + _ENDING


@contextmanager
def with_supplied(
    codes: Path | None, *, vocabularies: Sequence[str] = (), candidate_db: Path | None = None
) -> Iterator[Path | None]:
    """A folder of code lists that holds what `codes` holds and the user's files beside it.

    `vocabularies` are written NAME=FILE.csv. The folder is one of links, gone afterwards; without
    anything to add it is `codes` itself. RawRecordError for a file that is not there.
    """
    if not vocabularies and candidate_db is None:
        yield codes
        return
    with TemporaryDirectory(prefix="clinseek-codes-") as place:
        joined = Path(place)
        for file in _files_of(codes):
            _link(file, joined / file.relative_to(codes or file))
        for written in vocabularies:
            name, equals, path = written.partition("=")
            if not equals:
                raise RawRecordError(f"--vocabulary {written!r}: write NAME=FILE.csv")
            table_named(name)
            _link(Path(path), joined / VOCABULARIES / f"{name.removesuffix(_ENDING)}.csv")
        if candidate_db is not None:
            _link(candidate_db, joined / PUBLISHED_FILE)
        yield joined


def _files_of(codes: Path | None) -> list[Path]:
    if codes is None:
        return []
    if not codes.is_dir():
        raise RawRecordError(f"the folder of code lists {codes} does not exist")
    return [file for file in sorted(codes.rglob("*")) if file.is_file()]


def _link(file: Path, name: Path) -> None:
    whole = file.expanduser().resolve()
    if not whole.is_file():
        raise RawRecordError(f"the vocabulary {file} does not exist; name a file")
    name.parent.mkdir(parents=True, exist_ok=True)
    name.unlink(missing_ok=True)
    name.symlink_to(whole)


def _own(file: Path) -> Sheet:
    table = table_named(file.name.partition(".")[0])
    file = file.resolve()  # in messages the user's own file
    stated = {
        (code.strip(), title.strip())
        for code, title in csv_columns(file, "code", "title")
        if title.strip()
    }
    if not stated:
        raise RawRecordError(f"{file} holds no title; give one line a title: code,title")
    columns: tuple[tuple[str, ColumnType], ...] = (("code", "text"), ("candidate", "text"))
    return Sheet(table, columns, sorted(stated))


def _published(file: Path) -> Iterator[Sheet]:
    file = file.resolve()
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            listed = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            ).fetchall()
            names = [name for (name,) in listed if name.endswith(_ENDING)]
            if not names:
                raise RawRecordError(f"{file} has no table ..._candidates; is it the right file?")
            for name in names:
                yield _copied(connection, table_named(name), file)
    except sqlite3.DatabaseError as error:
        raise RawRecordError(f"{file} cannot be read as a SQLite file: {error}") from error


def _copied(connection: sqlite3.Connection, table: str, file: Path) -> Sheet:
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    names = [name for (name,) in found]
    if "candidate" not in names or _OF_A_PATIENT.intersection(names):
        raise RawRecordError(
            f"{file}: table {table} has the columns {', '.join(names)}; a candidate table has "
            "`candidate` and nothing of a patient"
        )
    cells = ", ".join(f'CAST("{name}" AS TEXT)' for name in names)
    rows = connection.execute(
        f"SELECT DISTINCT {cells} FROM \"{table}\" WHERE trim(candidate) <> '' ORDER BY {cells}"
    ).fetchall()
    return Sheet(table, tuple((name, "text") for name in names), rows)
