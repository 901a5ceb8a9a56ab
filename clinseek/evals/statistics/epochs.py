"""Several runs of one row: the best of k, and all of k."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from clinseek.errors import SettingError


def best_at_k(scores: Sequence[float], k: int) -> float:
    """The expected best score of `k` runs drawn without replacement from these.

    Of the scores in ascending order the i-th is the best of C(i-1, k-1) of the C(n, k) draws.

    >>> best_at_k([0.0, 1.0, 0.5], 1), best_at_k([0.0, 1.0], 2)
    (0.5, 1.0)
    """
    n = _enough(scores, k)
    ordered = sorted(scores)
    return sum(comb(i, k - 1) * ordered[i] for i in range(k - 1, n)) / comb(n, k)


def pass_hat_k(scores: Sequence[float], k: int, *, threshold: float = 1.0) -> float:
    """The chance that `k` runs drawn without replacement all reach `threshold` (pass^k).

    >>> pass_hat_k([1.0, 1.0, 0.0, 1.0], 2)
    0.5
    """
    n = _enough(scores, k)
    passed = sum(score >= threshold for score in scores)
    return comb(passed, k) / comb(n, k)


def _enough(scores: Sequence[float], k: int) -> int:
    if not 1 <= k <= len(scores):
        raise SettingError(f"k is {k}, but there are {len(scores)} runs of the row")
    return len(scores)
