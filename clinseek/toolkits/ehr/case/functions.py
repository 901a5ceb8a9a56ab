"""SQL functions that one call could keep busy for minutes, bounded in time and in work.

SQLite looks at no clock inside a function, nor between the functions of one row. Those below
compare each letter of one text with each of another, or fill as much as a number says; in their
place stand functions that look at the clock at every call and refuse what would take long. What
they answer is what SQLite answers.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from clinseek.errors import Refusal

_NAMES = ("like", "glob", "instr", "replace", "trim", "unhex", "printf", "format")
_MOST_STEPS = 200_000_000
"""Letters of a text times letters of a pattern: less than a second."""
_WIDEST = 100_000
_ASCII_CAPITALS = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}

Cell = Any
"""What SQLite hands over: None, int, float, str or bytes."""


class BoundedFunctions:
    """The functions in the place of SQLite's own, on one connection until a moment.

    `why` says, once one refused, what was wrong: SQLite itself only tells that one raised.
    """

    def __init__(self, connection: sqlite3.Connection, *, deadline: float, longest: int) -> None:
        self.why: Refusal | None = None
        self.overdue = False
        self._deadline = deadline
        self._longest = longest
        self._own: sqlite3.Connection | None = None
        functions: tuple[tuple[str, int, Callable[..., Cell]], ...] = (
            ("like", 2, self._like),
            ("like", 3, lambda *given: self._matched("SELECT like(?, ?, ?)", *given)),
            ("glob", 2, lambda *given: self._matched("SELECT glob(?, ?)", *given)),
            ("instr", 2, self._instr),
            ("replace", 3, self._replace),
            ("trim", 2, lambda *given: self._matched("SELECT trim(?, ?)", *given)),
            ("ltrim", 2, lambda *given: self._matched("SELECT ltrim(?, ?)", *given)),
            ("rtrim", 2, lambda *given: self._matched("SELECT rtrim(?, ?)", *given)),
            ("unhex", 2, lambda *given: self._matched("SELECT unhex(?, ?)", *given)),
            ("printf", -1, self._printf),
            ("format", -1, self._printf),
        )
        for name, many, function in functions:
            connection.create_function(name, many, self._timed(function), deterministic=True)

    def close(self) -> None:
        """Close what was opened beside the connection."""
        if self._own is not None:
            self._own.close()

    def _timed(self, function: Callable[..., Cell]) -> Callable[..., Cell]:
        def bounded(*given: Cell) -> Cell:
            if time.monotonic() > self._deadline:
                self.overdue = True
                raise TimeoutError
            try:
                return function(*given)
            except Refusal as refusal:
                self.why = refusal
                raise

        return bounded

    def _like(self, pattern: Cell, text: Cell) -> Cell:
        if isinstance(pattern, str) and isinstance(text, str) and _is_of_words(pattern):
            return _like_words(pattern, text)
        return self._matched("SELECT like(?, ?)", pattern, text)

    def _instr(self, text: Cell, part: Cell) -> Cell:
        if isinstance(text, str) and isinstance(part, str) and "\0" not in text + part:
            return text.find(part) + 1
        return self._matched("SELECT instr(?, ?)", text, part)

    def _replace(self, text: Cell, old: Cell, new: Cell) -> Cell:
        if not (isinstance(text, str) and isinstance(old, str) and isinstance(new, str)):
            return self._matched("SELECT replace(?, ?, ?)", text, old, new)
        if not old or old[0] == "\0":  # SQLite takes a text that begins so for an empty one
            return text
        if len(text) + text.count(old) * (len(new) - len(old)) > self._longest:
            raise Refusal(f"replace would make more than {self._longest:,} characters; shorten it")
        return text.replace(old, new)

    def _printf(self, *given: Cell) -> Cell:
        wide = any(isinstance(each, int) and abs(each) > _WIDEST for each in given[1:])
        if wide and "*" in str(given[0]):
            raise Refusal(f"printf fills at most {_WIDEST:,} characters; name a smaller width")
        return self._asked(f"SELECT printf({', '.join('?' * len(given))})", given)

    def _matched(self, sql: str, *given: Cell) -> Cell:
        """SQLite's own answer, where the lengths let it come soon."""
        first, second = (len(each) if isinstance(each, str | bytes) else 0 for each in given[:2])
        if first * second > _MOST_STEPS:
            raise Refusal(
                f"a text of {max(first, second):,} characters cannot be searched for "
                f"{min(first, second):,}; use shorter ones"
            )
        return self._asked(sql, given)

    def _asked(self, sql: str, given: tuple[Cell, ...]) -> Cell:
        if self._own is None:
            self._own = sqlite3.connect(":memory:")
            self._own.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, self._longest)
        try:
            return self._own.execute(sql, given).fetchone()[0]
        except sqlite3.Error as error:
            raise Refusal(f"SQL error: {error}") from error


def uses_bounded(sql: str) -> bool:
    """Whether a statement may call one of these functions.

    >>> uses_bounded("SELECT 1 WHERE 'a' Like 'b'"), uses_bounded("SELECT count(*) FROM labevents")
    (True, False)
    """
    written = sql.lower()
    return any(name in written for name in _NAMES)


def _is_of_words(pattern: str) -> bool:
    """Whether LIKE has nothing but words and `%` to match."""
    return "_" not in pattern and "\0" not in pattern and len(pattern) <= 1_000


def _like_words(pattern: str, text: str) -> Cell:
    """LIKE for a pattern of words and `%`: capitals of ASCII alone are as small letters.

    >>> _like_words("%POTASSIUM%", "Serum Potassium"), _like_words("po%", "Serum")
    (1, 0)
    """
    head, *between = _small(pattern).split("%")
    held = _small(text.partition("\0")[0])
    if not between:
        return int(held == head)
    if not held.startswith(head):
        return 0
    at, tail = len(head), between.pop()
    for word in between:
        found = held.find(word, at)
        if found < 0:
            return 0
        at = found + len(word)
    return int(len(held) - at >= len(tail) and held.endswith(tail))


def _small(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ASCII_CAPITALS)
