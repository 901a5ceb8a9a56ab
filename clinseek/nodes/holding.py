"""Whether a cited row holds a claimed value: pure functions of cells and labels.

Numbers are compared as numbers, a claim rounded to fewer decimals than the cell holds too;
moments as moments to the precision that the claim gives; words without regard to case and
spaces. A claim of words and numbers (`1.3 mg/dL`) is held when its numbers are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?![A-Za-z_]*\d)")
_UNIT = re.compile(r"[A-Za-zµ#]+/[A-Za-z0-9µ.]+")
_UNIT_AFTER_NUMBER = re.compile(rf"\d\s*({_UNIT.pattern})(?![\w/])")
_SHORTEST_NAME = 3


def holds(claim: str, cells: Sequence[Any]) -> bool:
    """Whether `cells` (values of a row and the labels of its codes) hold what `claim` says.

    >>> holds("1.3 mg/dL", [17, "Creatinine", 1.3, "mg/dL"])
    True
    >>> holds("1.30", [1.3]), holds("1.3", [1.29]), holds("1.31", [1.29]), holds("13", [1.3])
    (True, True, False, False)
    >>> holds("vancomycin", ["Vancomycin 1 g"]), holds("Heparin", ["Vancomycin"])
    (True, False)
    >>> holds("5.3 mg/dL", [5.3, "mEq/L"]), holds("5.3 meq/l", [5.3, "mEq/L"])
    (False, True)
    >>> holds("9.9 at 2150-03-05 08:00", [5.3, "2150-03-05 08:00:00"])
    False
    """
    texts = [str(cell) for cell in cells if cell is not None]
    moments = [_moment(found) for found in _MOMENT.findall(claim)]
    held = [_moment(found) for text in texts for found in _MOMENT.findall(text)]
    if not all(any(one.startswith(moment) for one in held) for moment in moments):
        return False
    claim = _MOMENT.sub(" ", claim)
    numbers = _NUMBER.findall(claim)
    if moments and not numbers:
        return True
    if not _units_agree(claim, texts):
        return False
    if numbers:
        held_numbers = list(_numbers(texts))
        if all(any(_same(number, held) for held in held_numbers) for number in numbers):
            return True
    return _words_held(claim, texts, with_numbers=bool(numbers))


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are the same but for case and spaces.

    >>> same_name(" Yes", "yes "), same_name("Heart  Failure", "heart failure")
    (True, True)
    """
    return _folded(one) == _folded(other)


def _words_held(claim: str, texts: Sequence[str], *, with_numbers: bool) -> bool:
    folded = _folded(claim)
    joined = _folded(" ".join(texts))
    if folded and re.search(rf"(?<![\w.]){re.escape(folded)}(?!\w|\.\d)", joined):
        return True
    if with_numbers:
        return False
    names = [_folded(text) for text in texts if len(text) >= _SHORTEST_NAME]
    return any(
        name in folded for name in names if not _NUMBER.fullmatch(name) and not _is_moment(name)
    )


def _units_agree(claim: str, texts: Sequence[str]) -> bool:
    """False where the claim gives a unit (`mg/dL`) and the row holds units, but not that one."""
    claimed = {_folded(unit) for unit in _UNIT_AFTER_NUMBER.findall(claim)}
    held = {_folded(text) for text in texts if _UNIT.fullmatch(text.strip())}
    return not claimed or not held or claimed <= held


def _is_moment(text: str) -> bool:
    return _MOMENT.fullmatch(text.upper()) is not None


def _moment(text: str) -> str:
    return text.replace("T", " ")


def _numbers(texts: Iterable[str]) -> Iterable[float]:
    for text in texts:
        for found in _NUMBER.findall(_MOMENT.sub(" ", text)):
            yield float(found.replace(",", ""))


def _same(claimed: str, held: float) -> bool:
    decimals = len(claimed.partition(".")[2])
    number = float(claimed.replace(",", ""))
    return number == held or (decimals > 0 and number == round(held, decimals))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
