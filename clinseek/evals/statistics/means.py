"""Means with intervals: clustered t, Wilson for shares, cluster bootstrap, the published one."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from clinseek.evals.statistics.clusters import (
    are_shares,
    bootstrap_means,
    checked,
    cluster_codes,
    clustered_error,
    percentile_bounds,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

IntervalMethod = Literal["auto", "t", "wilson", "bootstrap", "paper"]
"""`auto` is Wilson for scores that are all 0 or 1, else t; `paper` is the published pooled t."""
DRAWS = 10_000


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, on the scale of the scores.

    `error` is the standard error; `clusters` the patients. `low` and `high` are None where no
    interval can be given, and `note` then says why.
    """

    value: float
    low: float | None
    high: float | None
    error: float | None
    n: int
    clusters: int
    method: IntervalMethod
    note: str | None = None


def mean_estimate(
    values: Sequence[float] | NDArray[Any],
    clusters: Sequence[Hashable] | NDArray[Any],
    *,
    method: IntervalMethod = "auto",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """The mean of `values` with the interval that `method` names.

    - `t`: cluster-robust error (CR1), Student's t with (clusters - 1) degrees of freedom; cut
      to [0, 1] where all scores lie there.
    - `wilson`: for shares of 0 and 1; where patients have several rows, with the effective number
      of rows, n divided by the design effect, and t in the place of the normal.
    - `bootstrap`: percentiles of the means of resampled patients.
    - `paper`: t over all samples as if independent, as the published tables print it (radius 0
      for fewer than two).

    SettingError for no scores or one that is NaN.

    >>> round(mean_estimate([1, 0, 1, 1], [1, 2, 3, 4], method="wilson").low, 4)
    0.3006
    """
    array = checked(values)
    codes = cluster_codes(clusters, array.size)
    binary = bool(np.isin(array, (0.0, 1.0)).all())
    if method == "auto":
        method = "wilson" if binary else "t"
    if method == "paper":
        return _paper(array, codes, level)
    error = clustered_error((array - array.mean()) / array.size, codes)
    if method == "wilson" and binary and codes.max() > 0:
        return _wilson(array, codes, error or 0.0, level)
    if error is None:
        return _without_interval(array, method)
    if method == "bootstrap":
        low, high = percentile_bounds(bootstrap_means(array, codes, draws=draws, seed=seed), level)
        return _estimate(array, codes, low, high, error=error, method="bootstrap")
    radius = t_quantile(level, int(codes.max())) * error
    low, high = _within(array, float(array.mean()), radius)
    return _estimate(array, codes, low, high, error=error, method="t")


def macro_mean(
    values: Sequence[float] | NDArray[Any],
    clusters: Sequence[Hashable] | NDArray[Any],
    tasks: Sequence[Hashable] | NDArray[Any],
    *,
    level: float = 0.95,
) -> Estimate:
    """The mean of the tasks' means, each task weighing the same, with a clustered t interval."""
    array = checked(values)
    codes = cluster_codes(clusters, array.size)
    task_codes = cluster_codes(tasks, array.size)
    sizes = np.bincount(task_codes)
    means = np.bincount(task_codes, weights=array) / sizes
    influence = (array - means[task_codes]) / (sizes[task_codes] * sizes.size)
    error = clustered_error(influence, codes)
    value = float(means.mean())
    if error is None:
        return _without_interval(array, "t", value=value)
    radius = t_quantile(level, int(codes.max())) * error
    low, high = _within(array, value, radius)
    return Estimate(value, low, high, error, array.size, int(codes.max()) + 1, "t")


def t_quantile(level: float, freedom: float) -> float:
    """The two-sided quantile of Student's t; of the normal where `freedom` is infinite.

    >>> round(t_quantile(0.95, 719), 3), round(t_quantile(0.95, math.inf), 3)
    (1.963, 1.96)
    """
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(ndtri(upper)) if math.isinf(freedom) else float(stdtrit(freedom, upper))


def wilson_bounds(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score interval of a share of `n` (which may be an effective number).

    >>> [round(bound, 4) for bound in wilson_bounds(0.0, 10, 1.96)]
    [0.0, 0.2775]
    """
    square = quantile * quantile
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _wilson(
    array: NDArray[np.float64], codes: NDArray[np.intp], error: float, level: float
) -> Estimate:
    n, groups, share = array.size, int(codes.max()) + 1, float(array.mean())
    if groups == n:
        low, high = wilson_bounds(share, n, t_quantile(level, math.inf))
    else:
        low, high = wilson_bounds(
            share, _effective(share, error, n, groups), t_quantile(level, groups - 1)
        )
    return _estimate(array, codes, low, high, error=error, method="wilson")


def _within(array: NDArray[np.float64], mean: float, radius: float) -> tuple[float, float]:
    """The bounds around a mean; of scores in [0, 1] a mean lies there too."""
    low, high = mean - radius, mean + radius
    return (max(0.0, low), min(1.0, high)) if are_shares(array) else (low, high)


def _effective(share: float, error: float, n: int, groups: int) -> float:
    """How many independent rows tell as much (Korn & Graubard 1998), never more than there are.

    Where all rows agree nothing tells how alike a patient's rows are: each patient counts once.
    """
    if error == 0.0:
        return groups
    return min(float(n), 1 + share * (1 - share) / (error * error))


def _paper(array: NDArray[np.float64], codes: NDArray[np.intp], level: float) -> Estimate:
    mean, n = float(array.mean()), array.size
    error = float(array.std(ddof=1) / math.sqrt(n)) if n > 1 else 0.0
    radius = t_quantile(level, n - 1) * error if n > 1 else 0.0
    return _estimate(array, codes, mean - radius, mean + radius, error=error, method="paper")


def _estimate(
    array: NDArray[np.float64],
    codes: NDArray[np.intp],
    low: float,
    high: float,
    *,
    error: float,
    method: IntervalMethod,
) -> Estimate:
    groups = int(codes.max()) + 1
    return Estimate(float(array.mean()), low, high, error, array.size, groups, method)


def _without_interval(
    array: NDArray[np.float64], method: IntervalMethod, *, value: float | None = None
) -> Estimate:
    mean = float(array.mean()) if value is None else value
    said = "all rows are of one patient: nothing tells how much patients differ"
    return Estimate(mean, None, None, None, array.size, 1, method, said)
