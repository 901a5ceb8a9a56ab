"""What kind of fault a refused SQL statement had, by the sentence that the model got."""

from __future__ import annotations

from typing import Literal

SqlErrorKind = Literal[
    "no_such_table",
    "no_such_column",
    "no_such_function",
    "syntax",
    "ambiguous",
    "not_select",
    "several_statements",
    "too_slow",
    "too_large",
    "other",
]

_OPENINGS: tuple[tuple[str, SqlErrorKind], ...] = (
    ("no such table", "no_such_table"),
    ("no such column", "no_such_column"),
    ("has no column", "no_such_column"),
    ("no such function", "no_such_function"),
    ("wrong number of arguments", "no_such_function"),
    ("syntax error", "syntax"),
    ("unrecognized token", "syntax"),
    ("incomplete input", "syntax"),
    ("statement is empty", "syntax"),
    ("cannot be read", "syntax"),
    ("ambiguous", "ambiguous"),
    ("read-only", "not_select"),
    ("only one select", "not_select"),
    ("only one statement", "several_statements"),
    ("ran longer than", "too_slow"),
    ("too deep", "too_large"),
    ("is longer than", "too_large"),
    ("characters; at most", "too_large"),
    ("too many", "too_large"),
)


def sql_error_kind(sentence: str) -> SqlErrorKind:
    """The kind of a fault.

    >>> sql_error_kind("SQL error: no such column: foo; columns of labevents: ...")
    'no_such_column'
    """
    told = sentence.lower()
    return next((kind for opening, kind in _OPENINGS if opening in told), "other")
