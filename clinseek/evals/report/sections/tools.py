"""How the evaluations used their tools: shares by tool, what calls brought, tables, first finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clinseek.evals.report.figures.bars import Part, bar, stacked_bar
from clinseek.evals.report.markup import Markup, element, join
from clinseek.evals.report.reported_run import ReportedRun
from clinseek.evals.report.sections.scores import number_table
from clinseek.evals.tool_use import CallCount, ToolUse

Section = tuple[str, str, Markup]
MOST_TOOLS, MOST_TABLES = 24, 16


def tools_section(runs: Sequence[ReportedRun]) -> Section | None:
    """None where no run called a tool."""
    called = [(at, run) for at, run in enumerate(runs) if run.scored.tool_use.total.calls]
    if not called:
        return None
    section = element(
        "section",
        element("h2", "Use of tools"),
        _outcomes(called),
        _key(),
        _shares(called),
        _tables(called),
        _first(called),
        [_sql(run) for _, run in called],
        id="tools",
        class_="card",
    )
    return "tools", "Use of tools", section


Called = Sequence[tuple[int, ReportedRun]]


def _outcomes(called: Called) -> Markup:
    lines = []
    for _, run in called:
        used = run.scored.tool_use
        lines.append(
            (
                run.label,
                [
                    stacked_bar(_parts(used.total)),
                    f"{used.total.calls:,}",
                    f"{used.calls_a_run:.1f}",
                    f"{100 * used.browsing_share:.1f} %",
                ],
            )
        )
    columns = ("what calls brought", "calls", "a run", "browsing")
    return number_table(lines, columns, caption="What calls brought", name="evaluation")


def _parts(count: CallCount) -> list[Part]:
    new = count.answered - count.redundant - count.nothing_new
    return [
        Part("something new", max(0, new), "new"),
        Part("only rows read before", count.nothing_new, "stale"),
        Part("the same call and answer again", count.redundant, "redundant"),
        Part("refused", count.refused, "refused"),
        Part("failed", count.failed, "failed"),
    ]


def _key() -> Markup:
    named = [(part.name, part.colour) for part in _parts(CallCount())]
    swatches = [element("span", name, class_=f"swatch {colour}") for name, colour in named]
    return element("p", join(*swatches), class_="quiet key")


def _shares(called: Called) -> Markup:
    counted: Counter[str] = Counter()
    for _, run in called:
        for tool, count in run.scored.tool_use.by_tool.items():
            counted[tool] += count.calls
    tools = [tool for tool, _ in counted.most_common(MOST_TOOLS)]
    most = max(run.scored.tool_use.share(tool) for _, run in called for tool in tools)
    lines = [
        (tool, [cell for at, run in called for cell in _share(run.scored.tool_use, tool, at, most)])
        for tool in tools
    ]
    columns = [title for _, run in called for title in (run.label, "calls")]
    return number_table(lines, columns, caption="Share of all calls, by tool", name="tool")


def _share(used: ToolUse, tool: str, at: int, most: float) -> tuple[Markup, str]:
    count = used.by_tool.get(tool)
    share = used.share(tool)
    told = f"{count.calls:,} ({100 * share:.1f} %)" if count else "-"
    return bar(share / most if most else 0.0, colour=f"run-{at % 8}"), told


def _tables(called: Called) -> Markup | None:
    counted: Counter[str] = Counter()
    for _, run in called:
        counted.update(run.scored.tool_use.tables)
    tables = [table for table, _ in counted.most_common(MOST_TABLES)]
    if not tables:
        return None
    lines = []
    for table in tables:
        cells: list[str | Markup] = []
        for at, run in called:
            used = run.scored.tool_use
            share = used.tables.get(table, 0) / used.runs
            cells += [bar(share, colour=f"run-{at % 8}"), f"{100 * share:.0f} %"]
        lines.append((table, cells))
    columns = [title for _, run in called for title in (run.label, "runs")]
    return number_table(lines, columns, caption="Runs that read a table", name="table")


def _first(called: Called) -> Markup:
    lines = []
    for _, run in called:
        first = run.scored.tool_use.as_json()["first_citation"]
        cells = [f"{first['median_round']:g}", f"{first['median_tokens']:,.0f}",
                 f"{first['median_seconds']:g}", f"{first['runs']:,}",
                 f"{run.scored.tool_use.uncited:,}"]  # fmt: skip
        lines.append((run.label, cells))
    columns = ("round", "tokens", "seconds", "runs that cite", "answers that cite nothing")
    return number_table(
        lines, columns, caption="Up to the first evidence that the answer cites (medians)"
    )


def _sql(run: ReportedRun) -> Markup | None:
    errors = run.scored.tool_use.sql_errors
    if not errors:
        return None
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in errors.items())
    return element("p", f"SQL that was refused in {run.label}: {kinds}", class_="quiet")
