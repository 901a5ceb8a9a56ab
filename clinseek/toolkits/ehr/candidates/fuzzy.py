"""Finding titles by likeness: misspelt, shortened, in another order, abbreviated.

Each word of the question is compared with every word of the vocabulary (RapidFuzz), and the titles
that hold like words are scored by rare words more than by common ones (soft TF-IDF, Cohen et al.
2003, in Dice's form). The best are compared letter by letter as a whole, which is the published
measure; a question with a word like none of the vocabulary is compared so with every title.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.toolkits.ehr.candidates.abbreviations import expanded
from clinseek.toolkits.ehr.candidates.match import Match
from clinseek.toolkits.ehr.candidates.titles import sorted_words, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clinseek.toolkits.ehr.candidates.titles import Titles

_LEAST_LIKENESS = 0.7
"""Words less alike than this have nothing to do with each other."""
_SHARPNESS = 3.0
"""Likeness counts by its cube: one wrong letter costs little, three cost most."""
_BEGINNING = 0.75
"""Likeness of a beginning of three letters or more, at least."""
_LETTERS = 0.3
"""The share of the whole titles' letters in the score; the words have the rest."""
_COMPARED = 100
_SYNONYM = 0.95
"""A synonym's score, times this, is the title's: the title's own words come first."""
_EQUIVALENT = 0.9
"""The same for the title that another edition of the code has."""
_STEP = 0.01
"""Scores are rounded to this."""
_MOST_PLACES = 20
"""A synonym of more titles than these says too little of any."""


class _Asked(NamedTuple):
    """One reading of a question: its words, and the numbers of its query."""

    query: int
    text: str
    words: tuple[str, ...]


def fuzzy_matches(
    titles: Titles, keywords: Sequence[str], *, limit: int = 5, threshold: float = 0.0
) -> list[list[Match]]:
    """For each keyword the `limit` titles most like it, at least `threshold` (0-100).

    Scores are rounded to two decimals; equal ones stand in the order of their titles.
    """
    scores = [dict[int, float]() for _ in keywords]
    _add(scores, titles, keywords, limit=limit)
    if titles.synonyms:
        through = [dict[int, float]() for _ in keywords]
        _add(through, titles.synonym_titles, keywords, limit=limit)
        for own, found in zip(scores, through, strict=True):
            _add_synonyms(own, found, titles)
    for own in scores:
        _add_equivalents(own, titles, limit=limit)
    return [_ranked(found, limit=limit, threshold=threshold) for found in scores]


def _add_synonyms(own: dict[int, float], found: dict[int, float], titles: Titles) -> None:
    for place, score in found.items():
        stands_for = titles.synonyms[place].places
        if len(stands_for) <= _MOST_PLACES:
            for title in stands_for:
                own[title] = max(own.get(title, 0.0), score * _SYNONYM)


def _add_equivalents(own: dict[int, float], titles: Titles, *, limit: int) -> None:
    """The titles of the other edition of ICD that equal the best, a little behind them."""
    for place, score in _ranked(own, limit=limit, threshold=0.0):
        for title in titles.equivalents.get(place, ()):
            own[title] = max(own.get(title, 0.0), score * _EQUIVALENT)


def _ranked(found: dict[int, float], *, limit: int, threshold: float) -> list[Match]:
    best = nlargest(max(limit, 0), found.values())
    if not best:
        return []
    least = best[-1] - _STEP  # what rounds to as much as the last of the best may come before it
    near = [(place, round(score, 2)) for place, score in found.items() if score >= least]
    kept = [Match(place, score) for place, score in near if score >= threshold]
    return sorted(kept, key=lambda match: (-match.score, match.place))[:limit]


def _add(
    scores: Sequence[dict[int, float]], titles: Titles, keywords: Sequence[str], *, limit: int
) -> None:
    """Fill in the score of the best titles of each keyword."""
    asked = [reading for query, text in enumerate(keywords) for reading in _readings(query, text)]
    if not asked or not titles.titles:
        return
    number = {word: at for at, word in enumerate(dict.fromkeys(w for a in asked for w in a.words))}
    alike = _Alike(titles, tuple(number))
    strange = {reading.query: reading for reading in reversed(asked)}
    for reading in asked:
        numbers = [number[word] for word in reading.words]
        if all(alike.known(at) for at in numbers):
            strange.pop(reading.query, None)
        places, by_words = alike.best(numbers, max(_COMPARED, limit))
        found = scores[reading.query]
        for place, score in _with_letters(titles, reading.text, places, by_words):
            found[place] = max(found.get(place, 0.0), score)
    few = {a.query: a for a in reversed(asked) if len(scores[a.query]) < limit}
    left = list((strange | few).values())
    for reading, places in zip(left, _by_letters(titles, left, limit=limit), strict=True):
        found = scores[reading.query]
        for place, score in _with_letters(titles, reading.text, places, [0.0] * len(places)):
            whole = score / _LETTERS * (1 - _LETTERS)  # letters alone: no word to go by
            found[place] = max(found.get(place, 0.0), whole)


def _readings(query: int, text: str) -> list[_Asked]:
    """The question as it is written, and with its abbreviations written out."""
    lowered = " ".join(text.lower().split())
    words = tuple(dict.fromkeys([*words_of(lowered)]))
    if not words:
        return []
    meant = expanded(lowered.split() if "/" in lowered else words_of(lowered))
    spelt = " ".join(meant)
    if spelt == " ".join(words_of(lowered)):
        return [_Asked(query, lowered, words)]
    return [
        _Asked(query, lowered, words),
        _Asked(query, spelt, tuple(dict.fromkeys(words_of(spelt)))),
    ]


def _with_letters(
    titles: Titles, text: str, places: Sequence[int], by_words: Sequence[float]
) -> list[tuple[int, float]]:
    from rapidfuzz import fuzz

    ordered = sorted_words(text)
    scored = []
    for place, score in zip(places, by_words, strict=True):
        title = titles.lowered[place]
        letters = max(fuzz.ratio(text, title), fuzz.ratio(ordered, sorted_words(title)))
        scored.append((place, (1 - _LETTERS) * score + _LETTERS * letters))
    return scored


def _by_letters(titles: Titles, asked: Sequence[_Asked], *, limit: int) -> list[list[int]]:
    """The titles most like each question letter by letter."""
    import numpy as np
    from rapidfuzz import fuzz, process

    if not asked:
        return []
    texts = [reading.text for reading in asked]
    likeness = process.cdist(texts, titles.lowered, scorer=fuzz.ratio, dtype=np.uint8)
    kept = min(limit, len(titles.titles))
    return [np.argsort(-row.astype(np.int16), kind="stable")[:kept].tolist() for row in likeness]


class _Alike:
    """How like each asked word is to every word of the vocabulary, and the titles' scores by it."""

    def __init__(self, titles: Titles, words: tuple[str, ...]) -> None:
        import numpy as np
        from rapidfuzz import fuzz, process

        self._held = titles.words
        likeness = process.cdist(
            words,
            self._held.words,
            scorer=fuzz.ratio,
            score_cutoff=_LEAST_LIKENESS * 100,
            dtype=np.float32,
        )
        self._columns: list[tuple[NDArray[Any], NDArray[Any], float] | None] = [
            self._column(word, row / 100) for word, row in zip(words, likeness, strict=True)
        ]

    def _column(
        self, word: str, likeness: NDArray[np.float32]
    ) -> tuple[NDArray[Any], NDArray[Any], float] | None:
        """The lines with words like `word`, what each gains by it, and its weight."""
        import numpy as np

        if len(word) >= 3:
            longer = self._held.beginning(word)
            share = len(word) / self._held.lengths[longer]
            begun = (_BEGINNING + (1 - _BEGINNING) * share).astype(np.float32)
            likeness[longer] = np.maximum(likeness[longer], begun)
        numbers = np.flatnonzero(likeness)
        if not len(numbers):
            return None
        numbers = numbers[np.argsort(likeness[numbers], kind="stable")]
        nearest = numbers[-1]
        weight = float(self._held.rarity[nearest])
        places, counts = self._held.lines_of(numbers)
        gains = np.repeat(likeness[numbers] ** _SHARPNESS * weight, counts)
        return places, gains, weight

    def known(self, at: int) -> bool:
        """Whether the vocabulary has a word like this one."""
        return self._columns[at] is not None

    def best(self, numbers: Sequence[int], most: int) -> tuple[list[int], list[float]]:
        """The `most` titles that score highest by their words, and their scores (0-100)."""
        import numpy as np

        total = np.zeros(self._held.lines, dtype=np.float64)
        one = np.empty(self._held.lines, dtype=np.float32)
        asked = 0.0
        for at in numbers:
            column = self._columns[at]
            if column is None:
                asked += float(self._held.rarity.max())
                continue
            places, gains, weight = column
            one[places] = gains  # the likest word of a line stands last and wins
            total[places] += one[places]  # once a line, however often it stands in `places`
            asked += weight
        touched = np.flatnonzero(total)
        scores = np.round(200 * total[touched] / (asked + self._held.weights[touched]), 6)
        if len(touched) > most:
            least = np.partition(scores, len(scores) - most)[len(scores) - most]
            kept = scores >= least
            touched, scores = touched[kept], scores[kept]
        order = np.lexsort((touched, -scores))[:most]  # of equals the first by title
        return touched[order].tolist(), np.minimum(scores[order], 100.0).tolist()
