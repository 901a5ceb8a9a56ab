"""Names that are spelled alike and mean another thing: type 1 and 2, hypo- and hyper-."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_ROMAN = re.compile(r"[ivx]+")
_SETS = tuple(
    frozenset(each.split())
    for each in (
        "left right bilateral unilateral",
        "acute chronic subacute",
        "initial subsequent sequela",
        "upper lower",
        "male female",
        "open closed",
        "benign malignant",
        "primary secondary",
        "anterior posterior",
        "proximal distal",
        "medial lateral",
        "internal external",
        "positive negative",
        "high low",
        "mild moderate severe",
        "systolic diastolic",
        "maternal fetal newborn",
        "personal family",
    )
)
_OF_A_SET = frozenset[str]().union(*_SETS)
_DENYING = frozenset({"without", "not", "no", "non", "never"})
_PREFIXES = (
    ("hypo", "hyper"), ("brady", "tachy"), ("intra", "inter"), ("pre", "post"), ("micro", "macro"),
    ("endo", "exo"), ("un", ""), ("non", ""), ("in", ""), ("dis", ""), ("anti", ""), ("de", ""),
)  # fmt: skip
_SPELLED_ALIKE = 80.0


def differ_in_meaning(one: str, other: str) -> bool:
    """Whether two normal names that are spelled alike say different things.

    They do where their numbers or single letters differ, where a word of one denies or is an
    opposite (without, left, acute) and the other lacks it, and where two words differ by a prefix
    that turns them round. A slip in such a word is a slip.

    >>> differ_in_meaning("diabetes type 1", "diabetes type 2")
    True
    >>> differ_in_meaning("hypokalemia", "hyperkalemia")
    True
    >>> differ_in_meaning("hypokalmia", "hypokalemia")
    False
    """
    first, second = Counter(_TOKEN.findall(one)), Counter(_TOKEN.findall(other))
    here, there = first - second, second - first
    if any(map(_counts, [*here, *there])):
        return True
    if any(_turned(word, another) for word in here for another in there):
        return True
    return _lacks(here, there) or _lacks(there, here)


def _counts(token: str) -> bool:
    """Whether a token is a number, a Roman one, or a letter: a type, a stage, a grade."""
    return len(token) == 1 or token[0].isdigit() or _ROMAN.fullmatch(token) is not None


def _turned(one: str, other: str) -> bool:
    return any(
        _has_prefix_of_its_own(first, second, prefix=prefix, opposite=opposite)
        for prefix, opposite in _PREFIXES
        for first, second in ((one, other), (other, one))
    )


def _has_prefix_of_its_own(one: str, other: str, *, prefix: str, opposite: str) -> bool:
    if not one.startswith(prefix) or not other.startswith(opposite) or other.startswith(prefix):
        return False
    return _alike(one[len(prefix) :], other[len(opposite) :])


def _lacks(here: Iterable[str], there: Iterable[str]) -> bool:
    """Whether `here` has an opposite, or a denial, of which `there` has no misspelling."""
    return any(not _is_slip(word, there) for word in here if word in _OF_A_SET | _DENYING)


def _is_slip(word: str, others: Iterable[str]) -> bool:
    known = _OF_A_SET | _DENYING | {"with"}
    return any(_alike(word, other) for other in others if other not in known)


def _alike(one: str, other: str) -> bool:
    from rapidfuzz import fuzz

    return bool(fuzz.ratio(one, other) >= _SPELLED_ALIKE)
