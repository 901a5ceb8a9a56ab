"""`clinseek traces refine`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say
from clinseek.cli.traces.options import OutOption, quoted, trace_folder
from clinseek.errors import SettingError
from clinseek.settings import cores

if TYPE_CHECKING:
    from clinseek.training.refining import RefineReport


def refine(
    kept: Annotated[Path, typer.Argument(metavar="KEPT", help="A folder of traces.")],
    out: OutOption,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            "-s",
            metavar="STORE",
            envvar="CLINSEEK_STORE",
            help="The store of the runs, on which each call that is left is made again.",
        ),
    ] = None,
    no_replay: Annotated[
        bool, typer.Option("--no-replay", help="Make no call again: the traces stay unproved.")
    ] = False,
    redundant: Annotated[
        Literal["none", "repeated", "unused"],
        typer.Option(
            help="Calls to take out: none; those made before with the same answer; or those, and "
            "calls whose result was neither cited nor built upon."
        ),
    ] = "unused",
    failed: Annotated[
        Literal["keep", "drop"], typer.Option(help="Calls that were refused.")
    ] = "keep",
    reasoning: Annotated[
        Literal["keep", "cut", "drop"], typer.Option(help="What the model thought.")
    ] = "keep",
    reasoning_chars: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Of --reasoning cut: characters that a turn keeps."),
    ] = 2_000,
    unreplayed: Annotated[
        Literal["keep", "drop"],
        typer.Option(help="Traces with calls that cannot be made again (browser, images)."),
    ] = "keep",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes. [the cores]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take out of traces what taught nothing, and prove what is left on the real record.

    [dim]clinseek traces refine KEPT --store STORE --out REFINED[/dim]

    Each edit stands in its trace. A trace of which a call does not give the same again is dropped.
    """
    from clinseek.training.refining import RefineSettings, refine_traces

    if store is None and not no_replay:
        raise SettingError(
            "every call that is left is made again on the record: name the store of the runs with "
            "--store, or say --no-replay"
        )
    report = refine_traces(
        trace_folder(kept),
        out,
        settings=RefineSettings(
            redundant=redundant, failed=failed, reasoning=reasoning,
            reasoning_chars=reasoning_chars, unreplayed=unreplayed,
        ),
        store=None if no_replay else store,
        jobs=jobs or _jobs(trace_folder(kept).about.traces, replays=not no_replay),
    )  # fmt: skip
    if as_json:
        emit_json({"out": out, **report.model_dump(mode="json")})
        return
    _tell_refined(report, out)


def _jobs(traces: int, *, replays: bool) -> int:
    """The cores, but no more processes than there is work for."""
    return max(1, min(cores(), 8, traces // 32)) if replays else 1


def _tell_refined(report: RefineReport, out: Path) -> None:
    emit(
        f"{out}: {report.kept:,} of {report.read:,} traces, {report.edited:,} of them edited; "
        f"{report.calls_before:,} calls, {report.calls_after:,} left"
    )
    for kind, number in report.edits.items():
        emit(f"  {kind}: {number:,}")
    for why, number in report.left_alone.items():
        say(f"left as they are: {number:,} traces ({why})")
    if report.replayed is None:
        say("nothing was replayed: that the traces are true is not shown")
    else:
        skipped = f"; {report.skipped:,} cannot be made again" if report.skipped else ""
        emit(f"replayed: {report.replayed:,} calls gave the same{skipped}")
    for each in report.examples:
        say(f"dropped: {each.qid}, epoch {each.epoch}: {each.words}")
    emit(f"next: clinseek traces export {quoted(out)} --format trl --out DATA")
