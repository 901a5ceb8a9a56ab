"""`clinseek traces filter`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say, table
from clinseek.cli.traces.options import (
    HeldOutOption,
    ManifestOption,
    OutOption,
    SplitOption,
    TokenizerOption,
    length_by,
    patient_split,
    quoted,
)
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.training.filters import FilterReport
    from clinseek.training.filters.together import Balance


def filter_(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="Run folders, folders of traces, or files of published results."
        ),
    ],
    out: OutOption,
    score: Annotated[
        float | None, typer.Option(min=0, max=1, help="The least score; 0 keeps all.")
    ] = 1.0,
    grounded: Annotated[
        float,
        typer.Option(min=0, max=1, help="The least share of items that stand on what they cite."),
    ] = 1.0,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="Profiles that runs may be made under, or any. [available, strict]"),
    ] = None,
    repaired: Annotated[
        Literal["drop", "keep"], typer.Option(help="Runs whose calls the harness mended.")
    ] = "drop",
    condensed: Annotated[
        Literal["drop", "keep"],
        typer.Option(help="Runs in which observations gave way to make room."),
    ] = "keep",
    incomplete: Annotated[
        Literal["drop", "keep"], typer.Option(help="Runs that did not end by their finish call.")
    ] = "drop",
    max_tokens: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The most tokens of one trace.")
    ] = None,
    best_of_epochs: Annotated[
        bool, typer.Option("--best-of-epochs", help="Of several runs of a row keep the best.")
    ] = False,
    per_task: Annotated[
        str | None, typer.Option(metavar="N|equal", help="The most traces of one task.")
    ] = None,
    test_patients: Annotated[
        Literal["refuse", "drop"],
        typer.Option(help="What to do where a trace is of a patient of the test split."),
    ] = "refuse",
    unknown_patients: Annotated[
        Literal["drop", "keep"], typer.Option(help="Traces that name no patient.")
    ] = "drop",
    held_out: HeldOutOption = None,
    split: SplitOption = "benchmarks",
    tokenizer: TokenizerOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the runs worth learning from, and say what each filter took and why.

    [dim]clinseek traces filter RUN --out KEPT[/dim]

    KEPT/report.html shows the counts, examples of what was thrown out, and lengths.
    """
    from clinseek.training.filters import FilterSettings, filter_traces
    from clinseek.training.filters.settings import SEES_NOTHING_AHEAD
    from clinseek.training.traces import trace_source

    profiles = tuple(profile or SEES_NOTHING_AHEAD)
    settings = FilterSettings(
        test_patients=test_patients,
        unknown_patients=unknown_patients,
        complete=incomplete == "drop",
        score=score or None,
        grounded=grounded or None,
        profiles=() if "any" in profiles else profiles,
        repaired=repaired,
        condensed=condensed,
        max_tokens=max_tokens,
        best_of_epochs=best_of_epochs,
        balance=_balance(per_task),
    )
    report = filter_traces(
        [trace_source(run, manifest=manifest if run.is_file() else None) for run in runs],
        out,
        settings=settings,
        split=patient_split(split, held_out),
        length=length_by(tokenizer),
    )
    _tell_filtered(report, out, as_json=as_json)


def _tell_filtered(report: FilterReport, out: Path, *, as_json: bool) -> None:
    for remark in report.remarks:
        say(remark)
    if as_json:
        emit_json({"out": out, **report.model_dump(mode="json")})
        return
    table(
        ["filter", "before", "after", "thrown out"],
        [
            (step.name, step.before, step.after,
             ", ".join(f"{reason} {n:,}" for reason, n in step.reasons.items()) or None)
            for step in report.steps
        ],
        right=["before", "after"],
    )  # fmt: skip
    emit(
        f"{out}: {report.kept:,} of {report.read:,} traces, of {report.patients:,} patients, "
        f"{report.total_tokens:,} tokens by {report.length}"
    )
    emit(f"next: clinseek traces export {quoted(out)} --format trl --out DATA")


def _balance(per_task: str | None) -> Balance:
    if per_task is None:
        return "none"
    if per_task == "equal":
        return "equal"
    if not per_task.isdecimal() or int(per_task) < 1:
        raise SettingError(f"--per-task {per_task!r}: a whole number from 1, or `equal`")
    return int(per_task)
