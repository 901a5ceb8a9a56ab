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


def clustered_error(influence: NDArray[np.float64], codes: NDArray[np.intp]) -> float | None:
    """The standard error of a linear estimate from each value's share in its deviation.

    `influence` of a mean is (x - mean) / n. Cluster-robust with the small-sample factor
    G / (G - 1) (CR1; Cameron & Miller 2015); None for a single cluster.
    """
    sums = cluster_sums(influence, codes)
    groups = sums.size
    if groups < 2:
        return None
    return float(np.sqrt(groups / (groups - 1) * np.square(sums).sum()))


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
