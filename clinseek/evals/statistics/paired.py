"""Differences of two systems on the same rows: interval, tests, and what could have been found."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clinseek.errors import SettingError
from clinseek.evals.statistics.clusters import (
    are_shares,
    bootstrap_means,
    checked,
    cluster_codes,
    cluster_sums,
    effective_clusters,
    freedom_of,
    mean_error,
    percentile_bounds,
    unequal,
)
from clinseek.evals.statistics.means import DRAWS, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

POWER = 0.8
_EXACT = 13
"""Up to so many patients that differ all 2^G sign patterns are counted."""
_BLOCK = 4_000_000
_ROUNDING = 1e-9


@dataclass(frozen=True)
class PairedTest:
    """B minus A over shared rows.

    `low` and `high` are the clustered t interval of the difference, `bootstrap` the percentile
    interval over resampled patients; None where there is one patient, and where all differ alike.
    Where all scores lie in [0, 1] the interval stays within [-1, 1]. `p` is of the paired
    permutation by patient. `mcnemar` is its exact p where every score is 0 or 1 and every patient
    has one pair, else None. `detectable` is the smallest true difference that would have been
    found four times in five at this level; None where there is no interval. `note` says why there
    is none, or that few patients have most of the rows.
    """

    difference: float
    low: float | None
    high: float | None
    bootstrap: tuple[float, float] | None
    error: float | None
    p: float
    mcnemar: float | None
    detectable: float | None
    n: int
    clusters: int
    note: str | None = None


def paired_test(
    a: Sequence[float] | NDArray[Any],
    b: Sequence[float] | NDArray[Any],
    clusters: Sequence[Hashable] | NDArray[Any],
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> PairedTest:
    """Whether `b` differs from `a`, pair by pair, where pairs of one cluster belong together."""
    first, second = checked(a), checked(b)
    if first.size != second.size:
        raise SettingError(f"{first.size} scores of A cannot be paired with {second.size} of B")
    codes = cluster_codes(clusters, first.size)
    difference = second - first
    mean, groups = float(difference.mean()), int(codes.max()) + 1
    error = mean_error(difference, codes)
    effective = effective_clusters(np.bincount(codes))
    low = high = detectable = drawn = None
    if error:
        freedom = freedom_of(effective)
        quantile = t_quantile(level, freedom)
        within = 1.0 if are_shares(first) and are_shares(second) else math.inf
        low, high = max(-within, mean - quantile * error), min(within, mean + quantile * error)
        detectable = (quantile + _one_sided(POWER, freedom)) * error
        drawn = percentile_bounds(bootstrap_means(difference, codes, draws=draws, seed=seed), level)
    return PairedTest(
        difference=mean,
        low=low,
        high=high,
        bootstrap=drawn,
        error=error,
        p=sign_flip_p(cluster_sums(difference, codes), draws=draws, seed=seed),
        mcnemar=_mcnemar(first, second, groups),
        detectable=detectable,
        n=int(difference.size),
        clusters=groups,
        note=_note(error, mean, effective, groups),
    )


def sign_flip_p(
    sums: Sequence[float] | NDArray[Any], *, draws: int = DRAWS, seed: int = 0
) -> float:
    """The two-sided p of the permutation that swaps A and B in whole patients.

    `sums` are the patients' sums of differences. All patterns are counted where they are few, else
    `draws` are drawn, and the observed one counts among them.

    >>> sign_flip_p([0.0, 0.0]), sign_flip_p([1.0, 1.0, 1.0])
    (1.0, 0.25)
    """
    moved = np.asarray(sums, dtype=np.float64)
    scale = float(np.abs(moved).sum())
    moved = moved[np.abs(moved) > _ROUNDING * scale] if scale else moved[:0]
    if moved.size == 0:
        return 1.0
    least = abs(float(moved.sum())) - _ROUNDING * scale
    if moved.size <= _EXACT:
        patterns = (np.arange(2**moved.size)[:, None] >> np.arange(moved.size)) & 1
        return float((np.abs(_flipped(patterns, moved)) >= least).mean())
    rng, reached = np.random.default_rng(seed), 0
    step = max(1, _BLOCK // moved.size)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        bits = np.unpackbits(rng.integers(0, 256, (rows, -(-moved.size // 8)), np.uint8), axis=1)
        reached += int((np.abs(_flipped(bits[:, : moved.size], moved)) >= least).sum())
    return (reached + 1) / (draws + 1)


def mcnemar_p(only_a: int, only_b: int) -> float:
    """The exact two-sided p of McNemar's test from the two counts of discordant pairs.

    >>> mcnemar_p(0, 0), round(mcnemar_p(1, 5), 5)
    (1.0, 0.21875)
    """
    from scipy.special import bdtr

    if only_a + only_b == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(ps)
    worst = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda at: ps[at])):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = worst
    return adjusted


def _flipped(bits: NDArray[Any], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(2 * (bits.astype(np.float64) @ sums) - sums.sum())


def _mcnemar(first: NDArray[np.float64], second: NDArray[np.float64], groups: int) -> float | None:
    binary = np.isin(first, (0.0, 1.0)).all() and np.isin(second, (0.0, 1.0)).all()
    if not binary or groups != first.size:
        return None
    return mcnemar_p(int((first > second).sum()), int((second > first).sum()))


def _note(error: float | None, mean: float, effective: float, groups: int) -> str | None:
    if error:
        return unequal(effective, groups)
    if error is None:
        return "all rows are of one patient: nothing tells how much patients differ"
    alike = "A and B score every patient alike" if not mean else "all patients differ alike"
    return f"{alike}: nothing tells how far other patients would lie apart"


def _one_sided(share: float, freedom: float) -> float:
    return t_quantile(2 * share - 1, freedom)
