"""What a query is compared with: the identifiers, dates, figures, wording and names of one case.

Columns are told apart by their names and their values, so that any record serves, MIMIC's or
another. Wording is kept only as hashes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate, chain, compress
from operator import sub
from pathlib import Path
from typing import Any

from clinseek.errors import CaseError
from clinseek.toolkits.browser.guards.spellings import titled_names, words

SPAN_WORDS = 8
"""So many words in a row, as a note has them, are a span of it."""
LONG_WORDS, LONG_CHARACTERS = 5, 40
"""So many words are enough where they take so many characters."""
SHORTEST_REMARK = 6
"""A remark of fewer words than a span is one where it is whole and has at least so many."""

_IDENTIFIER = re.compile(r"(?:^|_)(?:id|mrn|ssn)$")
_OF_PERSON = re.compile(
    r"^(?:subject|hadm|stay|patient|person|encounter|visit|transfer|note)_id$|mrn|ssn"
)
_OF_PATIENT = re.compile(r"^(?:subject|patient|person)_id$")
_MOMENT = re.compile(r"(?:time|date)$|^dod$")
_NAMED = re.compile(r"^(?:first|last|given|family|sur|full|maiden|patient|subject|person)_?name$")
_FIGURE = re.compile(r"^(?:value|valuenum|result_value|field_value)$")
_REAL = frozenset({"REAL", "FLOAT", "DOUBLE"})
_VOCABULARY = re.compile(
    r"title|desc|name|label|drug|medication|product|unit|uom|category|type|status|route|strength"
    r"|form|code|class|location|service|provider|insurance|language|race|reason|site|flag|priority"
)
_PROSE_IN_SHORT = re.compile(r"comment|remark|instruction|free_?text")
_A_PROSE = 40
_TELLS_NOTHING = re.compile(
    r"^row_id$|^caregiver_id$|^ref_range_|^(?:discontinue\w*_)?(?:poe|emar)_id$"
)
"""Limits of the laboratory, numbers of staff, and the patient's own with a count behind."""
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_PARTS = re.compile(r"\d+(?:\.\d+)?")
_PROVIDER = re.compile(r"P\d?[0-9A-Z]{4,5}")


@dataclass(frozen=True, kw_only=True)
class CaseIndex:
    """What identifies the patient of one case; its text form tells only how much that is.

    `people` are the identifiers of persons, admissions, stays and notes; `identifiers` all, as
    texts of digits. `dates` are yyyymmdd; `figures` the measured values as they may be written;
    `spans` hashes of runs of words (of this process only); `names` are in lower case.
    """

    people: frozenset[str] = field(default=frozenset(), repr=False)
    identifiers: frozenset[str] = field(default=frozenset(), repr=False)
    dates: frozenset[int] = field(default=frozenset(), repr=False)
    figures: frozenset[float] = field(default=frozenset(), repr=False)
    spans: frozenset[int] = field(default=frozenset(), repr=False)
    names: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of_file(cls, path: Path) -> CaseIndex:
        """The index of a case's SQLite file, which is only read; CaseError if it cannot be."""
        gathering = _Gathering()
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as held:
                for column, values in _columns(held):
                    gathering.take(column, values)
        except sqlite3.Error as error:
            raise CaseError(f"the case {path.name} cannot be read for the web: {error}") from error
        return gathering.index()

    @classmethod
    def of_rows(cls, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> CaseIndex:
        """The index of rows that are given, by table; their keys are the columns."""
        gathering = _Gathering()
        for rows in tables.values():
            held: dict[str, set[Any]] = {}
            for row in rows:
                for column, value in row.items():
                    held.setdefault(column, set()).add(value)
            for column, values in held.items():
                gathering.take(column, values)
        return gathering.index()

    def holds_span(self, said: Sequence[str]) -> bool:
        """Whether a run of these words stands in the record's prose."""
        remarks = (_runs(said, length) for length in range(SHORTEST_REMARK, SPAN_WORDS))
        return not self.spans.isdisjoint(chain(_spans(said), *remarks))


class _Gathering:
    """An index in the making."""

    def __init__(self) -> None:
        self._people: set[str] = set()
        self._identifiers: set[str] = set()
        self._dates: set[str] = set()
        self._figures: set[float] = set()
        self._spans: set[int] = set()
        self._names: set[str] = set()

    def take(self, column: str, values: Iterable[Any]) -> None:
        """Take the distinct values of one column."""
        if _IDENTIFIER.search(column):
            self._take_identifiers(column, values)
        elif _MOMENT.search(column):
            self._dates.update(str(value)[:10] for value in values if value)
        elif _NAMED.search(column):
            named = (name for value in values if value for name in words(str(value)))
            self._names.update(name for name in named if len(name) > 2)
        else:
            self._take_values(column, values)

    def index(self) -> CaseIndex:
        """The index of what was taken."""
        return CaseIndex(
            people=frozenset(self._people),
            identifiers=frozenset(self._identifiers | self._people),
            dates=frozenset(
                int("".join(found.groups()))
                for date in self._dates
                if (found := _DATE.match(date)) is not None
            ),
            figures=frozenset(_spellings(self._figures)),
            spans=frozenset(self._spans),
            names=frozenset(self._names),
        )

    def _take_identifiers(self, column: str, values: Iterable[Any]) -> None:
        written = {str(value).removesuffix(".0") for value in values if value is not None}
        # Providers and notes have letters; everything else that is long enough to be one is digits.
        self._identifiers.update(
            each
            for each in written
            if (len(each) >= 7 and each.isdigit()) or _PROVIDER.fullmatch(each)
        )
        if _OF_PERSON.search(column):
            self._people.update(part for each in written for part in re.findall(r"\d{5,}", each))

    def _take_values(self, column: str, values: Iterable[Any]) -> None:
        prose = []
        for value in values:
            if isinstance(value, float):
                self._figures.add(value)
            elif not isinstance(value, str):
                continue
            elif len(value) >= _A_PROSE or _PROSE_IN_SHORT.search(column):
                prose.append(value)
            elif _DATE.match(value):
                self._dates.add(value[:10])
            elif _FIGURE.search(column):
                self._figures.update(map(float, _PARTS.findall(value)))
        if prose and not _VOCABULARY.search(column):
            for text in prose:
                self._take_prose(text)

    def _take_prose(self, text: str) -> None:
        said = words(text)
        self._spans.update(_spans(said))
        if SHORTEST_REMARK <= len(said) < SPAN_WORDS:
            self._spans.add(hash(tuple(said)))
        self._names.update(titled.name for titled in titled_names(text) if len(titled.name) > 2)
        self._dates.update(found.group() for found in _DATE.finditer(text))


def significant(figure: float) -> int:
    """How many digits of a number are significant, zeros at its end left out.

    >>> significant(2.35), significant(120.0), significant(1043.7)
    (3, 2, 5)
    """
    return len(f"{figure:.10g}".replace(".", "").strip("0-"))


def _runs(said: Sequence[str], length: int) -> Iterator[int]:
    """Hashes of every run of so many words."""
    return map(hash, zip(*(said[at:] for at in range(length)), strict=False))


def _spans(said: Sequence[str]) -> Iterator[int]:
    """Hashes of every run of eight words, and of five that take forty characters."""
    yield from _runs(said, SPAN_WORDS)
    ends = list(accumulate(map(len, said), initial=0))
    lengths = map(sub, ends[LONG_WORDS:], ends)
    are_long = (length + LONG_WORDS - 1 >= LONG_CHARACTERS for length in lengths)
    yield from compress(_runs(said, LONG_WORDS), are_long)


def _spellings(figures: Iterable[float]) -> Iterator[float]:
    """Each value, and as it is written with two decimals and with one where it has more."""
    for figure in figures:
        if significant(figure) < 3 or abs(figure) >= 1e7:
            continue
        for written in {figure, round(figure, 2), round(figure, 1)}:
            if significant(written) >= 3:
                yield abs(written)


def _columns(held: sqlite3.Connection) -> Iterator[tuple[str, Iterable[Any]]]:
    """The columns that can tell of the patient, with their distinct values."""
    tables = [name for (name,) in held.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
    patient: set[str] = set()
    for table in map(_quoted, tables):
        described = held.execute(f"PRAGMA table_info({table})").fetchall()
        kinds = {column: kind.upper() for _, column, kind, *_ in described}
        told = {
            column: wanted for column, kind in kinds.items() if (wanted := _wanted(column, kind))
        }
        perhaps = [column for column, kind in kinds.items() if _may_be_prose(column, kind)]
        for column in _with_prose(held, table, perhaps):
            told[column] = _quoted(column)
        for column, wanted in told.items():
            if column in patient:
                continue  # a case is of one patient, whom every table names
            found = held.execute(f"SELECT DISTINCT {wanted} FROM {table}")
            values = [value for (value,) in found]
            if values and _OF_PATIENT.search(column):
                patient.add(column)
            yield column, values


def _wanted(column: str, kind: str) -> str | None:
    """What to select of a column that tells something by its name or type; None for the others."""
    if _TELLS_NOTHING.search(column):
        return None
    if _MOMENT.search(column):
        return f"substr({_quoted(column)}, 1, 10)"
    tells = _IDENTIFIER.search(column) or _NAMED.search(column) or _FIGURE.search(column)
    return _quoted(column) if tells or kind in _REAL else None


def _may_be_prose(column: str, kind: str) -> bool:
    by_name = _TELLS_NOTHING.search(column) or _VOCABULARY.search(column)
    return kind in ("TEXT", "") and not by_name and _wanted(column, kind) is None


def _with_prose(held: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[str]:
    """Those of the columns that hold prose, found in one reading of the table."""
    if not columns:
        return
    lengths = ", ".join(f"max(length({_quoted(column)}))" for column in columns)
    longest = held.execute(f"SELECT {lengths} FROM {table}").fetchone()
    for column, length in zip(columns, longest, strict=True):
        if (length or 0) >= _A_PROSE or (length and _PROSE_IN_SHORT.search(column)):
            yield column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
