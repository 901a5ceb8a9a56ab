"""The scores of a row's epochs as one value a row: what every mean is taken over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from clinseek.evals.scorers.row_score import RowScore


class RowValue(NamedTuple):
    """One row: the mean over its epochs that have a score, and these scores."""

    qid: str
    subject_id: int
    task: str
    task_type: str
    group: str | None
    value: float
    epochs: tuple[float, ...]


def row_values(scores: Iterable[RowScore]) -> list[RowValue]:
    """One value for each row that has any score, in the order of the rows."""
    rows: dict[str, list[RowScore]] = {}
    for score in scores:
        if score.value is not None:
            rows.setdefault(score.qid, []).append(score)
    return [_value(qid, held) for qid, held in rows.items()]


def _value(qid: str, held: list[RowScore]) -> RowValue:
    first = held[0]
    epochs = tuple(score.value for score in held if score.value is not None)
    mean = sum(epochs) / len(epochs)
    return RowValue(qid, first.subject_id, first.task, first.task_type, first.group, mean, epochs)
