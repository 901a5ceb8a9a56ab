"""A share with its interval, where questions about one patient hang together. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

Z = 1.959964
"""The normal quantile of a two-sided interval at 95 %."""


class Share(NamedTuple):
    """`hits` of `total` questions, and the 95 % interval of the share (0 to 1)."""

    hits: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing is 0."""
        return self.hits / self.total if self.total else 0.0


def clustered_share(hits: Iterable[tuple[int, bool]]) -> Share:
    """The share of hits among (patient, hit) pairs, with patients as clusters.

    Wilson's interval (1927) on the effective number of questions: their number divided by the
    design effect, the ratio of the variance between patients to the binomial one (Rao and Scott,
    Biometrics 1992, 48:577). Where every answer is alike there is no variance to go by, so each
    patient counts as one question.

    >>> share = clustered_share([(1, True), (1, True), (2, False), (3, True)])
    >>> share.hits, share.total, round(share.low, 2), round(share.high, 2)
    (3, 4, 0.22, 0.97)
    >>> clustered_share([]).total
    0
    """
    by_patient: dict[int, list[bool]] = defaultdict(list)
    for patient, hit in hits:
        by_patient[patient].append(hit)
    total = sum(map(len, by_patient.values()))
    count = sum(map(sum, by_patient.values()))
    if total == 0:
        return Share(0, 0, 0.0, 1.0)
    low, high = _wilson(count / total, _effective(list(by_patient.values()), count, total))
    return Share(count, total, low, high)


def _effective(clusters: list[list[bool]], count: int, total: int) -> float:
    share, patients = count / total, len(clusters)
    if count in (0, total) or patients == 1:
        return patients
    between = sum((sum(hits) - share * len(hits)) ** 2 for hits in clusters)
    variance = patients / (patients - 1) * between / total**2
    if variance == 0:
        return total
    return min(float(total), max(1.0, share * (1 - share) / variance))


def _wilson(share: float, number: float) -> tuple[float, float]:
    spread = Z * math.sqrt(share * (1 - share) / number + Z**2 / (4 * number**2))
    middle = share + Z**2 / (2 * number)
    scale = 1 + Z**2 / number
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
