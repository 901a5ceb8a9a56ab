"""Named random streams and identifiers that look random and never repeat.

Each thing that is drawn for a patient has a stream of its own, seeded by the cohort's seed, the
patient's index and a name. Ending one of them early (a stay is cut short) or changing one (the
outcomes) therefore never shifts what another one draws.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

MAX_PATIENTS = 100_000
"""As many patients as the eight digits of the identifiers have room for."""

MAX_VISITS = 12
"""Visits of one patient at most."""

TRANSFERS_PER_VISIT = 8
"""Places that a visit can pass through, the emergency department and the leaving included."""

MAX_STUDIES = 99
"""Studies of one patient at most."""


class Stream:
    """Random draws that depend on the names it was made with and on nothing else.

    >>> Stream(7, "labs").unit() == Stream(7, "labs").unit()
    True
    """

    __slots__ = ("_random", "unit")

    def __init__(self, *names: int | str) -> None:
        self._random = random.Random(":".join(map(str, names)))
        self.unit = self._random.random

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.unit() < probability

    def uniform(self, low: float, high: float) -> float:
        """Between `low` and `high`."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number between `low` and `high`, both included."""
        return low + int((high - low + 1) * self.unit())

    def normal(self, mean: float, deviation: float) -> float:
        """Around `mean`."""
        return mean + deviation * self._random.gauss(0.0, 1.0)

    def lognormal(self, median: float, sigma: float) -> float:
        """Positive, with the given median; `sigma` is the deviation of the logarithm."""
        return median * math.exp(sigma * self._random.gauss(0.0, 1.0))

    def exponential(self, mean: float) -> float:
        """Waiting time with the given mean."""
        return -mean * math.log(1.0 - self.unit())

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`, all alike likely."""
        return choices[int(len(choices) * self.unit())]

    def weighted(self, choices: Sequence[tuple[T, float]]) -> T:
        """One of the (choice, weight) pairs."""
        mark = self.unit() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            mark -= weight
            if mark < 0:
                return choice
        return choices[-1][0]


class Scatter:
    """A one-to-one map of 0..prime-1 onto itself, drawn from a seed.

    >>> scatter = Scatter(7, "doctest", 11)
    >>> sorted(scatter(number) for number in range(11)) == list(range(11))
    True
    """

    __slots__ = ("_factor", "_offset", "_prime")

    def __init__(self, seed: int, purpose: str, prime: int) -> None:
        stream = Stream(seed, "scatter", purpose)
        self._factor = stream.whole(prime // 3, prime - 1)
        self._offset = stream.whole(0, prime - 1)
        self._prime = prime

    def __call__(self, number: int) -> int:
        """The image of `number`; ValueError outside 0..prime-1."""
        if not 0 <= number < self._prime:
            raise ValueError(f"{number} lies outside the {self._prime} identifiers there are")
        return (self._factor * number + self._offset) % self._prime


_SEVEN_DIGITS = 9_999_991
_EIGHT_DIGITS = 99_999_989
_PHARMACY_PER_PATIENT = _EIGHT_DIGITS // MAX_PATIENTS


class Identifiers:
    """The eight-digit identifiers of a cohort: unique in it, whatever its size.

    They are functions of the seed, the patient's index and a running number, so that a patient
    keeps them in a larger cohort.
    """

    def __init__(self, seed: int) -> None:
        self._subject = Scatter(seed, "subject", _SEVEN_DIGITS)
        self._admission = Scatter(seed, "admission", _SEVEN_DIGITS)
        self._place = Scatter(seed, "place", _SEVEN_DIGITS)
        self._pharmacy = Scatter(seed, "pharmacy", _EIGHT_DIGITS)
        self._study = Scatter(seed, "study", _SEVEN_DIGITS)

    def subject(self, index: int) -> int:
        """subject_id of the patient with this index."""
        return 10_000_000 + self._subject(index)

    def admission(self, index: int, visit: int) -> int:
        """hadm_id of a visit that becomes an admission."""
        return 20_000_000 + self._admission(index * MAX_VISITS + visit)

    def place(self, index: int, visit: int, number: int) -> int:
        """transfer_id of a place in a visit; also the stay_id of ED and ICU stays."""
        visits = index * MAX_VISITS + visit
        return 30_000_000 + self._place(visits * TRANSFERS_PER_VISIT + number)

    def pharmacy(self, index: int, number: int) -> int:
        """pharmacy_id of the patient's order with this running number."""
        if number >= _PHARMACY_PER_PATIENT:
            raise ValueError(f"patient {index} has more than {_PHARMACY_PER_PATIENT} drug orders")
        return self._pharmacy(index * _PHARMACY_PER_PATIENT + number)

    def study(self, index: int, number: int) -> int:
        """study_id of the patient's chest study with this running number."""
        return 50_000_000 + self._study(index * MAX_STUDIES + number)
