"""`clinseek bench rebuild`: a published benchmark made anew of the sources that it came from."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.bench_suites import refuse_given, tell_counts, tell_prepared
from clinseek.cli.options import JsonOption, StoreOption
from clinseek.cli.output import emit, emit_json, live_line, say, table

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.multimodal import Rebuilt, Split

_NUMBERS = ("read", "rows", "patients")


class SplitChoice(StrEnum):
    """The splits that both sources have."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


def register(bench: typer.Typer) -> None:
    """Add `bench rebuild`."""
    bench.command("rebuild")(rebuild)


def rebuild(
    name: Annotated[  # noqa: ARG001  # there is one so far, and the name says which
        Literal["multimodal"], typer.Argument(metavar="NAME", help="multimodal.")
    ],
    cxr: Annotated[
        list[Path],
        typer.Option(
            "--cxr", metavar="DIR", help="MIMIC-CXR-JPG, and MIMIC-CXR for reports (repeatable)."
        ),
    ],
    store: StoreOption,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")],
    ehrxqa: Annotated[
        Path | None, typer.Option(metavar="DIR", help="EHRXQA 1.0.0, with its answers.")
    ] = None,
    medmod: Annotated[
        Path | None, typer.Option(metavar="DIR", help="What MedMod extracted: lists and stays.")
    ] = None,
    mimic: Annotated[
        list[Path] | None,
        typer.Option(
            "--mimic",
            metavar="DIR",
            help="MIMIC-IV, where STORE is yet to be made or has no X-rays (repeatable).",
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The released mm_bench.jsonl: exactly its rows."),
    ] = None,
    splits: Annotated[
        list[SplitChoice] | None,
        typer.Option("--split", help="Of the sources (repeatable; test). Not with --manifest."),
    ] = None,
    per_task: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Rows of each task of MedMod (125). Not with --manifest."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="K", help="Same seed, same rows (42). Not with --manifest."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make ClinSeek-Bench multimodal of EHRXQA, MedMod and MIMIC-CXR: images, rows, counts.

    [dim]clinseek bench rebuild multimodal --ehrxqa EHRXQA --medmod MEDMOD --cxr MIMIC_CXR_JPG
    --cxr MIMIC_CXR --store STORE --manifest mm_bench.jsonl --out DIR[/dim]

    DIR gets mm_bench.jsonl with its images and reports, rows.jsonl to run, rebuild.json and
    report.json. What is missing is named before anything is made. Where images or reports are
    missing, manifest and sources differ, or rows are broken, what can be asked is written, the
    faults go to stderr, and it exits 1. Formats: docs/data.md.
    """
    from clinseek.evals.benchmarks.multimodal import PER_TASK, SEED, rebuild_multimodal

    if manifest is not None:
        refuse_given(
            {"--split": splits, "--per-task": per_task, "--seed": seed},
            "chooses among the rows of the sources, --manifest gives exactly its own; leave one of "
            "the two out",
        )
    chosen: list[Split] = [choice.value for choice in splits or (SplitChoice.TEST,)]
    with live_line("looking for the sources") as tell:
        made = rebuild_multimodal(
            ehrxqa=ehrxqa, medmod=medmod, cxr=cxr, store=store, out=out, mimic=mimic or (),
            manifest=manifest, splits=chosen,
            per_task=PER_TASK if per_task is None else per_task,
            seed=SEED if seed is None else seed,
            tell=tell, notice=say,
        )  # fmt: skip
    if as_json:
        emit_json(made.as_json())
    else:
        _tell(made)
        rows, asked = shlex.quote(str(made.prepared.file)), shlex.quote(str(made.store))
        emit(f"next: clinseek eval {rows} --store {asked} --model offline --out RUN")
    for fault in made.faults:
        say(f"fault: {fault}")
    if made.faults:
        raise typer.Exit(1)


def _tell(made: Rebuilt) -> None:
    report = made.report
    table(("source", "split", *_NUMBERS), report.parts, right=_NUMBERS)
    for reason, count in report.left_out.most_common():
        emit(f"left out: {count:,}, {reason}")
    if report.patients_of_several_splits:
        emit(f"patients of several splits: {report.patients_of_several_splits:,}")
    tell_counts(made.prepared.report)
    tell_prepared(made.prepared)
