"""`clinseek traces export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say
from clinseek.cli.traces.options import (
    ErrorsOption,
    HeldOutOption,
    LastTurnsOption,
    NamesOption,
    OutOption,
    SplitOption,
    TemplateOption,
    length_by,
    patient_split,
    trace_folder,
)
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.training.exporting import Tokenised


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
    names: NamesOption = "wire",
    last_turns: LastTurnsOption = None,
    errors: ErrorsOption = "train",
    validation_share: Annotated[
        float, typer.Option(min=0, max=0.9, help="Of the patients, with --split held-out.")
    ] = 0.02,
    held_out: HeldOutOption = None,
    split: SplitOption = "benchmarks",
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The student's tokenizer: counts tokens, checks that its template gives each "
            "trace back, and writes tokens with their labels too (DIR/tokens).",
        ),
    ] = None,
    template: TemplateOption = None,
    serving_template: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the student is served with. [that it trains with]"),
    ] = None,
    unfaithful: Annotated[
        Literal["stop", "drop"], typer.Option(help="Traces that the template does not give back.")
    ] = "stop",
    as_json: JsonOption = False,
) -> None:
    """Write traces as a dataset for a trainer, parted by patient, with its card.

    [dim]clinseek traces export KEPT --format trl --out DATA[/dim]

    It holds patient data where the runs are of patients.
    """
    from clinseek.training.exporting import ExportSettings, export_traces, length_told

    tokenised = _tokenised(tokenizer, template, serving_template, unfaithful)
    report = export_traces(
        trace_folder(kept),
        out,
        settings=ExportSettings(
            form=form, max_tokens=max_tokens or None, long=long, names=names,
            last_turns=last_turns, errors=errors,
        ),
        split=patient_split(split, held_out, validation=validation_share),
        length=length_by(tokenizer, template),
        tokenised=tokenised,
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
    if report.unknown_patients:
        say(
            f"warning: of {report.unknown_patients:,} traces the patient is not known; they may be "
            "of patients of the test split"
        )
    emit(f"length: {length_told(report)}")
    if others := {why: n for why, n in report.dropped.items() if why != "too long"}:
        emit("left out: " + ", ".join(f"{n:,} {why}" for why, n in others.items()))
    if report.windowed:
        emit(f"in windows: {report.windowed:,} traces")
    emit(f"{out}: tokens by {report.length}; its card is {out / 'README.md'}")


def _tokenised(
    folder: Path | None,
    template: Path | None,
    serving: Path | None,
    unfaithful: Literal["stop", "drop"],
) -> Tokenised | None:
    if folder is None:
        if template is not None or serving is not None:
            raise SettingError("a template needs its tokenizer: name its folder with --tokenizer")
        return None
    from clinseek.training.exporting import Tokenised
    from clinseek.training.rendering import Fidelity, Renderer, Tokenizer

    renderer = Renderer(Tokenizer.of_folder(folder, template=template))
    served = None if serving is None else Tokenizer.of_folder(folder, template=serving).template
    return Tokenised(renderer, Fidelity(renderer, serving=served), unfaithful)
