"""`clinseek compare`: whether B is better than A, by how much, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import counted, emit, emit_json, say, table
from clinseek.cli.score import ManifestOption, at_hand, judge_named

if TYPE_CHECKING:
    from clinseek.evals.comparison import Comparison, TaskComparison


def register(app: typer.Typer) -> None:
    """Add `compare`."""
    app.command("compare", rich_help_panel="Evaluate")(compare)


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A run folder or results.jsonl.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="The one that is to be better.")],
    scorer: Annotated[
        str, typer.Option("--scorer", metavar="NAME", help="As for `clinseek score`.")
    ] = "default",
    manifest: ManifestOption = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", "-s", metavar="STORE", help="[default: the store of each run]"),
    ] = None,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="MODEL", help="For scorers that need one.")
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", min=100, help="Bootstrap samples and permutations.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Decides what is drawn.")] = 0,
    flips: Annotated[
        int, typer.Option("--flips", min=0, help="List so many rows that flipped.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """Compare two evaluations of the same benchmark, row by row.

    [dim]clinseek compare RUN_A RUN_B[/dim]
    [dim]clinseek compare automated curated --scorer published --json[/dim]

    Aligned by row and epoch; intervals and tests go by patient. p is of a permutation that swaps A
    and B in whole patients; over tasks it is Holm's. "detectable" is the smallest difference that
    would have been found four times in five.
    """
    from clinseek.evals.comparison import compare_runs
    from clinseek.evals.scorers import scorer_named
    from clinseek.evals.scorers.run_source import run_source
    from clinseek.evals.scorers.scored_run import score_run
    from clinseek.evals.scorers.verdict_file import remembering

    named = scorer_named(scorer)
    asked = judge_named(judge) if judge else None
    sources = [run_source(path, manifest=manifest if path.is_file() else None) for path in (a, b)]
    if sources[0].name == sources[1].name:
        sources = [replace(each, name=str(at)) for each, at in zip(sources, (a, b), strict=True)]
    first, second = (
        score_run(
            each,
            [named],
            at_hand=at_hand(each, store, asked and remembering(asked, each.scores), cases=False),
        )
        for each in sources
    )
    compared = compare_runs(first, second, scorer=named, draws=draws, seed=seed)
    if as_json:
        emit_json(compared.as_json())
        return
    show_comparison(compared, flips=flips)


def show_comparison(compared: Comparison, *, flips: int) -> None:
    """The difference, by task, by tool, and row by row."""
    for reason in compared.left_out:
        named = ", ".join(qid for qid, _ in reason.runs[:3])
        more = " …" if len(reason.runs) > 3 else ""
        say(f"left out: {reason.counted} ({named}{more})")
    for told in compared.made_differently:
        say(f"made differently: {told}")
    emit(f"A = {compared.a_name}, B = {compared.b_name}, by {compared.scorer}")
    patients = counted(compared.overall.test.clusters, "patient")
    emit(f"{counted(compared.rows, 'row')}, {patients}\n")
    columns = ("task", "A", "B", "B - A", "95 % interval", "p", "p (Holm)", "detectable", "rows")
    each_task = compared.tasks if len(compared.tasks) > 1 else ()
    table(columns, [_line(each) for each in (compared.overall, *each_task)], right=columns[1:])
    emit("")
    emit(verdict(compared))
    if compared.overall.test.note is not None:
        emit(f"Note: {compared.overall.test.note}.")
    if compared.tools:
        emit("")
        _show_tools(compared)
    _show_flips(compared, most=flips)


def verdict(compared: Comparison) -> str:
    """What the numbers say, in a sentence."""
    test = compared.overall.test
    points = f"{100 * test.difference:+.1f} points"
    mcnemar = f"; McNemar p = {test.mcnemar:.4f}" if test.mcnemar is not None else ""
    if test.p < 0.05 and test.difference:
        better = "B is better than A" if test.difference > 0 else "B is worse than A"
        return f"{better}: {points}, p = {test.p:.4f}{mcnemar}."
    told = f"No difference was shown: {points}, p = {test.p:.4f}{mcnemar}."
    if test.detectable is None:
        return told
    if test.detectable > 1:
        return f"{told} These are too few patients to find any difference, even one of 100 points."
    return f"{told} One of {100 * test.detectable:.1f} points would have been seen 4 times in 5."


def _line(each: TaskComparison) -> tuple[object, ...]:
    test = each.test
    bounds = (
        None
        if test.low is None or test.high is None
        else f"{100 * test.low:+.1f} to {100 * test.high:+.1f}"
    )
    return (
        each.task,
        f"{100 * each.a:.1f}",
        f"{100 * each.b:.1f}",
        f"{100 * test.difference:+.1f}",
        bounds,
        f"{test.p:.4f}",
        None if each.p_holm is None else f"{each.p_holm:.4f}",
        None if test.detectable is None else _points(test.detectable),
        test.n,
    )


def _points(detectable: float) -> str:
    """A difference in points; above 100 there is none to be found."""
    return f"{100 * detectable:.1f}" if detectable <= 1 else "> 100"


def _show_tools(compared: Comparison) -> None:
    columns = ("tool", "A calls", "B calls", "A share", "B share", "A refused", "B refused")
    lines = [
        (each.tool, each.a_calls, each.b_calls, f"{100 * each.a_share:.1f} %",
         f"{100 * each.b_share:.1f} %", each.a_refused, each.b_refused)
        for each in compared.tools
    ]  # fmt: skip
    table(columns, lines, right=columns[1:])


def _show_flips(compared: Comparison, *, most: int) -> None:
    gained = sum(flip.direction == "gained" for flip in compared.flips)
    lost = len(compared.flips) - gained
    if not compared.flips:
        return
    emit(f"\nFlipped: {gained} gained, {lost} lost")
    lines = [
        (flip.qid, flip.epoch, flip.task, f"{100 * flip.a:.0f}", f"{100 * flip.b:.0f}",
         flip.b_explanation)
        for flip in compared.flips[:most]
    ]  # fmt: skip
    if lines:
        table(("qid", "epoch", "task", "A", "B", "why B"), lines, right=("epoch", "A", "B"))
    if len(compared.flips) > most:
        emit(f"{len(compared.flips) - most} more: --flips N, or --json")
