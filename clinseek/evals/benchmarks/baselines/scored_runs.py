"""Runs of a model over the same rows, beside the baselines: scored as those are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clinseek.evals.benchmarks.baselines.measuring import ALL, Answered, Measured, measured
from clinseek.evals.scorers import Resources
from clinseek.evals.scorers.run_source import run_source
from clinseek.evals.scorers.scored_run import score_run


def runs_measured(name: str, folder: Path, *, at_hand: Resources) -> list[Measured]:
    """The numbers of a run folder by task and kind, by the set F1 with names made alike.

    Failed and missing runs count 0. Confidences of answers, where all rows of a task have one,
    give the AUROC.
    """
    source = run_source(folder)
    rows = {row.qid: row for row in source.rows}
    scored = score_run(source, ["normalised", "yes_no"], at_hand=at_hand)
    polar = {score.qid: score for score in scored.scores["yes_no"]}
    answered: list[Answered] = []
    for score in scored.scores["normalised"]:
        row = rows[score.qid]
        told = polar[score.qid] if row.answer_form == "yes_no" else score
        if told.value is not None:
            answered.append(Answered(row, told.value, told.parts.get("p_yes")))
    return _by_task(name, answered) + _by_kind(name, answered)


def _by_task(name: str, answered: Sequence[Answered]) -> list[Measured]:
    parted: dict[tuple[str, str], list[Answered]] = {}
    for each in answered:
        parted.setdefault((each.row.task, each.row.task_type), []).append(each)
    found = (
        measured(name, held, task=task, task_type=kind) for (task, kind), held in parted.items()
    )
    return [each for each in found if each is not None]


def _by_kind(name: str, answered: Sequence[Answered]) -> list[Measured]:
    parted: dict[str, list[Answered]] = {}
    for each in answered:
        parted.setdefault(each.row.task_type, []).append(each)
    found = (measured(name, held, task=ALL, task_type=kind) for kind, held in parted.items())
    return [each for each in found if each is not None]
