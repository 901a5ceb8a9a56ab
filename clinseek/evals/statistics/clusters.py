"""Sums and errors by cluster: the arithmetic that every interval shares."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clinseek.errors import SettingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CELLS_AT_ONCE = 4_000_000
"""Cells of one block of draws: 32 MB."""
_ROUNDING = 1e-12


def checked(values: Sequence[float] | NDArray[Any]) -> NDArray[np.float64]:
    """`values` as an array; SettingError where one is NaN or infinite, or there is none."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise SettingError("there is no score to take a mean of")
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        raise SettingError(
            f"score {wrong[0] + 1} of {array.size} is {array[wrong[0]]}, which is no score; find "
            "the scorer that gave it and score again"
        )
    return array


def are_shares(values: NDArray[np.float64]) -> bool:
    """Whether every value lies in [0, 1], and so every mean."""
    return bool(values.min() >= 0 and values.max() <= 1)


def cluster_codes(clusters: Sequence[Hashable] | NDArray[Any], n: int) -> NDArray[np.intp]:
    """For each of `n` values the number of its cluster, from 0 on."""
    if len(clusters) != n:
        raise SettingError(f"{n} scores have {len(clusters)} clusters; there must be one for each")
    if isinstance(clusters, np.ndarray):
        return np.unique(clusters, return_inverse=True)[1]
    numbers: dict[Hashable, int] = {}
    return np.fromiter(
        (numbers.setdefault(cluster, len(numbers)) for cluster in clusters), np.intp, n
    )


def cluster_sums(values: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """The sum of `values` in each cluster."""
    return np.asarray(np.bincount(codes, weights=values), dtype=np.float64)


def mean_error(values: NDArray[np.float64], codes: NDArray[np.intp]) -> float | None:
    """The standard error of the mean of `values`; see `jackknife_error`."""
    sums = cluster_sums(values - values.mean(), codes)
    moves = sums / np.maximum(values.size - np.bincount(codes), 1)
    return jackknife_error(moves, scale=float(np.abs(values).max()))


def jackknife_error(moves: NDArray[np.float64], *, scale: float) -> float | None:
    """The standard error from how far leaving each cluster out moves the estimate.

    Cluster-robust, CR3 as MacKinnon, Nielsen & Webb (2023) compute it; of a mean over clusters of
    equal size the CR1 of Cameron & Miller (2015), of unequal ones more, as it must be (Bell &
    McCaffrey 2002): a large cluster draws the mean to itself and hides its own deviation.
    Nothing but rounding, on the `scale` of the values, is 0. None for a single cluster.
    """
    groups = moves.size
    if groups < 2:
        return None
    error = float(np.sqrt((groups - 1) / groups * np.square(moves).sum()))
    return error if error > _ROUNDING * scale else 0.0


def effective_clusters(weights: NDArray[Any]) -> float:
    """How many clusters of equal weight say as much: (sum w)^2 / sum w^2 (Kish 1965).

    >>> effective_clusters(np.array([4, 4, 4])), round(effective_clusters(np.array([100, 1, 1])), 2)
    (3.0, 1.04)
    """
    given = weights.astype(np.float64)
    return float(given.sum() ** 2 / np.square(given).sum())


def freedom_of(effective: float) -> float:
    """Degrees of freedom of a clustered error: one less than the effective clusters, 1 at least."""
    return max(1.0, effective - 1)


def unequal(effective: float, groups: int) -> str | None:
    """A note where few of the clusters have most of the weight."""
    if effective >= groups / 2:
        return None
    return (
        f"{groups} patients tell no more than {effective:.1f} of equal size would: few of them "
        "have most of the rows"
    )


def bootstrap_means(
    values: NDArray[np.float64], codes: NDArray[np.intp], *, draws: int, seed: int
) -> NDArray[np.float64]:
    """Means of `draws` samples in which whole clusters are drawn with replacement."""
    sums = cluster_sums(values, codes)
    sizes = np.bincount(codes).astype(np.float64)
    rng = np.random.default_rng(seed)
    groups, means = sums.size, np.empty(draws)
    step = max(1, _CELLS_AT_ONCE // groups)
    for start in range(0, draws, step):
        drawn = rng.integers(0, groups, size=(min(step, draws - start), groups), dtype=np.int32)
        means[start : start + step] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return means


def percentile_bounds(draws: NDArray[np.float64], level: float) -> tuple[float, float]:
    """The middle `level` of the draws."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)
