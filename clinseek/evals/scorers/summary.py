"""The scores of one scorer over a whole evaluation, with intervals and what did not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.row_values import RowValue, row_values
from clinseek.evals.scorers.score import OF_THE_ROAD
from clinseek.evals.statistics import (
    Estimate,
    IntervalMethod,
    RiskCoverage,
    auroc_estimate,
    best_at_k,
    macro_mean,
    mean_estimate,
    pass_hat_k,
    risk_coverage,
)


@dataclass(frozen=True)
class Counts:
    """Runs by what became of their score. `failed` and `missing` count 0 in every mean."""

    scored: int
    failed: int
    missing: int
    unscored: int
    inapplicable: int
    abstained: int


@dataclass(frozen=True)
class EpochSummary:
    """Over rows with at least `k` runs: the expected best of k (best@k), and the chance that all
    of k have a score of 1 (pass^k).
    """

    k: int
    rows: int
    best: float
    passed: float


@dataclass(frozen=True)
class ScorerSummary:
    """One scorer's numbers. `micro` is over rows, `macro` over tasks.

    `present` is the mean without missing runs, as the published scorer takes it. `parts` are means
    of what the scorer tells besides (precision, recall). `auroc` is there where answers of both
    kinds come with a confidence; `coverage` says what answering risked.
    """

    scorer: ScorerName
    counts: Counts
    rules: dict[str, int]
    micro: Estimate | None
    macro: Estimate | None
    present: float | None
    parts: dict[str, float]
    by_task: dict[str, Estimate]
    by_task_type: dict[str, Estimate]
    by_group: dict[str, Estimate]
    epochs: tuple[EpochSummary, ...]
    auroc: Estimate | None
    coverage: RiskCoverage | None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def summarise(
    scorer: ScorerName, scores: Sequence[RowScore], *, interval: IntervalMethod = "auto"
) -> ScorerSummary:
    """The summary of all scores of one scorer."""
    rows = row_values(scores)
    there = row_values(score for score in scores if score.state != "missing")
    return ScorerSummary(
        scorer=scorer,
        counts=_counts(scores),
        rules=dict(Counter(score.rule for score in scores).most_common()),
        micro=_estimate(rows, interval),
        macro=_macro(rows),
        present=sum(row.value for row in there) / len(there) if there else None,
        parts=_parts(scores),
        by_task=_by(rows, lambda row: row.task, interval),
        by_task_type=_by(rows, lambda row: row.task_type, interval),
        by_group=_by([row for row in rows if row.group], lambda row: row.group or "", interval),
        epochs=_epochs(rows),
        auroc=_auroc(scores),
        coverage=None if scorer in OF_THE_ROAD else _coverage(scores),
    )


def _counts(scores: Iterable[RowScore]) -> Counts:
    states = Counter[str]()
    abstained = 0
    for score in scores:
        states[score.state] += 1
        abstained += score.state == "scored" and not score.answered
    return Counts(
        scored=states["scored"],
        failed=states["failed"],
        missing=states["missing"],
        unscored=states["unscored"],
        inapplicable=states["inapplicable"],
        abstained=abstained,
    )


def _estimate(rows: Sequence[RowValue], interval: IntervalMethod) -> Estimate | None:
    if not rows:
        return None
    return mean_estimate(
        [row.value for row in rows], [row.subject_id for row in rows], method=interval
    )


def _macro(rows: Sequence[RowValue]) -> Estimate | None:
    if not rows:
        return None
    subjects, tasks = [row.subject_id for row in rows], [row.task for row in rows]
    return macro_mean([row.value for row in rows], subjects, tasks)


def _by(
    rows: Sequence[RowValue], name_of: Callable[[RowValue], str], interval: IntervalMethod
) -> dict[str, Estimate]:
    parted: dict[str, list[RowValue]] = {}
    for row in rows:
        parted.setdefault(name_of(row), []).append(row)
    found = {name: _estimate(held, interval) for name, held in sorted(parted.items())}
    return {name: estimate for name, estimate in found.items() if estimate is not None}


def _parts(scores: Iterable[RowScore]) -> dict[str, float]:
    """Means over scored runs; `gold` and `p_yes` only make sense run by run."""
    sums, held = Counter[str](), Counter[str]()
    for score in scores:
        for name, value in score.parts.items():
            sums[name] += value  # type: ignore[assignment]
            held[name] += 1
    return {name: sums[name] / held[name] for name in sums if name not in ("gold", "p_yes")}


def _epochs(rows: Sequence[RowValue]) -> tuple[EpochSummary, ...]:
    most = max((len(row.epochs) for row in rows), default=1)
    if most < 2:
        return ()
    found = []
    for k in range(1, most + 1):
        held = [row.epochs for row in rows if len(row.epochs) >= k]
        best = sum(best_at_k(epochs, k) for epochs in held) / len(held)
        passed = sum(pass_hat_k(epochs, k) for epochs in held) / len(held)
        found.append(EpochSummary(k, len(held), best, passed))
    return tuple(found)


def _auroc(scores: Iterable[RowScore]) -> Estimate | None:
    sure = [score for score in scores if {"p_yes", "gold"} <= score.parts.keys()]
    truth = [score.parts["gold"] > 0 for score in sure]
    if not sure or all(truth) or not any(truth):
        return None
    return auroc_estimate(
        [score.parts["p_yes"] for score in sure], truth, [score.subject_id for score in sure]
    )


def _coverage(scores: Sequence[RowScore]) -> RiskCoverage | None:
    counted = [score for score in scores if score.value is not None]
    if not counted:
        return None
    return risk_coverage(
        [score.value for score in counted if score.value is not None],
        [score.answered for score in counted],
        [score.confidence for score in counted],
    )
