"""`clinseek probe`: how well the headline outcomes can be read off the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.audit import NamedStoreArgument
from clinseek.cli.options import JsonOption
from clinseek.cli.output import console, emit, emit_json, say, table, warn_of
from clinseek.settings import cores

if TYPE_CHECKING:
    from clinseek.validity.probe.report import ProbeReport
    from clinseek.validity.probe.run import Progress

FAILED = 1
SECONDS_BETWEEN_LINES = 15.0


def register(app: typer.Typer) -> None:
    """Add `probe`."""
    app.command("probe", rich_help_panel="Check the claim")(probe)


def list_outcomes(wanted: bool) -> None:
    """With --list: the outcomes that can be asked for, and nothing else."""
    if not wanted:
        return
    from clinseek.validity.probe import words

    table(words.OUTCOME_COLUMNS, words.outcome_rows())
    raise typer.Exit


def probe(
    store: NamedStoreArgument,
    profiles: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="PROFILE",
            help="available, strict, event or reference (repeatable); without it, available and "
            "reference side by side.",
        ),
    ] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="NAME",
            help="Only this outcome (repeatable): one of --list. One that the store's tables "
            "cannot give is named and skipped, never passed.",
        ),
    ] = None,
    listed: Annotated[  # noqa: ARG001
        bool,
        typer.Option(
            "--list", is_eager=True, callback=list_outcomes, help="List the outcomes, and end."
        ),
    ] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", help="So many patients; without it, all.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="S",
            help="Decides by lot which patients --sample takes, on which half of them the model "
            "of structure is fitted, and how answers are permuted.",
        ),
    ] = 0,
    independent: Annotated[
        bool,
        typer.Option(
            "--independent",
            help="You state that the store is of synth --outcomes independent (a store does not "
            "say it): a signal in structure is a leak, and fails. Not with --direct-only.",
        ),
    ] = False,
    direct_only: Annotated[
        bool, typer.Option("--direct-only", help="Look-ups only: no structure, no scikit-learn.")
    ] = False,
    look_ups: Annotated[
        bool, typer.Option("--look-ups", help="Also a table of every look-up.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw it too: .png or .svg.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="J", min=0, help="Processes; 0: one a core.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Try to read outcomes off the record instead of predicting them.

    [dim]clinseek probe STORE[/dim]
    [dim]clinseek probe STORE --profile available --outcome los_7d --look-ups[/dim]
    [dim]clinseek synth --patients 1000 --outcomes independent --out raw[/dim]
    [dim]clinseek ingest raw --out IND && clinseek probe IND --independent[/dim]

    Asked at the published prediction times: look-ups that a lazy agent would try (dischtime, dod,
    los, disposition, DRG, ids, ...), and a model on what is present and what is NULL. Under
    available and strict nothing may be found.

    Ends with 0 where nothing was, or where only event or reference was asked (no verdict); with 1
    where something was found or a look-up failed, which proves nothing; with 2 where nothing could
    be asked: no outcome that the store's tables can give, no question, no case that opens.
    """
    from clinseek.validity.probe.report import as_json as report_as_json
    from clinseek.validity.probe.run import PROFILES
    from clinseek.validity.probe.run import probe as run

    if picture is not None:
        from clinseek.validity.probe.picture import check_picture

        check_picture(picture)
    with probe_progress() as progress:
        report = run(
            store,
            profiles=profiles or PROFILES,
            outcomes=outcomes or (),
            sample=sample,
            seed=seed,
            structure=not direct_only,
            independent=independent,
            jobs=jobs or cores(),
            progress=progress,
        )
    for profile in report.profiles:
        warn_of(profile)
    if picture is not None:
        from clinseek.validity.probe.picture import draw

        draw(report, picture)
    if as_json:
        emit_json(report_as_json(report))
    else:
        show_report(report, look_ups=look_ups)
    if report.holds is False:
        raise typer.Exit(FAILED)


def show_report(report: ProbeReport, *, look_ups: bool) -> None:
    """The table of outcomes, if wanted that of look-ups, and what they cannot say."""
    from clinseek.validity.probe import notes, words

    columns = words.COLUMNS + (words.STRUCTURE_COLUMNS if report.structure else ())
    table(columns, words.table_rows(report), right=words.NUMBERS)
    if look_ups:
        emit("")
        table(words.LOOK_UP_COLUMNS, words.look_up_rows(report), right=words.LOOK_UP_NUMBERS)
    emit("")
    for line in notes.note_lines(report):
        emit(line)


@contextmanager
def probe_progress() -> Iterator[Callable[[Progress], None]]:
    """A live line on stderr, or in a log file a line now and then."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        told = time.monotonic()

        def tell(progress: Progress) -> None:
            nonlocal told
            if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                say(progress_line(progress))

        yield tell
        return
    with drawn.status("opening the store") as status:
        yield lambda progress: status.update(progress_line(progress))


def progress_line(progress: Progress) -> str:
    """The line that says where a probe stands, and how long this stage goes on."""
    from clinseek.validity.probe.notes import counted

    left = progress.seconds / progress.done * (progress.total - progress.done)
    if progress.stage == "patients":
        return (
            f"patient {progress.done:,} of {progress.total:,}: {counted(progress.cases, 'case')}, "
            f"about {left:.0f} s left"
        )
    return f"structure {progress.done:,} of {progress.total:,} tested, about {left:.0f} s left"
