"""Finding titles by the words they hold: literal, no character special, case apart."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from clinseek.toolkits.ehr.candidates.match import Match

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clinseek.toolkits.ehr.candidates.titles import Titles

KeywordMode = Literal["words", "phrase", "prefix", "code"]

ANYWHERE, WORD_BEGINNINGS, WHOLE_WORDS, BEGINNING, EXACT = range(1, 6)
"""How well words fit a title; of equal fits the shorter title stands first, then by title."""

_SHORTEST_PART = 3
"""One or two letters stand in half of all codes: they are looked for at beginnings alone."""
_CODE = re.compile(r"[a-z]?\d[\da-z]{1,2}\.[\da-z]{1,4}")


class Found(NamedTuple):
    """How many titles were found, and the page of them that was asked for, best fit first.

    `by_synonym` says that no title holds the words and these stand for a wording that does.
    """

    total: int
    matches: list[Match]
    by_synonym: bool = False


def keyword_matches(
    titles: Titles,
    keyword: str,
    *,
    mode: KeywordMode = "words",
    limit: int | None = None,
    offset: int = 0,
) -> Found:
    """The titles that hold `keyword`, from `offset` on, at most `limit`.

    `words`: every word stands in the title, or in another cell or code of its rows, as a word or
    a part of one (from three letters on), in any order. `phrase`: the keyword as it is written.
    `prefix`: the title begins with it. `code`: a code begins with it. An ICD code may be written
    with its dot, though the tables write it without. Where no title holds all words, those that
    a synonym stands for are found.
    """
    words = keyword.lower().split()
    if not words:
        return Found(0, [])
    phrase = " ".join(keyword.lower().split())
    fits = _fits(titles, words, phrase)
    if mode != "words":
        _keep(titles, fits, phrase=phrase, mode=mode)
    total = int((fits > 0).sum())
    if total or mode != "words":
        return Found(total, _best(titles, fits, limit=limit, offset=offset))
    return _by_synonym(titles, words, limit=limit, offset=offset)


def _spellings(titles: Titles, word: str) -> tuple[str, ...]:
    """The word as it is written; where its table has ICD codes, also as that writes one: I5023."""
    if titles.codes_may_lack_their_dot and _CODE.fullmatch(word):
        return word, word.replace(".", "")
    return (word,)


def _fits(titles: Titles, words: Sequence[str], phrase: str) -> NDArray[np.uint8]:
    """How well each title fits; 0 where it does not."""
    import numpy as np

    fits = np.full(len(titles.titles), WHOLE_WORDS, dtype=np.uint8)
    for word in sorted(set(words), key=lambda word: (-len(word), word)):
        np.minimum(fits, _fit_of_word(titles, word), out=fits)
        if not fits.any():
            return fits
    start = bisect_left(titles.in_order, (phrase, -1))
    for title, place in titles.in_order[start:]:
        if not title.startswith(phrase):
            break
        if title == phrase:
            fits[place] = EXACT
        elif not title[len(phrase)].isalnum():
            fits[place] = BEGINNING
    return fits


def _fit_of_word(titles: Titles, word: str) -> NDArray[np.uint8]:
    import numpy as np

    cells = titles.cells
    fits = np.zeros(len(titles.titles), dtype=np.uint8)
    if len(word) >= _SHORTEST_PART or not word.isalnum():
        fits[cells.lines_of(cells.containing(word))[0]] = ANYWHERE
    spellings = _spellings(titles, word)
    for spelling in spellings:
        fits[cells.lines_of(cells.bare_beginning(spelling))[0]] = WORD_BEGINNINGS
    for spelling in spellings:
        fits[cells.lines_of(cells.whole(spelling))[0]] = WHOLE_WORDS
    return fits


def _keep(titles: Titles, fits: NDArray[np.uint8], *, phrase: str, mode: KeywordMode) -> None:
    """Take from `fits` what does not hold the phrase in the way that `mode` asks for."""
    codes = [f"\t{spelling}" for spelling in _spellings(titles, phrase)]
    for place in fits.nonzero()[0].tolist():
        if mode == "prefix":
            kept = titles.lowered[place].startswith(phrase)
        elif mode == "code":
            kept = any(code in titles.lines[place] for code in codes)
        else:
            kept = any(part in titles.lines[place] for part in (phrase, *codes))
        if not kept:
            fits[place] = 0


def _best(
    titles: Titles, fits: NDArray[np.uint8], *, limit: int | None, offset: int
) -> list[Match]:
    import numpy as np

    found = np.flatnonzero(fits)
    last = len(found) if limit is None else min(len(found), offset + limit)
    # One number a title: its fit, its length, its place; the best `last` are sorted, not all.
    rank = (
        (EXACT - fits[found].astype(np.int64)) << 48
        | titles.lengths[found].astype(np.int64) << 32
        | found
    )
    if last < len(rank):
        rank = np.partition(rank, last)[:last]
    rank.sort()
    page = (rank[offset:] & 0xFFFFFFFF).tolist()
    return [Match(place, float(fits[place])) for place in page]


def _by_synonym(titles: Titles, words: Sequence[str], *, limit: int | None, offset: int) -> Found:
    if not titles.synonyms:
        return Found(0, [], by_synonym=True)
    said = keyword_matches(titles.synonym_titles, " ".join(words)).matches
    places = list(
        dict.fromkeys(place for match in said for place in titles.synonyms[match.place].places)
    )
    last = None if limit is None else offset + limit
    return Found(len(places), [Match(place, 0.0) for place in places[offset:last]], by_synonym=True)
