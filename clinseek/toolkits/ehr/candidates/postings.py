"""Which titles hold which words: the arrays that keyword and fuzzy search read."""

from __future__ import annotations

import string
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MARKS = string.punctuation
_LAST = chr(0x10FFFF)
"""Sorts behind every letter that a word may hold."""


@dataclass(frozen=True, eq=False)
class Postings:
    """The distinct words of some lines, each with the places of the lines that hold it.

    The lines of word w are `places[starts[w] : starts[w + 1]]`, ascending and without repeats.
    """

    words: tuple[str, ...]
    starts: NDArray[np.int64]
    places: NDArray[np.int32]
    lines: int

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many lines hold each word."""
        import numpy as np

        return np.diff(self.starts)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """The letters of each word."""
        import numpy as np

        return np.fromiter(map(len, self.words), np.int64, len(self.words))

    @cached_property
    def rarity(self) -> NDArray[np.float64]:
        """How rare each word is: the logarithm of lines for each line that holds it."""
        import numpy as np

        return np.log((self.lines + 1) / (self.counts + 0.5))

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """The rarities of each line's words, added up."""
        import numpy as np

        own = np.repeat(self.rarity, self.counts)
        return np.bincount(self.places, own, self.lines).astype(np.float64)

    @cached_property
    def _sheet(self) -> str:
        return "\n" + "\n".join(self.words) + "\n"

    @cached_property
    def _word_starts(self) -> NDArray[np.int64]:
        import numpy as np

        return 1 + np.concatenate(([0], np.cumsum(self.lengths + 1)))

    def containing(self, part: str) -> NDArray[np.int64]:
        """The numbers of all words that hold `part`, ascending."""
        import numpy as np

        sheet, found = self._sheet, list[int]()
        at = sheet.find(part)
        while at >= 0:  # ten times as fast as a pattern
            found.append(at)
            at = sheet.find(part, at + 1)
        after = np.searchsorted(self._word_starts, np.asarray(found, dtype=np.int64), side="right")
        return np.unique(after - 1)

    def beginning(self, part: str) -> NDArray[np.int64]:
        """The numbers of all words that begin with `part`, ascending."""
        import numpy as np

        first = bisect_left(self.words, part)
        return np.arange(first, bisect_left(self.words, part + _LAST, lo=first))

    def bare_beginning(self, part: str) -> NDArray[np.int64]:
        """The same, whatever punctuation stands around the words."""
        import numpy as np

        first = bisect_left(self._bare, (part, -1))
        last = bisect_left(self._bare, (part + _LAST, -1), lo=first)
        bare = np.asarray([number for _, number in self._bare[first:last]], dtype=np.int64)
        return np.union1d(self.beginning(part), bare)

    def whole(self, word: str) -> NDArray[np.int64]:
        """The numbers of the words that are `word`, whatever punctuation stands around them."""
        import numpy as np

        numbers = self.bare_beginning(word)
        equal = [
            number
            for number in numbers.tolist()
            if word in (held := self.words[number], held.strip(_MARKS))
        ]
        return np.asarray(equal, dtype=np.int64)

    @cached_property
    def _bare(self) -> list[tuple[str, int]]:
        """The words that have punctuation around them, without it, in alphabetical order."""
        stripped = ((word.strip(_MARKS), number) for number, word in enumerate(self.words))
        return sorted((bare, number) for bare, number in stripped if bare != self.words[number])

    def lines_of(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The lines of several words, one after the other, and how many each word has."""
        import numpy as np

        counts = self.counts[numbers]
        if len(numbers) == 1:
            start = self.starts[numbers[0]]
            return self.places[start : start + counts[0]], counts
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        at = np.repeat(self.starts[numbers] - (ends - counts), counts) + np.arange(total)
        return self.places[at], counts


def postings_of(lines: Iterable[Iterable[str]]) -> Postings:
    """The postings of lines that are given as their words.

    >>> held = postings_of([["heart", "failure"], ["heart"]])
    >>> held.words, held.places.tolist(), held.starts.tolist()
    (('failure', 'heart'), [0, 0, 1], [0, 1, 3])
    """
    import numpy as np

    number: dict[str, int] = {}
    said: list[int] = []
    lengths: list[int] = []
    for line in lines:
        own = {number.setdefault(word, len(number)) for word in line}
        said.extend(own)
        lengths.append(len(own))
    order = np.argsort(np.asarray(list(number), dtype=object)) if number else np.zeros(0, int)
    rank = np.empty(len(number), dtype=np.int64)
    rank[order] = np.arange(len(number))
    ranked = rank[np.asarray(said, dtype=np.int64)] if said else np.zeros(0, dtype=np.int64)
    places = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    by_word = np.argsort(ranked, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(ranked, minlength=len(number)))))
    listed = tuple(number)
    return Postings(tuple(listed[index] for index in order), starts, places[by_word], len(lengths))
