"""Reading a case: one read-only connection a call, bounded in rows, bytes and seconds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.case.allowed_functions import ALLOWED, denied
from clinseek.toolkits.ehr.case.functions import BoundedFunctions, uses_bounded
from clinseek.toolkits.ehr.case.weight import refuse_growth
from clinseek.toolkits.ehr.vocabulary_file import damage_told, refuse_damaged

VOCABULARY = "vocabulary"
"""The name under which the second file, the dictionaries and candidates, is attached."""

_INSTRUCTIONS_BETWEEN_CHECKS = 1_000
_LONGEST_CELL = 400_000
"""No clock is asked inside one function call, so what a function may chew on is kept short; the
longest notes of MIMIC have some 100,000 characters. `functions` bounds those that compare texts."""
_MOST_COLUMNS = 200
_LONGEST_PROGRAM = 250_000
"""Instructions of a prepared statement; `weight` refuses before, by the words."""
_LONGEST_PATTERN = 5_000
_LONGEST_SQL = 100_000
_TOO_LARGE = (
    "the statement takes more memory than there is; name fewer columns, CTEs and subqueries, or "
    "ask in several statements"
)
_READING = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_DESCRIBING_PRAGMAS = frozenset({"table_info", "table_xinfo", "table_list"})
_SCHEMAS = {0: "main", 2: VOCABULARY}


@dataclass(frozen=True)
class Limits:
    """How much one call may read: `rows`, `bytes` of cell text, `seconds` of work."""

    rows: int = 10_000
    bytes: int = 8_000_000
    seconds: float = 10.0


DEFAULT_LIMITS = Limits()


class Rows(NamedTuple):
    """What a SELECT gave. `more` is True when a bound of the limits ended it early."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool


def select(
    path: Path,
    sql: str,
    parameters: Sequence[Any] = (),
    *,
    vocabulary: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    ours: bool = False,
) -> Rows:
    """The rows of one SELECT over the case at `path`; Refusal with a sentence for the model.

    StoreError where the vocabulary is damaged: no other statement would mend that.
    `ours`: clinseek wrote it, over every table of the record at once perhaps; it is not weighed.
    """
    if len(sql) > _LONGEST_SQL:
        raise Refusal(
            f"the statement has {len(sql):,} characters; at most {_LONGEST_SQL:,} are read"
        )
    if not (ours or parameters):  # what a model writes has no parameters
        refuse_growth(sql)
    deadline = time.monotonic() + limits.seconds
    with _reader(path, vocabulary) as connection:
        connection.set_authorizer(_only_reading)
        connection.set_progress_handler(
            lambda: time.monotonic() > deadline, _INSTRUCTIONS_BETWEEN_CHECKS
        )
        functions = None if parameters else _bounded(connection, sql, deadline)
        try:
            cursor = connection.execute(sql, parameters)
            if cursor.description is None:
                raise Refusal("the statement is empty; send one SELECT")
            columns = tuple(column[0] for column in cursor.description)
            rows, more = _fetch(cursor, limits)
        except sqlite3.Error as error:
            refuse_damaged(vocabulary, error)
            if functions is not None and functions.why is not None:
                raise functions.why from error
            if functions is not None and functions.overdue:
                raise Refusal(_overdue(limits)) from error
            if "interrupted" in str(error) and time.monotonic() < deadline:
                # Ctrl-C reached the handler of progress, where Python cannot let it through.
                raise KeyboardInterrupt from error
            raise Refusal(_sentence(error, limits)) from error
        except (ValueError, OverflowError, MemoryError) as error:
            raise Refusal(_unread(error)) from error
        finally:
            if functions is not None:
                functions.close()
    return Rows(columns, rows, more)


def tables_read(path: Path, sql: str, *, vocabulary: Path | None = None) -> frozenset[str]:
    """The tables that a SELECT opens, by its program: the patient's and the vocabulary's.

    (An authorizer is not asked about columns that only JOIN ... USING names.) Raises Refusal.
    """
    with _reader(path, vocabulary) as connection:
        connection.set_authorizer(_only_reading)
        try:
            opened = {
                (_SCHEMAS.get(step[4], ""), step[3])
                for step in connection.execute(f"EXPLAIN {sql}")
                if step[1] == "OpenRead"
            }
        except sqlite3.Error as error:
            refuse_damaged(vocabulary, error)
            raise Refusal(f"SQL error: {error}") from error
        except MemoryError as error:
            raise Refusal(_TOO_LARGE) from error
        connection.set_authorizer(None)
        return frozenset(
            table
            for schema, page in opened
            if schema
            for (table,) in connection.execute(
                f"SELECT tbl_name FROM {schema}.sqlite_schema WHERE rootpage = ?", (page,)
            )
        )


def columns(path: Path, vocabulary: Path | None) -> dict[str, dict[str, tuple[str, ...]]]:
    """The columns of every table, under `main` (the patient) and `vocabulary`, by name."""
    with _reader(path, vocabulary) as connection:
        return {
            schema: {
                table: tuple(
                    row[1] for row in connection.execute(f'PRAGMA {schema}.table_xinfo("{table}")')
                )
                for (table,) in connection.execute(
                    f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table' ORDER BY name"
                ).fetchall()
            }
            for schema in ("main", VOCABULARY)
            if schema == "main" or vocabulary is not None
        }


@contextmanager
def _reader(path: Path, vocabulary: Path | None) -> Iterator[sqlite3.Connection]:
    # Cases and vocabularies never change once made, so SQLite may skip every lock (immutable).
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro&immutable=1",
        uri=True,
        isolation_level=None,
        check_same_thread=True,
    )
    with closing(connection), damage_told(vocabulary):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_SQL * 4)
        connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, _MOST_COLUMNS)
        connection.setlimit(sqlite3.SQLITE_LIMIT_VDBE_OP, _LONGEST_PROGRAM)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
        connection.execute("PRAGMA temp_store = FILE")  # a runaway sort must not fill the memory
        if vocabulary is not None:
            connection.execute(
                f"ATTACH DATABASE ? AS {VOCABULARY}",
                (f"file:{quote(str(vocabulary))}?mode=ro&immutable=1",),
            )
        connection.execute("PRAGMA query_only = 1")
        yield connection


def _only_reading(
    action: int, first: str | None, second: str | None, _schema: str | None, _: str | None
) -> int:
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _DESCRIBING_PRAGMAS:
        return sqlite3.SQLITE_OK
    if action not in _READING:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in ALLOWED:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _fetch(cursor: sqlite3.Cursor, limits: Limits) -> tuple[list[tuple[Any, ...]], bool]:
    # Row by row: a batch of long cells could fill the memory before it is weighed.
    rows: list[tuple[Any, ...]] = []
    size = 0
    for row in cursor:
        if len(rows) == limits.rows:
            return rows, True
        # A list and class tests: this line runs once a cell of everything that is read.
        size += sum([len(c) if c.__class__ is str or c.__class__ is bytes else 8 for c in row])
        if size > limits.bytes:
            return rows, True
        rows.append(row)
    return rows, False


def _sentence(error: sqlite3.Error, limits: Limits) -> str:
    words = str(error)
    if "interrupted" in words:
        return _overdue(limits)
    if instead := denied(words):
        return instead
    if "not authorized" in words or "prohibited" in words:
        return "only one SELECT is allowed here: the record is read-only"
    if "You can only execute one statement" in words:
        return "only one statement at a time; send one SELECT"
    if "too big" in words:
        return f"a cell of the result is longer than {_LONGEST_CELL:,} characters; shorten it"
    return f"SQL error: {words}"


def _unread(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return _TOO_LARGE
    return f"the statement cannot be read: {error}"


def _overdue(limits: Limits) -> str:
    return (
        f"the query ran longer than {limits.seconds:g} s and was stopped; narrow it by time, "
        "itemid or hadm_id"
    )


def _bounded(connection: sqlite3.Connection, sql: str, deadline: float) -> BoundedFunctions | None:
    if not uses_bounded(sql):
        return None
    return BoundedFunctions(connection, deadline=deadline, longest=_LONGEST_CELL)
