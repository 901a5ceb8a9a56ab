"""The loop's table as Markdown, as it is printed and as it stands in docs/training.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clinseek.evals.statistics import PairedTest
from clinseek.evals.tool_use import ToolDifference
from clinseek.training.loop.report import ItemLine, Line, LoopReport

_OVER = "F1 - majority (95 % interval)"


def page(report: LoopReport) -> str:
    """The tables, beside a line that says on whom they were measured."""
    students = [line for line in report.lines if line.model.startswith("student")]
    named = " | ".join(line.model for line in students)
    held_out = (
        f"held-out: {report.questions:,} questions about {report.patients:,} patients of the test "
        f"split, none of them trained on; {commits_told(report.commits)}."
    )
    return "\n".join(
        [
            held_out,
            f"Trained on {report.trained_on:,} traces; {report.parameters} parameters.",
            "",
            f"| model | questions | valid calls | exact calls | cites the row | F1 | {_OVER} |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *(_line(line) for line in report.lines),
            "",
            f"| item | questions | majority | {named} | mean - majority (95 % interval) |",
            f"|---|---:|---:|{'---:|' * len(students)}---:|",
            *(_item(each) for each in report.items),
            "",
            "| tool | untrained: calls | share | student: calls | share |",
            "|---|---:|---:|---:|---:|",
            *(_tool(each) for each in report.tools),
            "",
            verdict(report),
            "",
        ]
    )


def commits_told(commits: Mapping[str, Sequence[str]]) -> str:
    """The commit that made every stage, or which stages each of several made.

    >>> commits_told({"a1": ["cohort", "table"]})
    'commit a1'
    >>> commits_told({"a1": ["cohort", "store"], "b2": ["table"]})
    'made by 2 commits: a1 (cohort, store), b2 (table)'
    """
    if len(commits) == 1:
        return f"commit {next(iter(commits))}"
    each = ", ".join(f"{commit} ({', '.join(stages)})" for commit, stages in commits.items())
    return f"made by {len(commits)} commits: {each}"


def verdict(report: LoopReport) -> str:
    """By how much the students beat the majority, and where they do not."""
    students = [line for line in report.lines if line.model.startswith("student")]
    gains = [100 * line.over_majority.difference for line in students if line.over_majority]
    told = " to ".join(f"{gain:+.1f}" for gain in sorted({min(gains), max(gains)}))
    not_shown = ", ".join(line.item for line in report.items if not _is_above(line.over_majority))
    where = f"not shown for {not_shown}" if not_shown else "shown for every item"
    return f"On held-out patients: {told} points against the majority; {where}."


def _is_above(test: PairedTest) -> bool:
    """Whether the interval lies above nothing; where all patients differ alike there is none."""
    return test.low > 0 if test.low is not None else test.difference > 0


def _line(line: Line) -> str:
    over = "" if line.over_majority is None else _difference(line.over_majority)
    cells = (line.valid, line.exact, line.cited, line.f1)
    return f"| {line.model} | {line.runs:,} | {' | '.join(map(_percent, cells))} | {over} |"


def _item(each: ItemLine) -> str:
    cells = " | ".join(map(_percent, (each.majority, *each.students)))
    return f"| {each.item} | {each.questions} | {cells} | {_difference(each.over_majority)} |"


def _tool(each: ToolDifference) -> str:
    first = f"{each.a_calls} | {_percent(each.a_share)}"
    return f"| `{each.tool}` | {first} | {each.b_calls} | {_percent(each.b_share)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _difference(test: PairedTest) -> str:
    if test.low is None or test.high is None:
        return f"{100 * test.difference:+.1f}"
    return f"{100 * test.difference:+.1f} ({100 * test.low:+.1f} to {100 * test.high:+.1f})"
