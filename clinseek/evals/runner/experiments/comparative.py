"""Two or more experiments side by side, by LangSmith's comparison evaluators."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from langsmith.evaluation.evaluator import (
    ComparisonEvaluationResult,
    DynamicComparisonRunEvaluator,
    comparison_evaluator,
)
from langsmith.schemas import Example, Run
from typing_extensions import TypedDict

from clinseek.blocking import blocking
from clinseek.errors import SettingError
from clinseek.evals.runner.experiments.evaluators import name_of
from clinseek.evals.runner.experiments.experiment import evaluate_existing
from clinseek.evals.runner.experiments.results import ExperimentResults, ScoredRun
from clinseek.settings import untraced


class ComparedRuns(TypedDict):
    """The runs of one example, and what each evaluator says of them, by its key."""

    example: Example
    runs: list[Run]
    evaluation_results: dict[str, ComparisonEvaluationResult]


@dataclass(frozen=True)
class ComparativeResults:
    """Compared runs in the order of the first experiment. `left_out` are runs not in all."""

    rows: Sequence[ComparedRuns]
    left_out: int

    def __iter__(self) -> Iterator[ComparedRuns]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def evaluate_comparative(
    experiments: Sequence[ExperimentResults | str | os.PathLike[str]],
    *,
    evaluators: Sequence[Callable[..., Any]],
    randomize_order: bool = False,
    seed: int = 0,
) -> ComparativeResults:
    """Compare the runs that experiments made of the same examples, epoch by epoch.

    An experiment is what `evaluate` gave, or a run folder of `clinseek eval`.
    Evaluators are those of LangSmith's evaluate_comparative: (runs, example), or any of inputs,
    outputs, reference_outputs by name; they give scores by run, or a list of them. With
    `randomize_order` the runs are shown in an order drawn by `seed`, against judges' bias for the
    first. SettingError for fewer than two experiments, or none with a shared example.
    """
    if len(experiments) < 2:
        raise SettingError("evaluate_comparative: give two experiments or more")
    read = [_read(each) for each in evaluators]
    held = [_by_run(_results(each)) for each in experiments]
    first, *others = held
    shared = [at for at in first if all(at in other for other in others)]
    if not shared:
        raise SettingError("evaluate_comparative: the experiments share no example")
    rng = random.Random(seed)
    rows: list[ComparedRuns] = []
    for at in shared:
        runs = [each[at]["run"] for each in held]
        if randomize_order:
            rng.shuffle(runs)
        example = first[at]["example"]
        rows.append(
            ComparedRuns(
                example=example, runs=runs, evaluation_results=_compared(read, runs, example)
            )
        )
    every = {at for each in held for at in each}
    return ComparativeResults(rows, len(every) - len(shared))


def _results(given: ExperimentResults | str | os.PathLike[str]) -> ExperimentResults:
    return given if isinstance(given, ExperimentResults) else evaluate_existing(given)


def _by_run(results: ExperimentResults) -> dict[tuple[UUID, int], ScoredRun]:
    """The runs by their example and by the how-manieth of it they are."""
    held: dict[tuple[UUID, int], ScoredRun] = {}
    seen: Counter[UUID] = Counter()
    for row in results:
        example = row["example"].id
        held[example, seen[example]] = row
        seen[example] += 1
    return held


def _compared(
    evaluators: Sequence[DynamicComparisonRunEvaluator], runs: Sequence[Run], example: Example
) -> dict[str, ComparisonEvaluationResult]:
    found: dict[str, ComparisonEvaluationResult] = {}
    for each in evaluators:
        try:
            with untraced():
                told = (
                    blocking(partial(each.acompare_runs, runs, example))
                    if each.is_async
                    else each.compare_runs(runs, example)
                )
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            told = ComparisonEvaluationResult(key=name_of(each), scores={}, comment=said)
        found[told.key] = told
    return found


def _read(given: Callable[..., Any]) -> DynamicComparisonRunEvaluator:
    if isinstance(given, DynamicComparisonRunEvaluator):
        return given
    try:
        return comparison_evaluator(given)
    except (TypeError, ValueError) as error:
        raise SettingError(f"evaluator {name_of(given)}: {error}") from None
