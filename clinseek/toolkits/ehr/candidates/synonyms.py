"""Further wordings by which a title is found, from code tables that are free to use.

A diagnosis is also found by the name of its CCS and CCSR category and by the title that the other
edition of ICD has for it (General Equivalence Mappings); a CCS category by the titles of its
codes. The tables lie in the vocabulary beside the candidates (CCS, CCSR: AHRQ; GEM: CMS; all of
the US government). Nobody answers with a synonym: search gives the title that it stands for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from clinseek.toolkits.ehr.vocabulary_file import damage_told

CCSR_TABLE = "diagnoses_ccsr"
EQUIVALENTS_TABLE = "icd_equivalents"


_BY_CODE = "USING (icd_code, icd_version)"


class Synonym(NamedTuple):
    """A wording and the places of the titles that it stands for, ascending."""

    text: str
    places: tuple[int, ...]


class _Source(NamedTuple):
    """A SELECT of titles with their synonyms, and the tables it needs."""

    needs: tuple[str, ...]
    select: str


def _categories(codes: str, categories: str, title: str) -> _Source:
    select = f'SELECT c.candidate, s."{title}" FROM {codes} c JOIN {categories} s {_BY_CODE}'
    return _Source((codes, categories), select)


def _members(categories: str, dictionary: str) -> _Source:
    select = f"SELECT c.candidate, d.long_title FROM {categories} c JOIN {dictionary} d {_BY_CODE}"
    return _Source((categories, dictionary), select)


def _equivalents(found: int, other: int) -> _Source:
    titles = "diagnoses_icd_candidates"
    select = (  # CROSS: SQLite keeps this order, and goes by the codes
        f"SELECT c.candidate, o.candidate FROM {EQUIVALENTS_TABLE} e "
        f"CROSS JOIN {titles} c ON c.icd_code = e.icd_{found} AND c.icd_version = {found} "
        f"CROSS JOIN {titles} o ON o.icd_code = e.icd_{other} AND o.icd_version = {other}"
    )
    return _Source((titles, EQUIVALENTS_TABLE), select)


_SOURCES: dict[str, tuple[_Source, ...]] = {
    "diagnoses_icd_candidates": (
        _categories("diagnoses_icd_candidates", "diagnoses_ccs_candidates", "candidate"),
        _categories("diagnoses_icd_candidates", CCSR_TABLE, "ccsr_title"),
        _equivalents(9, 10),
        _equivalents(10, 9),
    ),
    "procedures_icd_candidates": (
        _categories("procedures_icd_candidates", "procedures_ccs_candidates", "candidate"),
    ),
    "diagnoses_ccs_candidates": (_members("diagnoses_ccs_candidates", "d_icd_diagnoses"),),
    "procedures_ccs_candidates": (_members("procedures_ccs_candidates", "d_icd_procedures"),),
}


def read_synonyms(
    vocabulary: Path, table: str, *, place_of: Mapping[str, int]
) -> tuple[Synonym, ...]:
    """The synonyms of one candidate table, in alphabetical order; none where it has no source."""
    borne: dict[str, set[int]] = {}
    for title, text in _pairs(vocabulary, table):
        place = place_of.get(title)
        if place is not None and text and text.lower() != title.lower():
            borne.setdefault(text, set()).add(place)
    return tuple(Synonym(text, tuple(sorted(borne[text]))) for text in sorted(borne))


def _pairs(vocabulary: Path, table: str) -> Iterator[tuple[str, str]]:
    sources = _SOURCES.get(table, ())
    if not sources:
        return
    uri = f"file:{quote(str(vocabulary))}?mode=ro&immutable=1"
    with damage_told(vocabulary), closing(sqlite3.connect(uri, uri=True)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        for source in sources:
            if there.issuperset(source.needs):
                yield from connection.execute(source.select)
