"""What the commands of `clinseek traces` have in common."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinseek.training.splits import PatientSplit
    from clinseek.training.traces.folder import TraceFolder
    from clinseek.training.traces.lengths import Length

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
TemplateOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A chat template (.jinja) instead of the tokenizer's own."),
]
NamesOption = Annotated[
    Literal["wire", "dotted"],
    typer.Option(help="Tool names as hosts are sent them (ehr_finish), or as records have."),
]
LastTurnsOption = Annotated[
    int | None, typer.Option(min=1, metavar="K", help="Loss on the last K turns alone.")
]
ErrorsOption = Annotated[
    Literal["train", "skip"], typer.Option(help="skip: no loss on turns with a refused call.")
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


def trace_folder(path: Path) -> TraceFolder:
    """The folder of traces at `path`. SettingError where there is none."""
    from clinseek.training.traces.folder import TraceFolder, is_trace_folder

    if not is_trace_folder(path):
        raise SettingError(
            f"{path}: no folder of traces; clinseek traces filter RUN --out KEPT makes one"
        )
    return TraceFolder(path)


def patient_split(
    split: str, held_out: Sequence[Path] | None, *, validation: float = 0.02
) -> PatientSplit:
    """The split that is asked for; `held_out` are files of rows."""
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


def length_by(tokenizer: Path | None, template: Path | None = None) -> Length:
    """What counts tokens: a tokenizer folder, or an estimate."""
    from clinseek.training.traces.lengths import EstimatedLength

    if tokenizer is None:
        return EstimatedLength()
    from clinseek.training.rendering import RenderedLength, Renderer, Tokenizer

    return RenderedLength(Renderer(Tokenizer.of_folder(tokenizer, template=template)))


def quoted(path: Path) -> str:
    """A path as a shell takes it."""
    return shlex.quote(str(path))
