"""`clinseek ingest`: a raw MIMIC download into a store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import console, counted, emit, emit_json, say, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinseek.toolkits.ehr.store import IngestProgress, IngestReport
    from clinseek.toolkits.ehr.store.cxr.columns import Part

SECONDS_BETWEEN_LINES = 5.0
LISTED = 8
"""Names of strays and missing tables that are printed before `and N more`."""

_WITHOUT: dict[Part, str] = {
    "split": "split",
    "chexpert": "the labels of CheXpert",
    "negbio": "the labels of NegBio",
}


def register(app: typer.Typer) -> None:
    """Add `ingest`."""
    app.command("ingest", rich_help_panel="Make a store")(ingest)


def ingest(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Folders with hosp, icu, ed, note, or MIMIC-CXR."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="STORE", envvar="CLINSEEK_STORE", help="The store."),
    ],
    subjects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Only these patients: a file with one subject_id a line."
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="CLINSEEK_CODES", help="Code tables (CCS) for candidate lists."
        ),
    ] = None,
    vocabulary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE.csv", help="A candidate list of your own: columns code,title."
        ),
    ] = None,
    candidate_db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A published candidate_table.db: its candidate lists."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell the time and the disk that it would take.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a store of raw MIMIC-IV, MIMIC-IV-ED, MIMIC-IV-Note and MIMIC-CXR(-JPG) folders.

    [dim]clinseek ingest ~/mimiciv/3.1 ~/mimic-iv-ed/2.2 --out STORE[/dim]

    Files may be .csv or .csv.gz. X-rays stay where they are: the store has their paths. Run again
    with a folder more, it adds that one's tables. Killed at any moment and run again, it goes on by
    table. Broken rows go to STORE/rejected with their line and reason.
    """
    from clinseek.toolkits.ehr.candidates.supplied import with_supplied
    from clinseek.toolkits.ehr.store import ingest as ingest_store

    _check_named(subjects, codes)
    with (
        with_supplied(codes, vocabularies=vocabulary or (), candidate_db=candidate_db) as lists,
        ingest_progress() as progress,
    ):
        report = ingest_store(
            sources, out, subjects=subjects, codes=lists, dry_run=dry_run, progress=progress
        )
    if as_json:
        emit_json(_as_json(report))
    else:
        show_report(report)


def _check_named(subjects: Path | None, codes: Path | None) -> None:
    """What was named beside the folders is there; SettingError with the option otherwise."""
    from clinseek.errors import SettingError

    if subjects is not None and not subjects.is_file():
        raise SettingError(
            f"--subjects {subjects}: there is no such file; name a text file with one subject_id a "
            "line, or leave the option out to take every patient"
        )
    if codes is not None and not codes.is_dir():
        raise SettingError(
            f"--codes {codes}: there is no such folder; name the one that holds the code tables "
            "(CCS, CCSR), or leave the option out and CLINSEEK_CODES unset"
        )


@contextmanager
def ingest_progress() -> Iterator[Callable[[IngestProgress], None]]:
    """A live line on stderr: the table, rows so far, rows a second, time left."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        yield _PlainLines()
        return
    with drawn.status("reading the folders") as status:

        def tell(progress: IngestProgress) -> None:
            status.update(progress_line(progress))

        yield tell


class _PlainLines:
    """Progress for a log file: a line when the work begins, and one every few seconds."""

    def __init__(self) -> None:
        self._told = float("-inf")

    def __call__(self, progress: IngestProgress) -> None:
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            say(progress_line(progress))


def progress_line(progress: IngestProgress) -> str:
    """The line that says where an ingest stands."""
    left = "" if progress.seconds_left is None else f", {_duration(progress.seconds_left)} left"
    return f"{progress.table}: {progress.rows:,} rows, {progress.rows_per_second:,.0f} rows/s{left}"


def show_report(report: IngestReport) -> None:
    """The closing table, and beneath it all that a person should know of what was left out."""
    table(
        ("module", "table", "rows", "rejected", "left out", "seconds"),
        [
            (
                each.module,
                each.table,
                each.rows,
                each.rejected or None,
                (each.unlisted + each.unselected) or None,
                "kept" if each.kept else f"{each.seconds:.1f}",
            )
            for each in report.tables
        ],
        right=("rows", "rejected", "left out", "seconds"),
    )
    emit("")
    for line in closing_lines(report):
        emit(line)


def closing_lines(report: IngestReport) -> Iterator[str]:
    """What the closing table cannot say, one sentence a line."""
    if report.missing:
        yield f"missing (served as absent): {_listed(report.missing)}"
    yield from _of_images(report)
    unknown = [
        f"{each.table}.{column}" for each in report.tables for column in each.unknown_columns
    ]
    if unknown:
        yield f"unknown columns (never served): {_listed(unknown)}"
    if report.unknown_tables:
        yield f"unknown tables (never served): {_listed(report.unknown_tables)}"
    if report.strays:
        yield f"strays (skipped): {_listed(report.strays)}"
    bare = [
        f"{count:,} in {each.table}.{column}"
        for each in report.tables
        for column, count in each.bare_dates.items()
    ]
    if bare:
        yield f"times that were bare dates (put at the end of the day): {_listed(bare)}"
    if report.absent_subjects:
        yield f"asked for and not found: {_listed(report.absent_subjects)}"
    if report.rejected:
        where = report.store / "rejected"
        yield f"broken rows: {report.rejected:,}, each with its line and reason in {where}"
    yield _summary(report)


def _of_images(report: IngestReport) -> Iterator[str]:
    """What is there of MIMIC-CXR beside its rows, and what is not."""
    cxr = report.cxr
    if cxr is None:
        return
    where = "none was seen below the folders" if cxr.images is None else f"seen below {cxr.images}"
    root = "" if cxr.images is None else ", the image root of image tools"
    yield f"X-ray images ({cxr.ending}) stay where they are: {where}{root}"
    empty = [said for part, said in _WITHOUT.items() if part in cxr.missing]
    if cxr.reports is None and "study-list" in cxr.missing:
        empty.append("report_path (no report was seen, nor cxr-study-list.csv.gz)")
    if empty:
        yield f"empty in cxr, for want of a file: {', '.join(empty)}"


def _summary(report: IngestReport) -> str:
    amount = f"{counted(report.rows, 'row')} of {counted(report.subjects, 'patient')}"
    size = f"{report.disk_bytes / 1e6:,.1f} MB"
    if report.dry_run:
        working = f"{report.working_bytes / 1e6:,.1f} MB"
        return (
            f"dry run, nothing written: about {amount}, {_duration(report.seconds)}, "
            f"{size} of disk and {working} more while it works"
        )
    if report.already_complete:
        return f"{report.store} was complete already: {amount}, {size}"
    return f"{report.store}: {amount}, {size}, {_duration(report.seconds)}"


def _listed(names: Any) -> str:
    told = [str(name) for name in names]
    more = f" and {len(told) - LISTED} more" if len(told) > LISTED else ""
    return ", ".join(told[:LISTED]) + more


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h"


def _as_json(report: IngestReport) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(report), "rows": report.rows, "rejected": report.rejected}
