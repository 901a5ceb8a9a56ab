"""How well confidences rank: AUROC, and the risk that is left when the unsure are not answered."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clinseek.errors import SettingError
from clinseek.evals.statistics.clusters import checked, cluster_codes, percentile_bounds
from clinseek.evals.statistics.means import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DRAWS = 2_000
_CELLS = 2_000_000
_ROUNDING = 1e-12


@dataclass(frozen=True)
class RiskCoverage:
    """What is risked by answering.

    `coverage` is the share of rows that were answered, `risk` one minus their mean score (None
    where none was). With confidences `curve` has (coverage, risk) from the surest row on, equal
    confidences together, and `area` is the mean over the answered rows of the risk at theirs
    (AURC: less is better).
    """

    coverage: float
    risk: float | None
    curve: tuple[tuple[float, float], ...] = ()
    area: float | None = None


def auroc(confidences: Sequence[float], positive: Sequence[bool]) -> float:
    """The chance that a positive row has more confidence than a negative one; ties count half.

    SettingError where all rows are of one kind.

    >>> auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    0.875
    """
    truth = np.asarray(positive, dtype=bool)
    scores = checked(confidences)
    if truth.all() or not truth.any():
        raise SettingError(
            f"all {truth.size} rows are {'yes' if truth.all() else 'no'}; an AUROC needs both"
        )
    return float(_weighted_auroc(scores, truth, np.ones((1, truth.size)))[0])


def auroc_estimate(
    confidences: Sequence[float],
    positive: Sequence[bool],
    clusters: Sequence[Hashable],
    *,
    level: float = 0.95,
    draws: int = _DRAWS,
    seed: int = 0,
) -> Estimate:
    """`auroc` with the percentile interval over resampled patients.

    Samples of which all rows are of one kind have none, and are left out. No interval is given,
    and a note says why, where either kind is of one patient alone, or no sample differs from
    another.
    """
    value, scores = auroc(confidences, positive), checked(confidences)
    truth = np.asarray(positive, dtype=bool)
    codes = cluster_codes(clusters, truth.size)
    groups = int(codes.max()) + 1
    if min(np.unique(codes[truth]).size, np.unique(codes[~truth]).size) < 2:
        said = "the rows that are yes, or those that are no, are of one patient"
        return _without_interval(value, truth.size, groups, said)
    rng = np.random.default_rng(seed)
    step, found = max(1, _CELLS // truth.size), list[Any]()
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        times = rng.multinomial(groups, np.full(groups, 1 / groups), size=rows)
        found.append(_weighted_auroc(scores, truth, times[:, codes].astype(np.float64)))
    sampled = np.concatenate(found)
    sampled = sampled[np.isfinite(sampled)]
    if np.ptp(sampled) < _ROUNDING:
        said = "no sample of these patients ranks otherwise"
        return _without_interval(value, truth.size, groups, said)
    low, high = percentile_bounds(sampled, level)
    error = float(sampled.std(ddof=1))
    return Estimate(value, low, high, error, truth.size, groups, "bootstrap")


def risk_coverage(
    scores: Sequence[float],
    answered: Sequence[bool],
    confidences: Sequence[float | None] | None = None,
) -> RiskCoverage:
    """Coverage and risk of the answered rows, and their curve where each has a confidence.

    >>> risk_coverage([1.0, 0.0, 1.0, 0.0], [True, True, True, False])
    RiskCoverage(coverage=0.75, risk=0.33333333333333337, curve=(), area=None)
    """
    values = checked(scores)
    given = np.asarray(answered, dtype=bool)
    coverage = float(given.mean())
    if not given.any():
        return RiskCoverage(coverage, None)
    risk = 1 - float(values[given].mean())
    known = [sure for sure, was in zip(confidences or (), given, strict=False) if was]
    sure = [each for each in known if each is not None]
    if not sure or len(sure) < len(known):
        return RiskCoverage(coverage, risk)
    curve = _curve(1 - values[given], checked(sure), rows=values.size)
    steps = np.diff([0.0, *(covered for covered, _ in curve)])
    area = float(np.average([at_risk for _, at_risk in curve], weights=steps))
    return RiskCoverage(coverage, risk, curve, area)


def _without_interval(value: float, n: int, groups: int, why: str) -> Estimate:
    said = f"{why}: nothing tells how far other patients would lie apart"
    return Estimate(value, None, None, None, n, groups, "bootstrap", said)


def _curve(
    risks: NDArray[np.float64], sure: NDArray[np.float64], *, rows: int
) -> tuple[tuple[float, float], ...]:
    order = np.argsort(-sure, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(sure[order]) != 0, [True]))
    total = np.cumsum(risks[order])
    return tuple((float((end + 1) / rows), float(total[end] / (end + 1))) for end in ends)


def _weighted_auroc(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """One AUROC for each row of `weights`; NaN where a sample has rows of one kind only."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.append([True], np.diff(ordered) != 0))
    positive = np.add.reduceat(weights[:, order] * truth[order], starts, axis=1)
    negative = np.add.reduceat(weights[:, order] * ~truth[order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((positive * below).sum(axis=1) / pairs, dtype=np.float64)
