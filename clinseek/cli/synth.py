"""`clinseek synth`: a synthetic cohort in the form of a MIMIC-IV download."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, live_line

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.synthetic import SynthProgress, SynthReport


def register(app: typer.Typer) -> None:
    """Add `synth`."""
    app.command("synth", rich_help_panel="Make a store")(synth)


def synth(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new or empty folder.")],
    patients: Annotated[
        int, typer.Option("--patients", metavar="N", min=1, help="How many the cohort has.")
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Same seed, same bytes.")] = 0,
    outcomes: Annotated[
        Literal["dependent", "independent"],
        typer.Option(
            metavar="HOW",
            help="dependent: outcomes follow the course of illness. independent: they are drawn "
            "apart from which rows and cells exist, for proofs of validity.",
        ),
    ] = "dependent",
    images: Annotated[
        bool,
        typer.Option(
            "--images",
            help="Chest films too, in the shape of MIMIC-CXR-JPG: drawings, with reports and "
            "labels. Needs the imaging extra.",
        ),
    ] = False,
    dicom: Annotated[
        bool, typer.Option("--dicom", help="Each film as DICOM as well; takes --images with it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make up a MIMIC-IV-shaped cohort: every table of hosp, icu, ed and note as raw csv.gz.

    [dim]clinseek synth --patients 100 --seed 4 --out raw && clinseek ingest raw --out STORE[/dim]
    [dim]clinseek synth --images --out raw[/dim]

    No row is of a real person, and no film: they are drawings, and say so in their margin.
    """
    from clinseek.toolkits.ehr.synthetic import synthesise

    with synth_progress() as progress:
        report = synthesise(
            out, patients=patients, seed=seed, outcomes=outcomes, images=images, dicom=dicom,
            progress=progress,
        )  # fmt: skip
    if as_json:
        emit_json({**asdict(report), "rows": report.rows})
        return
    emit(synth_line(report))
    raw, codes = shlex.quote(str(out)), shlex.quote(str(out / "codes"))
    emit(f"next: clinseek ingest {raw} --codes {codes} --out STORE")


def synth_line(report: SynthReport) -> str:
    """What was made, on one line."""
    films = report.films
    drawn = "" if films is None else (
        f"{films.studies:,} chest studies of {films.images:,} images ({films.bytes / 1e6:.1f} MB), "
    )  # fmt: skip
    return (
        f"{report.out}: {report.patients:,} patients, {report.rows:,} rows in "
        f"{len(report.row_counts)} tables, {drawn}{report.seconds:.1f} s"
    )


@contextmanager
def synth_progress() -> Iterator[Callable[[SynthProgress], None]]:
    """A live line on stderr: patients made so far, and the time left."""
    with live_line("drawing the cohort") as tell:
        yield lambda progress: tell(progress_line(progress))


def progress_line(progress: SynthProgress) -> str:
    """The line that says how far the cohort is."""
    left = progress.seconds / progress.patients * (progress.total - progress.patients)
    images = f"{progress.images:,} images, " if progress.images else ""
    return (
        f"patient {progress.patients:,} of {progress.total:,}: {progress.rows:,} rows, "
        f"{images}{left:.0f} s left"
    )
