"""Finding candidate titles: by words (literal) and by likeness (fuzzy)."""

from __future__ import annotations

from typing import NamedTuple

from clinseek.toolkits.ehr.candidates.titles import Titles, sorted_words

EXACT, BEGINNING, WORD, ANYWHERE = range(4)
"""How well words fit a title, best first; equal fits stand in alphabetical order."""


class Match(NamedTuple):
    """One title found: its place in `Titles.titles` and, for fuzzy search, its score 0-100."""

    place: int
    score: float


def keyword_matches(titles: Titles, keyword: str) -> list[Match]:
    """Every title that holds all words of `keyword`, best fit first.

    A word may be part of a longer one and may stand in the title or in another text cell or code
    of its rows. The whole keyword as title comes first, then titles that begin with it, then
    those in which every word begins a word, then the rest. Case does not matter and no character
    has a special meaning.
    """
    words = keyword.lower().split()
    if not words:
        return []
    phrase = " ".join(words)
    found = sorted(
        (_fit(titles.lowered[index], phrase, words), index) for index in _lines_with(titles, words)
    )
    return [Match(index, 100.0 - fit) for fit, index in found]


def _lines_with(titles: Titles, words: list[str]) -> list[int]:
    sheet = titles.sheet
    rarest, *others = sorted(words, key=lambda word: (-len(word), word))
    found: list[int] = []
    at = sheet.find(rarest)
    while at >= 0:
        index, start, end = titles.line_at(at)
        if all(sheet.find(word, start, end) >= 0 for word in others):
            found.append(index)
        at = sheet.find(rarest, end)
    return found


def _fit(title: str, phrase: str, words: list[str]) -> int:
    if title == phrase:
        return EXACT
    if title.startswith(phrase):
        return BEGINNING
    spaced = f" {title}"
    return WORD if all(f" {word}" in spaced for word in words) else ANYWHERE


def fuzzy_matches(
    titles: Titles, keyword: str, *, limit: int = 5, threshold: float = 0.0
) -> list[Match]:
    """The `limit` titles most like `keyword`, at least `threshold` (0-100), equals by title.

    Likeness is RapidFuzz's `ratio` (the published measure), or the same with the words of both
    sides in alphabetical order where that is higher, so that "diabetes type 2" finds "Type 2
    diabetes mellitus". `WRatio` was tried on the 106,327 distinct ICD titles: thirty times slower,
    and a short word shared with any long title beats the right one.
    """
    from rapidfuzz import fuzz, process

    wanted = keyword.lower().strip()
    if not wanted or limit < 1:
        return []
    best: dict[int, float] = {}
    for query, choices in ((wanted, titles.lowered), (sorted_words(wanted), titles.word_sorted)):
        for _, score, index in process.extract(
            query, choices, scorer=fuzz.ratio, limit=limit, score_cutoff=threshold
        ):
            best[index] = max(score, best.get(index, 0.0))
    found = sorted(best.items(), key=lambda scored: (-scored[1], scored[0]))
    return [Match(index, score) for index, score in found[:limit]]
