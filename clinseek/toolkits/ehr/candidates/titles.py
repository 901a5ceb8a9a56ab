"""The titles of one candidate table, loaded once and kept in the forms that search needs."""

from __future__ import annotations

import sqlite3
import string
from bisect import bisect_right
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, eq=False)
class Titles:
    """A candidate table in memory.

    `titles` are the distinct titles in alphabetical order; `rows[i]` are the table's rows that
    bear `titles[i]`, each without the title, under the names `columns`.
    """

    columns: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[tuple[Any, ...], ...], ...]

    @cached_property
    def lowered(self) -> tuple[str, ...]:
        """The titles in lower case, in the same order."""
        return tuple(title.lower() for title in self.titles)

    @cached_property
    def word_sorted(self) -> tuple[str, ...]:
        """The words of each title in alphabetical order, lower case, without punctuation."""
        return tuple(sorted_words(title) for title in self.lowered)

    @cached_property
    def sheet(self) -> str:
        """One line a title: the title and its other text cells, lower case, parted by tabs.

        One long string is searched at the speed of memory, whatever the number of titles.
        """
        lines = []
        for title, rows in zip(self.titles, self.rows, strict=True):
            cells = rows[0] if len(rows) == 1 else dict.fromkeys(chain.from_iterable(rows))
            lines.append("\t".join([title, *[str(cell) for cell in cells if cell is not None]]))
        return "\n".join([line.replace("\n", " ") for line in lines]).lower()

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.sheet.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def line_at(self, offset: int) -> tuple[int, int, int]:
        """Which title's line holds `offset` of the sheet, and where that line begins and ends."""
        index = bisect_right(self._starts, offset) - 1
        return index, self._starts[index], self._starts[index + 1] - 1


_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " "))


def sorted_words(title: str) -> str:
    """The words of a title in alphabetical order.

    >>> sorted_words("type 2, diabetes")
    '2 diabetes type'
    """
    return " ".join(sorted(title.translate(_PUNCTUATION).split()))


def titles_of(columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, title: str) -> Titles:
    """The titles of `rows`, in which the column named `title` is the title.

    >>> titles_of(("code", "candidate"), [(2, "b"), (1, "a"), (3, "b")], title="candidate").rows
    (((1,),), ((2,), (3,)))
    """
    at = columns.index(title)
    borne: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        if row[at]:
            borne.setdefault(row[at], []).append((*row[:at], *row[at + 1 :]))
    names = tuple(sorted(borne))
    return Titles(
        (*columns[:at], *columns[at + 1 :]), names, tuple(tuple(borne[name]) for name in names)
    )


def load_titles(vocabulary: Path, table: str, *, title: str = "candidate") -> Titles:
    """The titles of one table of a vocabulary file; kept in memory, for such a file never changes.

    Raises KeyError when the file has no such table or the table no such column.
    """
    state = vocabulary.stat()
    return _loaded(vocabulary, (state.st_mtime_ns, state.st_size, state.st_ino), table, title)


@lru_cache(maxsize=12)
def _loaded(vocabulary: Path, _: tuple[int, int, int], table: str, title: str) -> Titles:
    uri = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        columns = tuple(
            name
            for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        )
        if title not in columns:
            raise KeyError(f"{table}.{title}")
        rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
    return titles_of(columns, rows, title=title)
