"""By how much automated seeking beats packaged evidence, task by task and model by model."""

from __future__ import annotations

from collections.abc import Sequence

from clinseek.evals.report.figures.heatmap import HeatRow
from clinseek.evals.report.pairing import ReportedPair


def gain_rows(pairs: Sequence[ReportedPair]) -> tuple[list[HeatRow], list[str]]:
    """The rows of the heatmap in points, all tasks first, and its columns (one a model).

    The last word of a row is how many models gain there, as the published Figure 3 tells it.
    """
    columns = [pair.b.label.removesuffix(", automated") for pair in pairs]
    overall = HeatRow(
        "all",
        {name: 100 * pair.compared.overall.test.difference
         for name, pair in zip(columns, pairs, strict=True)},
        heading=True,
    )  # fmt: skip
    kinds = {row.task: row.task_type for pair in pairs for row in pair.a.source.rows}
    cells: dict[str, dict[str, float]] = {}
    for name, pair in zip(columns, pairs, strict=True):
        for task in pair.compared.tasks:
            cells.setdefault(task.task, {})[name] = 100 * task.test.difference
    rows = [HeatRow(task, cells[task]) for task in sorted(cells, key=lambda t: (kinds[t], t))]
    return [row._replace(told=gained(row)) for row in (overall, *rows)], columns


def gained(row: HeatRow) -> str:
    """How many of the columns that have a number gain.

    >>> gained(HeatRow("icu_mortality", {"a": 2.5, "b": 0.0, "c": -1.0}))
    '1 of 3'
    """
    return f"{sum(value > 0 for value in row.cells.values())} of {len(row.cells)}"


def gain_sentence(rows: Sequence[HeatRow]) -> str:
    """The first line in words: `k of n models gain`, and in how many cells."""
    first, *tasks = rows
    k, n = sum(value > 0 for value in first.cells.values()), len(first.cells)
    higher = sum(value > 0 for row in tasks for value in row.cells.values())
    cells = sum(len(row.cells) for row in tasks)
    models = "model gains" if n == 1 else "models gain"
    return (
        f"{k} of {n} {models} by seeking evidence instead of being handed it; "
        f"so do {higher} of {cells} cells of task and model."
    )
