"""The table of baselines as Markdown: over all tasks of a kind, then task by task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clinseek.evals.benchmarks.baselines.measuring import ALL, Measured

_DASH = "-"
_CELLS = (
    "Each cell: mean sample-wise F1 in percent (for yes or no the share that is right), its 95 % "
    "interval clustered by patient and, for risks, the AUROC. A dash: the baseline is not made for "
    "the task, or has too little to learn from."
)


def baseline_page(measured: Sequence[Measured], *, rows_file: str, folds: int) -> str:
    """The page: mean set F1 in percent with its 95 % interval by patient, and AUROC of risks."""
    names = list(dict.fromkeys(each.baseline for each in measured))
    kinds = [each for each in measured if each.task == ALL]
    tasks = [each for each in measured if each.task != ALL]
    parts = [
        "# Baselines",
        f"Rows: `{rows_file}`; {folds} folds, parted by patient. {_CELLS}",
        "## By kind of task",
        _table("kind", names, kinds, lambda each: each.task_type),
        "## By task",
        _table("task", names, tasks, lambda each: each.task),
        "Research only: nothing here is a medical device.",
    ]
    return "\n\n".join(parts) + "\n"


def _table(
    title: str,
    names: Sequence[str],
    measured: Sequence[Measured],
    name_of: Callable[[Measured], str],
) -> str:
    told: dict[str, dict[str, Measured]] = {}
    for each in measured:
        told.setdefault(name_of(each), {})[each.baseline] = each
    head = [f"| {title} | rows | {' | '.join(names)} |", f"|---|---:|{'---|' * len(names)}"]
    lines = [
        f"| {name} | {max(each.f1.n for each in held.values()):,} | "
        f"{' | '.join(_cell(held.get(baseline)) for baseline in names)} |"
        for name, held in told.items()
    ]
    return "\n".join([*head, *lines])


def _cell(each: Measured | None) -> str:
    if each is None:
        return _DASH
    told = f"{100 * each.f1.value:.1f}"
    if each.f1.low is not None and each.f1.high is not None:
        told += f" ({100 * each.f1.low:.0f}-{100 * each.f1.high:.0f})"
    return told if each.auroc is None else f"{told}; AUROC {each.auroc.value:.2f}"
