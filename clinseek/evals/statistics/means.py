"""Means with intervals: clustered t, Wilson for shares, cluster bootstrap, the published one."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from clinseek.evals.statistics.clusters import (
    are_shares,
    bootstrap_means,
    checked,
    cluster_codes,
    cluster_sums,
    effective_clusters,
    freedom_of,
    jackknife_error,
    mean_error,
    percentile_bounds,
    unequal,
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
    interval can be given, and `note` then says why; it also tells of patients of whom few have
    most of the rows.
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

    - `t`: cluster-robust error (leave one patient out, CR3), Student's t with G* - 1 degrees of
      freedom, G* the effective number of patients; cut to [0, 1] where all scores lie there.
    - `wilson`: for shares of 0 and 1; where patients have several rows, with the effective number
      of rows, n divided by the design effect, and that t in the place of the normal.
    - `bootstrap`: percentiles of the means of resampled patients.
    - `paper`: t over all samples as if independent, as the published tables print it (radius 0
      for fewer than two).

    Scores that are all the same have no interval but Wilson's and the published one. SettingError
    for no scores or one that is NaN.

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
    error = mean_error(array, codes)
    if method == "wilson" and binary and codes.max() > 0:
        return _wilson(array, codes, error or 0.0, level)
    if not error:
        return _without_interval(array, codes, method, error=error)
    if method == "bootstrap":
        low, high = percentile_bounds(bootstrap_means(array, codes, draws=draws, seed=seed), level)
        return _estimate(array, codes, low, high, error=error, method="bootstrap")
    radius = t_quantile(level, freedom_of(effective_clusters(np.bincount(codes)))) * error
    low, high = _within(array, float(array.mean()), radius)
    return _estimate(array, codes, low, high, error=error, method="t")


def macro_mean(
    values: Sequence[float] | NDArray[Any],
    clusters: Sequence[Hashable] | NDArray[Any],
    tasks: Sequence[Hashable] | NDArray[Any],
    *,
    level: float = 0.95,
) -> Estimate:
    """The mean of the tasks' means, each task weighing the same, with a clustered t interval.

    Tasks of one patient alone add nothing to the error, and the note says so.
    """
    array = checked(values)
    codes = cluster_codes(clusters, array.size)
    task_codes = cluster_codes(tasks, array.size)
    sizes = np.bincount(task_codes)
    means = np.bincount(task_codes, weights=array) / sizes
    value = float(means.mean())
    parts = _parts_of_tasks(array - means[task_codes], codes, task_codes, sizes)
    error = jackknife_error(parts.moves, scale=float(np.abs(array).max()))
    if not error:
        return _without_interval(array, codes, "t", error=error, value=value)
    effective, groups = effective_clusters(parts.weights), parts.moves.size
    low, high = _within(array, value, t_quantile(level, freedom_of(effective)) * error)
    note = parts.note or unequal(effective, groups)
    return Estimate(value, low, high, error, array.size, groups, "t", note)


class _PartsOfTasks(NamedTuple):
    """By patient: how far the macro mean moves without them, and their weight in it."""

    moves: NDArray[np.float64]
    weights: NDArray[np.float64]
    note: str | None


def _parts_of_tasks(
    deviations: NDArray[np.float64],
    codes: NDArray[np.intp],
    task_codes: NDArray[np.intp],
    sizes: NDArray[np.intp],
) -> _PartsOfTasks:
    tasks = sizes.size
    cells, places = np.unique(codes * tasks + task_codes, return_inverse=True)
    patients, of_task = np.divmod(cells, tasks)
    sums, held = np.bincount(places, weights=deviations), np.bincount(places)
    left = sizes[of_task] - held
    moves = np.where(left > 0, sums / np.maximum(left, 1), 0.0) / tasks
    alone = int((left == 0).sum())
    note = f"{alone} of {tasks} tasks have rows of one patient alone, and add nothing to the error"
    return _PartsOfTasks(
        cluster_sums(moves, patients),
        cluster_sums(held / sizes[of_task] / tasks, patients),
        note if alone else None,
    )


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
        patients = effective_clusters(np.bincount(codes))
        rows = _effective(share, error, n, patients)
        low, high = wilson_bounds(share, rows, t_quantile(level, freedom_of(patients)))
    return _estimate(array, codes, low, high, error=error, method="wilson")


def _within(array: NDArray[np.float64], mean: float, radius: float) -> tuple[float, float]:
    """The bounds around a mean; of scores in [0, 1] a mean lies there too."""
    low, high = mean - radius, mean + radius
    return (max(0.0, low), min(1.0, high)) if are_shares(array) else (low, high)


def _effective(share: float, error: float, n: int, patients: float) -> float:
    """How many independent rows tell as much (Korn & Graubard 1998), never more than there are.

    Where all rows agree nothing tells how alike a patient's rows are: each of the effective
    `patients` counts once.
    """
    if error == 0.0:
        return patients
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
    note = None if method == "paper" else unequal(effective_clusters(np.bincount(codes)), groups)
    return Estimate(float(array.mean()), low, high, error, array.size, groups, method, note)


def _without_interval(
    array: NDArray[np.float64],
    codes: NDArray[np.intp],
    method: IntervalMethod,
    *,
    error: float | None,
    value: float | None = None,
) -> Estimate:
    mean = float(array.mean()) if value is None else value
    groups = int(codes.max()) + 1
    why = "all rows are of one patient" if error is None else "all patients score alike"
    said = f"{why}: nothing tells how much patients differ"
    return Estimate(mean, None, None, error, array.size, groups, method, said)
