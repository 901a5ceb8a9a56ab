"""What those win who never look at a record: the most frequent answer of a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import normal_names, set_scores


def constant_score(rows: Sequence[Row]) -> float:
    """The mean score of one task's rows in [0, 1]; 0 without rows.

    Where one answer is asked for: the share of the most frequent one. Of lists: the mean F1 of the
    most frequent names of the other patients' rows, as many as those have on average.
    """
    if not rows:
        return 0.0
    labels = [names_of_label(row.label) for row in rows]
    counted = Counter(name for names in labels for name in names)
    if rows[0].answer_form in ("yes_no", "choice"):
        return max(counted.values()) / len(rows)
    by_patient: dict[int, list[list[str]]] = {}
    for row, names in zip(rows, labels, strict=True):
        by_patient.setdefault(row.cluster, []).append(names)
    return sum(_won(own, labels, counted) for own in by_patient.values()) / len(rows)


def _won(own: list[list[str]], labels: list[list[str]], counted: Counter[str]) -> float:
    """The sum of the F1 of one patient's rows, answered from the labels of all others."""
    others = len(labels) - len(own)
    if not others:
        return 0.0
    left = counted - Counter(name for names in own for name in names)
    many = max(1, round(left.total() / others))
    first = sorted(left, key=lambda name: (-left[name], name))[:many]
    said = normal_names(first)
    return sum(set_scores(said, normal_names(names)).f1 for names in own)
