"""A shipped list of titles, and which of them an answer names.

A title is named by its own words, by a code that it alone has, by a wording that stands for it
alone, or by a spelling that is like it and like no other. Nothing of a run or of gold labels
enters the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clinseek.evals.rows import Row
from clinseek.evals.scorers.answer_sets import normal_name
from clinseek.evals.scorers.opposites import differ_in_meaning

if TYPE_CHECKING:
    from clinseek.evals.scorers.resources import Resources
    from clinseek.toolkits.ehr.candidates import Titles

LEAST_LIKENESS = 92.0
"""Of 100: one wrong letter in thirteen."""
_MARGIN = 2.0
_LOOKED_AT = 8
_SUFFIX = "_candidates"


class _Like(NamedTuple):
    score: float
    title: str


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Titles, with further wordings (codes, synonyms) that each stand for exactly one of them."""

    name: str
    titles: tuple[str, ...]
    wordings: Mapping[str, str] = field(default_factory=dict)

    def title_of(self, text: str) -> str | None:
        """The title that `text` names, or None.

        >>> drugs = Vocabulary("drugs", ("Heparin", "Insulin glargine"), {"b01ab01": "Heparin"})
        >>> drugs.title_of("HEPARIN "), drugs.title_of("B01AB01"), drugs.title_of("glargine insuln")
        ('Heparin', 'Heparin', 'Insulin glargine')
        """
        if text not in self._found:
            self._found[text] = self._look_up(normal_name(text))
        return self._found[text]

    def _look_up(self, name: str) -> str | None:
        if not name:
            return None
        exact = self._by_name.get(name) or self.wordings.get(name)
        return exact or self._most_like(name)

    def _most_like(self, name: str) -> str | None:
        from rapidfuzz import fuzz, process

        found = process.extract(
            _in_order(name),
            self._ordered,
            scorer=fuzz.ratio,
            score_cutoff=LEAST_LIKENESS,
            limit=_LOOKED_AT,
        )
        likes = [
            _Like(score, self.titles[place])
            for _, score, place in found
            if not differ_in_meaning(name, normal_name(self.titles[place]))
        ]
        if not likes or (len(likes) > 1 and likes[0].score - likes[1].score < _MARGIN):
            return None
        return likes[0].title

    @cached_property
    def _found(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {normal_name(title): title for title in reversed(self.titles)}

    @cached_property
    def _ordered(self) -> list[str]:
        return [_in_order(normal_name(title)) for title in self.titles]


def vocabulary_of(row: Row, at_hand: Resources) -> Vocabulary | None:
    """The row's candidates as a vocabulary, else the shipped one that it names, if at hand."""
    if row.candidates:
        return Vocabulary("the candidates", tuple(row.candidates))
    return at_hand.vocabulary(row.vocabulary) if row.vocabulary else None


def shipped_vocabulary(file: Path, name: str) -> Vocabulary | None:
    """The candidate table `name` (or `name`_candidates) of a store's vocabulary file, or None."""
    from clinseek.toolkits.ehr.candidates import load_titles

    if not file.is_file():
        return None
    for table in (name, f"{name}{_SUFFIX}"):
        try:
            titles = load_titles(file, table)
        except KeyError:
            continue
        return Vocabulary(table, titles.titles, _wordings(titles))
    return None


def _wordings(titles: Titles) -> dict[str, str]:
    """Codes and synonyms of exactly one title."""
    borne: dict[str, set[str]] = {}
    for title, rows in zip(titles.titles, titles.rows, strict=True):
        for wording in _codes(titles.columns, rows):
            borne.setdefault(wording, set()).add(title)
    for synonym in titles.synonyms:
        standing = {titles.titles[place] for place in synonym.places}
        borne.setdefault(normal_name(synonym.text), set()).update(standing)
    return {wording: next(iter(held)) for wording, held in borne.items() if len(held) == 1}


def _codes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> set[str]:
    """What stands in the columns of codes: icd_code, itemid, ndc."""
    places = [
        at for at, name in enumerate(columns) if name.endswith(("code", "itemid")) or name == "ndc"
    ]
    return {normal_name(str(row[at])) for row in rows for at in places if row[at] is not None}


def _in_order(name: str) -> str:
    return " ".join(sorted(name.replace(",", " ").replace("-", " ").split()))
