"""A filled table as Markdown: ours, by setting and profile, and the published values beside it."""

from __future__ import annotations

from collections.abc import Sequence

from clinseek.evals.benchmarks.paper.cells import PaperCell
from clinseek.evals.benchmarks.paper.groups import GROUPS
from clinseek.evals.benchmarks.paper.published import (
    PaperTable,
    PublishedCell,
    published_cells,
)

_DASH = "-"
_LINE = (
    "Mean sample-wise F1 in percent. Ours: the 95 % interval goes by patient; in brackets the "
    "published radius (t over samples as if independent). A dash: not run. `of 1 of 5 tasks`: the "
    "total is over the rows of these alone, and the published one over all."
)
_PROFILES = (
    "Profile `available` is the record as it was known at the cutoff; `reference` is the cutoff "
    "rule of the published systems. What automated gains under `reference` and not under "
    "`available` is what the rule gives away."
)


def table_page(table: PaperTable, cells: Sequence[PaperCell], *, rows_file: str) -> str:
    """The table of all cells of ours, then the published one."""
    groups = list(GROUPS[table])
    parts = [
        f"# Published table: {table}",
        f"Rows: `{rows_file}`. {_LINE}",
        _PROFILES,
        "## Ours",
        _ours(groups, cells),
        *_leaks(groups, cells),
        "## As published (arXiv 2605.20176; not measured by us)",
        _published(groups, published_cells(table)),
        "Research only: nothing here is a medical device.",
    ]
    return "\n\n".join(parts) + "\n"


def _ours(groups: Sequence[str], cells: Sequence[PaperCell]) -> str:
    runs = dict.fromkeys((cell.model, cell.setting, cell.profile) for cell in cells)
    held = {(cell.model, cell.setting, cell.profile, cell.group): cell for cell in cells}
    lines = [
        [*run, *(_value(held.get((*run, group))) for group in groups), _counts(cells, run)]
        for run in runs
    ]
    return _markdown(["model", "setting", "profile", *groups, "failed / unscored"], lines)


def _value(cell: PaperCell | None) -> str:
    if cell is None or cell.ours is None:
        return _DASH
    told = f"{100 * cell.ours.value:.1f}"
    beside = [f"n {cell.ours.n}"]
    if cell.ours.low is not None and cell.ours.high is not None:
        beside.insert(0, f"{100 * cell.ours.low:.1f} to {100 * cell.ours.high:.1f}")
    if cell.remark is not None:
        beside.append(cell.remark)
    told += f" ({'; '.join(beside)})"
    if cell.as_paper is None or cell.as_paper.high is None or cell.as_paper.n < 2:
        return told
    return f"{told} [±{100 * (cell.as_paper.high - cell.as_paper.value):.2f}]"


def _counts(cells: Sequence[PaperCell], run: tuple[str, str, str]) -> str:
    """Of the last group, which is over all rows."""
    last = [cell for cell in cells if (cell.model, cell.setting, cell.profile) == run][-1]
    return f"{last.failed} / {last.unscored}"


def _leaks(groups: Sequence[str], cells: Sequence[PaperCell]) -> list[str]:
    """By how much automated exceeds curated under each profile, where both profiles were run."""
    held = {(cell.model, cell.setting, cell.profile, cell.group): cell.ours for cell in cells}
    remarks = {
        (cell.model, cell.group): f"{cell.group} ({cell.remark})" for cell in cells if cell.remark
    }
    lines: list[list[str]] = []
    for model in dict.fromkeys(cell.model for cell in cells):
        for group in groups:
            curated = next(
                (
                    cell.ours for cell in cells
                    if (cell.model, cell.setting, cell.group) == (model, "curated", group)
                ),
                None,
            )  # fmt: skip
            known, leaky = (
                held.get((model, "automated", profile, group))
                for profile in ("available", "reference")
            )
            if curated is None or known is None or leaky is None:
                continue
            gain, leaking = known.value - curated.value, leaky.value - curated.value
            called = remarks.get((model, group), group)
            lines.append([model, called, *(f"{100 * each:+.1f}" for each in (leaking, gain))])
    if not lines:
        return []
    columns = ["model", "group", "gain under `reference`", "gain under `available`"]
    return ["## Automated minus curated, in points", _markdown(columns, lines)]


def _published(groups: Sequence[str], cells: Sequence[PublishedCell]) -> str:
    held = {(cell.model, cell.setting, cell.group): cell for cell in cells}
    runs = dict.fromkeys((cell.model, cell.setting) for cell in cells)
    lines = [
        [f"{run[0]} (published)", run[1], *(_print(held.get((*run, group))) for group in groups)]
        for run in runs
    ]
    return _markdown(["model", "setting", *groups], lines)


def _print(cell: PublishedCell | None) -> str:
    if cell is None:
        return _DASH
    return f"{cell.f1:.1f}" if cell.radius is None else f"{cell.f1:.1f} [±{cell.radius:.2f}]"


def _markdown(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(line)} |" for line in lines)])
