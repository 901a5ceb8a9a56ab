"""How a plan reads rows: by SQL where that is bound, else by the record tools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clinseek.offline.plans.plan import Ask, Asks, Desk
from clinseek.offline.task.intent import Window

MOST_ROWS = 2_000
"""The most rows that a record tool shows at once."""


def query(sql: str, *, limit: int | None = None) -> Ask:
    """The call that runs one SELECT."""
    if limit is None:
        return Ask.of("run_sql_query", sql_query=sql)
    return Ask.of("run_sql_query", sql_query=sql, limit=limit)


def quoted(text: object) -> str:
    """A value as an SQL literal.

    >>> quoted("O'Neil"), quoted(3)
    ("'O''Neil'", '3')
    """
    if isinstance(text, int | float):
        return str(text)
    return "'" + str(text).replace("'", "''") + "'"


def listed(values: Sequence[object]) -> str:
    """Values as the list of an IN.

    >>> listed([1, 2])
    '(1, 2)'
    """
    return f"({', '.join(map(quoted, values))})"


def like(column: str, words: Sequence[str]) -> str:
    """A condition that holds where `column` holds any of `words`; SQLite's LIKE minds no case.

    >>> like("drug", ["a%b"])
    "(drug LIKE '%a!%b%' ESCAPE '!')"
    """
    tests = [f"{column} LIKE {quoted(f'%{_literal(word)}%')} ESCAPE '!'" for word in words]
    return f"({' OR '.join(tests)})" if tests else "0"


def within(column: str, window: Window) -> str:
    """` AND ...` for the ends of a window that are closed; empty for an open one."""
    start = f" AND {column} >= {quoted(str(window.start))}" if window.start else ""
    end = f" AND {column} <= {quoted(str(window.end))}" if window.end else ""
    return start + end


def falls_within(time: datetime | None, window: Window) -> bool:
    """Whether a time lies in a window; never for no time unless the window is open."""
    if time is None:
        return window.start is None and window.end is None
    return (window.start is None or time >= window.start) and (
        window.end is None or time <= window.end
    )


def whole_table(desk: Desk, table: str, columns: Sequence[str], *, order: str) -> Asks:
    """The call that reads a small table whole, oldest first; none where nothing can read it."""
    if not desk.holds(table):
        return ()
    if desk.has("run_sql_query"):
        chosen = ", ".join(columns)
        return (
            query(
                f"SELECT row_id, {chosen} FROM {table} ORDER BY {order}, row_id", limit=MOST_ROWS
            ),
        )
    if desk.has("get_records_by_time"):
        return (
            Ask.of("get_records_by_time", table_name=table, columns=list(columns), limit=MOST_ROWS),
        )
    if desk.has("get_latest_records"):
        return (Ask.of("get_latest_records", table_name=table),)
    return ()


def holding(
    desk: Desk, table: str, words: Sequence[str], columns: Sequence[str], *, offset: int = 0
) -> Asks:
    """Without SQL: the calls that read the rows of `table` which hold one of `words`."""
    if not desk.holds(table):
        return ()
    if desk.has("get_records_by_keyword"):
        return tuple(
            Ask.of(
                "get_records_by_keyword",
                table_name=table,
                keyword=word,
                columns=list(columns),
                limit=MOST_ROWS,
                offset=offset,
            )
            for word in words
        )
    if desk.has("get_records_by_time"):
        return (
            Ask.of(
                "get_records_by_time",
                table_name=table,
                columns=list(columns),
                limit=MOST_ROWS,
                offset=offset,
            ),
        )
    return ()


def _literal(word: str) -> str:
    for special in "!%_":
        word = word.replace(special, f"!{special}")
    return word
