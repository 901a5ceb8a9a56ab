"""The titles of one candidate table, loaded once and kept in the forms that search needs."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clinseek.toolkits.ehr.candidates.postings import Postings, postings_of
from clinseek.toolkits.ehr.candidates.synonyms import Synonym, read_synonyms
from clinseek.toolkits.ehr.vocabulary_file import damage_told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, eq=False)
class Titles:
    """A candidate table in memory.

    `titles` are the distinct titles in alphabetical order; `rows[i]` are the table's rows that
    bear `titles[i]`, each without the title, under the names `columns`. `synonyms` are further
    wordings by which titles are found; they are never answers.
    """

    columns: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[tuple[Any, ...], ...], ...]
    source: tuple[Path, str] | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the titles: equal lists have equal digests, on every machine."""
        return hashlib.sha256("\n".join(self.titles).encode()).hexdigest()

    @cached_property
    def lowered(self) -> tuple[str, ...]:
        """The titles in lower case, in the same order."""
        return tuple(title.lower() for title in self.titles)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """The characters of each title."""
        import numpy as np

        return np.fromiter(map(len, self.titles), np.int64, len(self.titles))

    @cached_property
    def in_order(self) -> tuple[tuple[str, int], ...]:
        """The lower-case titles in alphabetical order, each with its place in `titles`."""
        return tuple(sorted((title, place) for place, title in enumerate(self.lowered)))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """For each title itself and the other cells of its rows, lower case, parted by tabs."""
        lines = []
        for title, rows in zip(self.titles, self.rows, strict=True):
            cells = rows[0] if len(rows) == 1 else dict.fromkeys(chain.from_iterable(rows))
            lines.append("\t".join([title, *[str(cell) for cell in cells if cell is not None]]))
        return tuple(line.lower() for line in lines)

    @cached_property
    def cells(self) -> Postings:
        """What stands between white space in `lines`: words as written, and codes."""
        return postings_of(line.split() for line in self.lines)

    @cached_property
    def codes_may_lack_their_dot(self) -> bool:
        """Whether the rows bear codes of ICD, or of a user's list, which may be such."""
        return not {"icd_code", "code"}.isdisjoint(self.columns)

    @cached_property
    def words(self) -> Postings:
        """The bare words of the titles."""
        return postings_of(map(words_of, self.lowered))

    @cached_property
    def synonyms(self) -> tuple[Synonym, ...]:
        """Further wordings that are no titles, each with the places of those it stands for."""
        return tuple(each for each in self._wordings if each.text not in self._place_of)

    @cached_property
    def equivalents(self) -> dict[int, tuple[int, ...]]:
        """The titles that the other edition of the code has for a title, place by place."""
        return {
            self._place_of[each.text]: each.places
            for each in self._wordings
            if each.text in self._place_of
        }

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {title: place for place, title in enumerate(self.titles)}

    @cached_property
    def _wordings(self) -> tuple[Synonym, ...]:
        return read_synonyms(*self.source, place_of=self._place_of) if self.source else ()

    @cached_property
    def synonym_titles(self) -> Titles:
        """The synonyms as titles of their own, in the same order and with no other cell."""
        texts = tuple(synonym.text for synonym in self.synonyms)
        return Titles((), texts, ((),) * len(texts))


def words_of(text: str) -> list[str]:
    """The bare words of a lower-case text.

    >>> words_of("heart failure, unspecified (i50.9)")
    ['heart', 'failure', 'unspecified', 'i50', '9']
    """
    return _WORD.findall(text)


def sorted_words(title: str) -> str:
    """The words of a title in alphabetical order.

    >>> sorted_words("type 2, diabetes")
    '2 diabetes type'
    """
    return " ".join(sorted(words_of(title)))


def titles_of(
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
    *,
    title: str,
    source: tuple[Path, str] | None = None,
) -> Titles:
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
    kept = tuple(tuple(borne[name]) for name in names)
    return Titles((*columns[:at], *columns[at + 1 :]), names, kept, source)


def load_titles(vocabulary: Path, table: str, *, title: str = "candidate") -> Titles:
    """The titles of one table of a vocabulary file; kept in memory, for such a file never changes.

    Raises KeyError when the file has no such table or the table no such column, StoreError when
    the file is damaged.
    """
    state = vocabulary.stat()
    return _loaded(vocabulary, (state.st_mtime_ns, state.st_size, state.st_ino), table, title)


@lru_cache(maxsize=12)
def _loaded(vocabulary: Path, _: tuple[int, int, int], table: str, title: str) -> Titles:
    uri = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
    with damage_told(vocabulary), closing(sqlite3.connect(uri, uri=True)) as connection:
        columns = tuple(
            name
            for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        )
        if title not in columns:
            raise KeyError(f"{table}.{title}")
        rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
    return titles_of(columns, rows, title=title, source=(vocabulary, table))
