"""The vectors of a store's candidate tables, made before anybody asks for them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.candidates.semantic.search import load_semantic_index, vector_file
from clinseek.toolkits.ehr.candidates.titles import load_titles
from clinseek.toolkits.ehr.vocabulary_file import damage_told

_SUFFIX = "_candidates"

Standing = Callable[[str, int, int], None]
"""Called with a table, how many of its titles are embedded, and how many there are."""


class Embedded(NamedTuple):
    """A candidate table whose vectors lie ready; `seconds` is None where they lay there before."""

    table: str
    titles: int
    seconds: float | None


def embed_ahead(
    vocabulary: Path, tables: Sequence[str] = (), *, standing: Standing | None = None
) -> Iterator[Embedded]:
    """Make the vectors of `tables`, of all candidate tables where none is named, one by one.

    What is there already is kept, and what a killed run left is gone on with. Raises SettingError
    for a table that is not there and ModelError where there is no model or no room.
    """
    for table in _named(tables, _candidate_tables(vocabulary)):
        titles = load_titles(vocabulary, table)
        if vector_file(titles).is_sound():
            yield Embedded(table, len(titles.titles), None)
            continue
        began = time.monotonic()

        def tell(done: int, total: int, table: str = table) -> None:
            if standing is not None:
                standing(table, done, total)

        load_semantic_index(titles, tell)
        yield Embedded(table, len(titles.titles), time.monotonic() - began)


def _candidate_tables(vocabulary: Path) -> tuple[str, ...]:
    uri = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
    with damage_told(vocabulary), closing(sqlite3.connect(uri, uri=True)) as connection:
        listed = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return tuple(sorted(name for (name,) in listed if name.endswith(_SUFFIX)))


def _named(wanted: Sequence[str], there: Sequence[str]) -> Sequence[str]:
    """The tables that are wanted, by their whole names."""
    whole = [name if name in there else f"{name}{_SUFFIX}" for name in wanted]
    for name, table in zip(wanted, whole, strict=True):
        if table not in there:
            raise SettingError(
                f"no candidate table {name!r} in this store; it has: {', '.join(there)}"
            )
    return whole or there
