"""Answers as sets of names: which agree, and how much."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Set
from typing import NamedTuple

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d", '"'),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)
"""Dashes, minus signs and quotation marks that word processors put in the place of the plain, and
marks without width, which they hide between letters."""


class SetScores(NamedTuple):
    """Agreement of two sets, each number in [0, 1]; all 0 where either set is empty."""

    precision: float
    recall: float
    f1: float
    em: float
    jaccard: float

    def parts(self) -> dict[str, float]:
        """The numbers by name."""
        return self._asdict()


def set_scores(predicted: Set[str], gold: Set[str]) -> SetScores:
    """Precision, recall, F1, exact match and Jaccard of `predicted` against `gold`.

    >>> set_scores({"a", "b"}, {"b", "c"})
    SetScores(precision=0.5, recall=0.5, f1=0.5, em=0.0, jaccard=0.3333333333333333)
    """
    both = len(predicted & gold)
    if not predicted or not gold or not both:
        return SetScores(0.0, 0.0, 0.0, 0.0, 0.0)
    precision, recall = both / len(predicted), both / len(gold)
    return SetScores(
        precision,
        recall,
        2 * both / (len(predicted) + len(gold)),
        float(predicted == gold),
        both / len(predicted | gold),
    )


def normal_name(text: str) -> str:
    r"""A name without regard to case, spaces, typographic marks and Unicode composition.

    >>> normal_name("  Non\u2013ST  Elevation ") == normal_name("non-st elevation")
    True
    """
    return " ".join(plain_marks(text).casefold().split())


def plain_marks(text: str) -> str:
    r"""A text with plain dashes and quotation marks, composed, without marks of no width.

    >>> plain_marks("\u22125 mg, sep\u00adsis")
    '-5 mg, sepsis'
    """
    return unicodedata.normalize("NFKC", text).translate(_ALIKE)


def normal_names(texts: Iterable[str]) -> frozenset[str]:
    """The normal names among `texts`, empty ones left out."""
    return frozenset(name for text in texts if (name := normal_name(text)))


def difference_told(predicted: Set[str], gold: Set[str], *, most: int = 5) -> str:
    """What agrees, what is missing and what is too much, in a sentence."""
    told = [
        f"{words}: {', '.join(sorted(names)[:most])}" + (" …" if len(names) > most else "")
        for words, names in (
            ("right", predicted & gold),
            ("missing", gold - predicted),
            ("wrong", predicted - gold),
        )
        if names
    ]
    return "; ".join(told) or "nothing was answered"
