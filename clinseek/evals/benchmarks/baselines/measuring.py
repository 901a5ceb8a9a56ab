"""Every baseline over the rows of a benchmark, patients apart: what they score, task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.baselines.features import Features
from clinseek.evals.benchmarks.baselines.predictors import (
    PREDICTORS,
    BaselineName,
    Guess,
    Predictor,
)
from clinseek.evals.benchmarks.splits import uniform
from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import normal_names, set_scores
from clinseek.evals.statistics import Estimate, auroc_estimate, mean_estimate


class Answered(NamedTuple):
    """What a baseline said of one row: the set F1 of it, and its chance of "yes"."""

    row: Row
    score: float
    chance: float | None


class Measured(NamedTuple):
    """One baseline on one task, or on all tasks of a kind.

    `auroc` is there for questions of yes or no with chances; None too where one kind is missing.
    """

    baseline: str
    task: str
    task_type: str
    f1: Estimate
    auroc: Estimate | None

    def as_json(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "baseline": self.baseline,
            "task": self.task,
            "task_type": self.task_type,
            "f1": self.f1.value,
            "low": self.f1.low,
            "high": self.f1.high,
            "rows": self.f1.n,
            "patients": self.f1.clusters,
            "auroc": None if self.auroc is None else self.auroc.value,
        }


ALL = "all tasks"


def fold_of(subject_id: int, folds: int) -> int:
    """The fold of a patient: by a hash of the patient alone, so no patient is in two.

    >>> fold_of(10000032, 5) == fold_of(10000032, 5) < 5
    True
    """
    return int(uniform("clinseek folds", str(subject_id)) * folds)


def answered_by(
    name: BaselineName, rows: Sequence[Row], features: Mapping[str, Features], *, folds: int
) -> list[Answered]:
    """What a baseline answers for every row of one task, having learnt from other folds.

    Rows that it is not made for, or whose other folds teach nothing, are left out.
    """
    told: list[Answered] = []
    for fold in range(folds):
        asked = [row for row in rows if fold_of(row.bound[0], folds) == fold]
        known = [row for row in rows if fold_of(row.bound[0], folds) != fold]
        if asked and known:
            told += _told(PREDICTORS[name], known, asked, features)
    return told


def measured(
    name: str, answered: Sequence[Answered], *, task: str, task_type: str
) -> Measured | None:
    """The numbers of a baseline over rows that it answered; None where there are none."""
    if not answered:
        return None
    patients = [each.row.bound[0] for each in answered]
    return Measured(
        name,
        task,
        task_type,
        mean_estimate([each.score for each in answered], patients),
        _auroc(answered),
    )


def baseline_table(
    rows: Sequence[Row],
    features: Mapping[str, Features],
    *,
    folds: int = 5,
    names: Sequence[BaselineName] = tuple(PREDICTORS),
) -> list[Measured]:
    """Every baseline on every task, and over all tasks of a kind that it is made for."""
    tasks: dict[str, list[Row]] = {}
    for row in rows:
        tasks.setdefault(row.task, []).append(row)
    found: list[Measured | None] = []
    for name in names:
        of_kind: dict[str, list[Answered]] = {}
        for task, held in tasks.items():
            answered = answered_by(name, held, features, folds=folds)
            kind = held[0].task_type
            of_kind.setdefault(kind, []).extend(answered)
            found.append(measured(name, answered, task=task, task_type=kind))
        found += [
            measured(name, answered, task=ALL, task_type=kind) for kind, answered in of_kind.items()
        ]
    return [each for each in found if each is not None]


def check_folds(rows: Sequence[Row], folds: int) -> None:
    """SettingError where patients cannot be parted so."""
    patients = {row.subject_id for row in rows}
    if folds < 2 or len(patients) < folds:
        raise SettingError(
            f"--folds {folds}: needs at least 2, and no more than the {len(patients)} patients"
        )
    unbound = [row.qid for row in rows if row.subject_id is None]
    if unbound:
        raise SettingError(
            f"{len(unbound)} rows name no patient (first: {unbound[0]}); baselines part patients"
        )


def _told(
    predict: Predictor,
    known: Sequence[Row],
    asked: Sequence[Row],
    features: Mapping[str, Features],
) -> list[Answered]:
    guesses = predict(known, asked, features)
    if guesses is None:
        return []
    return [
        Answered(row, _score(row, guess), guess.chance)
        for row, guess in zip(asked, guesses, strict=True)
    ]


def _score(row: Row, guess: Guess) -> float:
    """The set F1 of names, as runs are scored; for a single answer it is right or wrong."""
    gold = normal_names(names_of_label(row.label))
    return set_scores(normal_names(guess.answer), gold).f1


def _auroc(answered: Sequence[Answered]) -> Estimate | None:
    """Over rows of yes or no that all have a chance, where both answers occur."""
    if any(each.chance is None or each.row.answer_form != "yes_no" for each in answered):
        return None
    truths = [each.row.label == "yes" for each in answered]
    if len(set(truths)) < 2 or len({each.chance for each in answered}) < 2:
        return None
    chances = [float(each.chance or 0.0) for each in answered]
    return auroc_estimate(chances, truths, [each.row.bound[0] for each in answered])
