"""What the evaluations scored: in all, by task and group, and against what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from clinseek.evals.report.figures.forest import ForestLine, forest_plot
from clinseek.evals.report.figures.scatter import Point, scatter
from clinseek.evals.report.markup import Markup, element, scrolled
from clinseek.evals.report.reported_run import ReportedRun
from clinseek.evals.scorers.summary import ScorerSummary
from clinseek.evals.statistics import Estimate

Section = tuple[str, str, Markup]


def summary_section(runs: Sequence[ReportedRun]) -> Section:
    """Every run with its interval, what did not count, and the other scorers."""
    lines = [_forest_line(run.label, run.summary.micro, colour=at) for at, run in enumerate(runs)]
    leading = runs[0].leading
    section = element(
        "section",
        element("h2", "Summary"),
        forest_plot(
            [line for line in lines if line is not None],
            caption=f"Mean by the scorer “{leading}”, in points of 100, with 95 % intervals "
            "clustered by patient",
            name="evaluation",
        ),
        _counted(runs),
        _by_scorer(runs),
        id="summary",
        class_="card",
    )
    return "summary", "Summary", section


def by_group_section(runs: Sequence[ReportedRun]) -> Section | None:
    """Forest plots by kind of task, by group and by task."""
    parts: list[Markup] = []
    for title, held in (
        ("By kind of task", lambda s: s.by_task_type),
        ("By group", lambda s: s.by_group),
        ("By task", lambda s: s.by_task),
    ):
        lines = _parted(runs, held)
        if lines:
            parts.append(element("h3", title))
            parts.append(forest_plot(lines, caption=f"{title}, with 95 % intervals", name="of"))
    if not parts:
        return None
    title = "By task and group"
    return (
        "tasks",
        title,
        element("section", element("h2", title), parts, id="tasks", class_="card"),
    )


def cost_section(runs: Sequence[ReportedRun]) -> Section:
    """What each run cost against what it scored: in dollars where all have a price, else tokens."""
    title = "Cost against score"
    priced = all(run.spending.dollars for run in runs)
    unit = "dollars a run" if priced else "tokens a run, in and out"
    points = [
        Point(
            run.label,
            (run.spending.dollars or 0.0 if priced else run.spending.tokens) / run.spending.runs,
            100 * micro.value,
            None if micro.low is None else 100 * micro.low,
            None if micro.high is None else 100 * micro.high,
            at,
        )
        for at, run in enumerate(runs)
        if (micro := run.summary.micro) is not None
    ]
    return (
        "cost",
        title,
        element(
            "section",
            element("h2", title),
            scatter(points, x=unit, y="score", label=f"Score against {unit}"),
            _spending(runs),
            id="cost",
            class_="card",
        ),
    )


def _forest_line(
    name: str, estimate: Estimate | None, *, colour: int = 0, heading: bool = False
) -> ForestLine | None:
    if estimate is None:
        return None
    low, high = estimate.low, estimate.high
    return ForestLine(name, estimate.value, low, high, estimate.n, colour, heading)


def _parted(
    runs: Sequence[ReportedRun], held: Callable[[ScorerSummary], Mapping[str, Estimate]]
) -> list[ForestLine]:
    """One line a name and run; of several runs the name stands with each."""
    of_runs = [held(run.summary) for run in runs]
    names = sorted({name for parted in of_runs for name in parted})
    if len(names) < 2:
        return []
    return [
        ForestLine(
            name if len(runs) == 1 else f"{name}: {runs[at].label}",
            each.value, each.low, each.high, each.n, at, at == 0 and len(runs) > 1,
        )
        for name in names
        for at, parted in enumerate(of_runs)
        if (each := parted.get(name)) is not None
    ]  # fmt: skip


def _counted(runs: Sequence[ReportedRun]) -> Markup:
    columns = ("runs", "scored", "failed", "missing", "unscored", "n/a", "abstained", "patients")
    lines = []
    for run in runs:
        counts, micro = run.summary.counts, run.summary.micro
        numbers = (
            len(run.source.expected), counts.scored, counts.failed, counts.missing,
            counts.unscored, counts.inapplicable, counts.abstained, micro.clusters if micro else 0,
        )  # fmt: skip
        lines.append((run.label, [f"{number:,}" for number in numbers]))
    return number_table(lines, columns, caption="Runs: failed and missing ones count 0")


def _by_scorer(runs: Sequence[ReportedRun]) -> Markup:
    scorers = list(runs[0].summaries)
    lines = [(run.label, [_value(run.summaries[name].micro) for name in scorers]) for run in runs]
    return number_table(lines, scorers, caption="The same runs by other scorers, in points of 100")


def _value(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{100 * estimate.value:.1f}"


def _spending(runs: Sequence[ReportedRun]) -> Markup:
    columns = ("runs", "tokens in", "tokens out", "tokens a run", "seconds a run", "dollars")
    lines = []
    for run in runs:
        spent = run.spending
        dollars = "no price" if spent.dollars is None else f"{spent.dollars:,.2f}"
        about = "≈ " if spent.estimated else ""
        lines.append(
            (
                run.label,
                [
                    f"{spent.runs:,}",
                    f"{about}{spent.input_tokens:,}",
                    f"{about}{spent.output_tokens:,}",
                    f"{about}{spent.tokens / spent.runs:,.0f}",
                    f"{spent.seconds / spent.runs:,.1f}",
                    dollars,
                ],
            )
        )
    return number_table(lines, columns, caption="What the runs took; ≈ where no host counted")


def number_table(
    lines: Sequence[tuple[str, Sequence[str | Markup]]],
    columns: Sequence[str],
    *,
    caption: str,
    name: str = "",
) -> Markup:
    """A table of numbers with a name in front of each line."""
    head = element(
        "tr",
        element("th", name, scope="col"),
        [element("th", column, scope="col", class_="number") for column in columns],
    )
    body = [
        element(
            "tr",
            element("th", title, scope="row"),
            [element("td", cell, class_="number") for cell in cells],
        )
        for title, cells in lines
    ]
    table = element(
        "table", element("caption", caption), element("thead", head), element("tbody", body)
    )
    return scrolled(table, caption)
