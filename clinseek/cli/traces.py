"""`clinseek traces`: from runs to what a student learns from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say, table
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinseek.training.filters import FilterReport
    from clinseek.training.filters.together import Balance
    from clinseek.training.refining import RefineReport
    from clinseek.training.splits import PatientSplit
    from clinseek.training.traces.folder import TraceFolder
    from clinseek.training.traces.lengths import Length

app = typer.Typer(
    name="traces",
    help="Traces: import, filter, refine and export runs for training; show what is trained.",
    no_args_is_help=True,
)

OutOption = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")]
ManifestOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The rows of a published file: its benchmark, with the labels."
    ),
]
TokenizerOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Count tokens with this tokenizer; without it they are estimated."
    ),
]
HeldOutOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--held-out",
        metavar="ROWS",
        help="Benchmark rows whose patients are for testing (repeatable).",
    ),
]
SplitOption = Annotated[
    Literal["benchmarks", "held-out"],
    typer.Option(
        help="Who is for testing: 15 % of the patients by hash, as in the benchmarks made here, "
        "and those of --held-out; or those of --held-out alone."
    ),
]


def register(main: typer.Typer) -> None:
    """Add `traces`."""
    main.add_typer(app, name="traces", rich_help_panel="Train")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSONL file of runs.")],
    out: OutOption,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read published results or trajectories, or conversations in OpenAI's form, as traces.

    [dim]clinseek traces import clinseek_trajectories.jsonl --out traces[/dim]
    """
    from clinseek.training.traces.importing import import_traces

    imported = import_traces(file, out, manifest=manifest)
    for remark in imported.remarks:
        say(remark)
    if as_json:
        emit_json({"out": out, "traces": imported.traces, "patients": imported.patients})
        return
    emit(f"{out}: {imported.traces:,} traces of {imported.patients:,} patients")
    emit(f"next: clinseek traces filter {_quoted(out)} --out KEPT")


@app.command("filter")
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
    max_tokens: Annotated[int | None, typer.Option(min=1, metavar="N")] = None,
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
        split=_split(split, held_out),
        length=_length(tokenizer),
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
    emit(f"next: clinseek traces export {_quoted(out)} --format trl --out DATA")


def _balance(per_task: str | None) -> Balance:
    if per_task is None:
        return "none"
    if per_task == "equal":
        return "equal"
    if not per_task.isdecimal() or int(per_task) < 1:
        raise SettingError(f"--per-task {per_task!r}: a whole number from 1, or `equal`")
    return int(per_task)


def _split(
    split: str, held_out: Sequence[Path] | None, *, validation: float = 0.02
) -> PatientSplit:
    from clinseek.evals.rows import read_rows
    from clinseek.training.splits import BenchmarkSplit, HeldOutSplit

    rows = [row for file in held_out or () for row in read_rows(file)]
    named = frozenset(row.subject_id for row in rows if row.subject_id is not None)
    if split == "benchmarks":
        return BenchmarkSplit(named)
    if not named:
        raise SettingError(
            "--split held-out: name the rows whose patients are for testing with --held-out ROWS"
        )
    return HeldOutSplit(named, validation=validation)


def _length(tokenizer: Path | None) -> Length:
    from clinseek.training.traces.lengths import EstimatedLength

    if tokenizer is None:
        return EstimatedLength()
    from clinseek.training.rendering import RenderedLength, Renderer, Tokenizer

    return RenderedLength(Renderer(Tokenizer.of_folder(tokenizer)))


@app.command("refine")
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
    reasoning_chars: Annotated[int, typer.Option(min=1, metavar="N")] = 2_000,
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
        _folder(kept),
        out,
        settings=RefineSettings(
            redundant=redundant, failed=failed, reasoning=reasoning,
            reasoning_chars=reasoning_chars, unreplayed=unreplayed,
        ),
        store=None if no_replay else store,
        jobs=jobs or _jobs(_folder(kept).about.traces, replays=not no_replay),
    )  # fmt: skip
    if as_json:
        emit_json({"out": out, **report.model_dump(mode="json")})
        return
    _tell_refined(report, out)


def _jobs(traces: int, *, replays: bool) -> int:
    """The cores, but no more processes than there is work for."""
    import os

    return max(1, min(os.cpu_count() or 1, 8, traces // 32)) if replays else 1


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
    emit(f"next: clinseek traces export {_quoted(out)} --format trl --out DATA")


@app.command("export")
def export(
    kept: Annotated[Path, typer.Argument(metavar="KEPT", help="A folder of traces.")],
    out: OutOption,
    form: Annotated[
        Literal["openai", "trl", "unsloth", "parquet"],
        typer.Option("--format", help="parquet: train.parquet and val.parquet, as verl reads."),
    ] = "trl",
    max_tokens: Annotated[
        int, typer.Option(min=0, metavar="N", help="The longest example; 0: no limit.")
    ] = 52_000,
    long: Annotated[
        Literal["drop", "window", "whole"],
        typer.Option(help="Longer traces: left out, in windows at turn borders, or whole."),
    ] = "drop",
    names: Annotated[
        Literal["wire", "dotted"],
        typer.Option(help="Tool names as hosts are sent them (ehr_finish), or as records have."),
    ] = "wire",
    last_turns: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Loss on the last K turns alone.")
    ] = None,
    errors: Annotated[
        Literal["train", "skip"], typer.Option(help="skip: no loss on turns with a refused call.")
    ] = "train",
    validation_share: Annotated[
        float, typer.Option(min=0, max=0.9, help="Of the patients, with --split held-out.")
    ] = 0.02,
    held_out: HeldOutOption = None,
    split: SplitOption = "benchmarks",
    tokenizer: TokenizerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write traces as a dataset for a trainer, parted by patient, with its card.

    [dim]clinseek traces export KEPT --format trl --out DATA[/dim]

    It holds patient data where the runs are of patients.
    """
    from clinseek.training.exporting import ExportSettings, export_traces, length_told

    report = export_traces(
        _folder(kept),
        out,
        settings=ExportSettings(
            form=form, max_tokens=max_tokens or None, long=long, names=names,
            last_turns=last_turns, errors=errors,
        ),
        split=_split(split, held_out, validation=validation_share),
        length=_length(tokenizer),
    )  # fmt: skip
    if as_json:
        emit_json({"out": out, **report.model_dump(mode="json")})
        return
    for part in ("train", "validation"):
        emit(
            f"{part}: {report.examples.get(part, 0):,} examples of "
            f"{report.patients.get(part, 0):,} patients, {report.tokens.get(part, 0):,} tokens"
        )
    emit(f"split: {report.split}")
    emit(f"length: {length_told(report)}")
    if others := {why: n for why, n in report.dropped.items() if why != "too long"}:
        emit("left out: " + ", ".join(f"{n:,} {why}" for why, n in others.items()))
    if report.windowed:
        emit(f"in windows: {report.windowed:,} traces")
    emit(f"{out}: tokens by {report.length}; its card is {out / 'README.md'}")


def _folder(path: Path) -> TraceFolder:
    from clinseek.training.traces.folder import TraceFolder, is_trace_folder

    if not is_trace_folder(path):
        raise SettingError(
            f"{path}: no folder of traces; clinseek traces filter RUN --out KEPT makes one"
        )
    return TraceFolder(path)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
