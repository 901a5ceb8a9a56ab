"""The comparisons of a report: differences with intervals, tests, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from clinseek.evals.comparison import TaskComparison
from clinseek.evals.report.figures.axes import axis_over
from clinseek.evals.report.figures.forest import ForestLine, forest_plot
from clinseek.evals.report.markup import Markup, element
from clinseek.evals.report.pairing import NotCompared, ReportedPair
from clinseek.evals.report.sections.scores import number_table

Section = tuple[str, str, Markup]


def differences_section(
    pairs: Sequence[ReportedPair], not_compared: Sequence[NotCompared]
) -> Section | None:
    """All pairs in one forest plot, and each pair's tasks."""
    if not pairs and not not_compared:
        return None
    title = "Differences"
    section = element(
        "section",
        element("h2", title),
        _overall(pairs) if pairs else None,
        [_pair(pair) for pair in pairs],
        [element("p", f"{each.a} and {each.b}: {each.reason}") for each in not_compared],
        id="differences",
        class_="card",
    )
    return "differences", title, section


def _overall(pairs: Sequence[ReportedPair]) -> Markup:
    lines = [
        _line(f"{pair.b.label} - {pair.a.label}", pair.compared.overall, colour=at)
        for at, pair in enumerate(pairs)
    ]
    bounds = [100 * end for line in lines for end in (line.low, line.high, line.value, 0.0)
              if end is not None]  # fmt: skip
    return forest_plot(
        lines,
        caption="The first minus the second, in points, over the rows that both have, with 95 % "
        "intervals by patient",
        name="first - second",
        axis=axis_over(bounds),
        reference=0.0,
    )


def _line(name: str, each: TaskComparison, *, colour: int = 0) -> ForestLine:
    test = each.test
    return ForestLine(name, test.difference, test.low, test.high, test.n, colour)


def _pair(pair: ReportedPair) -> Markup:
    compared = pair.compared
    return element(
        "details",
        element("summary", _verdict(pair)),
        [element("p", f"Made differently: {told}.") for told in compared.made_differently],
        [
            element("p", f"Left out: {len(each.runs):,} {each.reason} ({_few(each.runs)}).")
            for each in compared.left_out
        ],
        number_table(
            [(each.task, _numbers(each)) for each in (compared.overall, *compared.tasks)],
            ("A", "B", "B - A", "95 % interval", "p", "p (Holm)", "detectable", "rows"),
            caption=f"A is {pair.a.label} ({compared.a_name}), B is {pair.b.label} "
            f"({compared.b_name}); p is of a permutation by patient",
            name="task",
        ),
    )


def _few(runs: Sequence[tuple[str, int]]) -> str:
    return ", ".join(qid for qid, _ in runs[:3]) + (", …" if len(runs) > 3 else "")


def _verdict(pair: ReportedPair) -> str:
    """What the numbers say, by names: in which place a system stands is told further down."""
    test, a, b = pair.compared.overall.test, pair.a.label, pair.b.label
    told = f"{100 * test.difference:+.1f} points, p = {test.p:.4f}"
    if test.p < 0.05 and test.difference:
        return f"{b} is {'better' if test.difference > 0 else 'worse'} than {a}: {told}"
    return f"{b} against {a}: no difference was shown, {told}"


def _numbers(each: TaskComparison) -> list[str]:
    test = each.test
    interval = "-"
    if test.low is not None and test.high is not None:
        interval = f"{100 * test.low:+.1f} to {100 * test.high:+.1f}"
    return [
        f"{100 * each.a:.1f}",
        f"{100 * each.b:.1f}",
        f"{100 * test.difference:+.1f}",
        interval,
        f"{test.p:.4f}",
        "-" if each.p_holm is None else f"{each.p_holm:.4f}",
        "-" if test.detectable is None else f"{100 * test.detectable:.1f}",
        f"{test.n:,}",
    ]
