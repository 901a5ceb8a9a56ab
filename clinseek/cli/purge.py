"""`clinseek purge`: every trace of a run, a patient or cases left is removed, and looked for."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.options import JsonOption, read_subject
from clinseek.cli.output import emit, emit_json, say, table
from clinseek.errors import SettingError, ThreadError

if TYPE_CHECKING:
    from clinseek.purging import Purge, Purged, Removal, Searched

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add `purge`."""
    app.command("purge", rich_help_panel="Ask")(purge)


def purge(
    run: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="A thread of `clinseek ask`, or the folder of an eval."),
    ] = None,
    subject: Annotated[
        int | None,
        typer.Option(
            "--subject", "-n", metavar="N", parser=read_subject, help="A patient's subject_id."
        ),
    ] = None,
    cases: Annotated[bool, typer.Option("--cases", help="Cases that nobody closed.")] = False,
    within: Annotated[
        list[Path] | None,
        typer.Option(
            "--in",
            metavar="PLACE",
            help="A folder of evaluations, a cache of answers or a web archive to purge and search "
            "too, beside CLINSEEK_HOME (repeatable).",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove every trace of a run, of a patient or of cases left, and prove it.

    [dim]clinseek purge --subject 10000019 --in runs --dry-run[/dim]
    [dim]clinseek purge --run THREAD --yes[/dim]

    Of a run folder goes what a run made; what else lies there stays, and is named. Afterwards the
    bytes that remain are searched, free pages and logs of SQLite included. Ends with 1 where
    something is left or could not be looked into, and names it. Stores stay as they are.
    """
    places = [_there(place) for place in within or ()]
    with _chosen(run, subject, cases=cases, places=places) as prepared:
        if dry_run:
            _tell_dry(prepared, as_json=as_json)
            return
        if prepared.removals and not yes:
            _ask(prepared)
        purged = prepared.carry_out()
    _tell(prepared, purged, as_json=as_json)
    if not purged.proven:
        raise typer.Exit(1)


def _there(place: Path) -> Path:
    if not place.exists():
        raise SettingError(f"--in {place}: there is no such file or folder")
    return place.resolve()


def _chosen(
    run: str | None, subject: int | None, *, cases: bool, places: Sequence[Path]
) -> AbstractContextManager[Purge]:
    from clinseek import purging

    if (run is not None) + (subject is not None) + cases != 1:
        raise SettingError("name one of --run, --subject and --cases")
    if cases:
        return purging.purge_of_cases()
    if subject is not None:
        return purging.purge_of_patient(subject, places=places)
    assert run is not None
    if not run.strip():
        raise SettingError(
            "--run is empty: name a thread (`clinseek threads` lists them) or a run folder; "
            "nothing was removed"
        )
    if not os.path.isdir(run):  # noqa: PTH112  # never raises, whatever was typed
        return purging.purge_of_thread(run, places=places)
    folder = Path(run).resolve()
    if _is_thread(run):
        raise SettingError(
            f"--run {run}: there is a thread {run!r} and a folder {folder}; nothing was removed. "
            f"For the folder write --run {folder}; for the thread, give the command in a folder "
            f"that holds no {run!r}"
        )
    return purging.purge_of_run_folder(folder, places=places)


def _is_thread(name: str) -> bool:
    from clinseek import kept_threads

    try:
        kept_threads.plan_of(name)
    except ThreadError:
        return False
    return True


def _ask(prepared: Purge) -> None:
    _list(prepared.removals, err=True)
    for line in _staying(prepared.stays):
        say(line)
    if not sys.stdin.isatty():
        raise SettingError("nothing was removed: nobody is there to ask; look, then add --yes")
    if not typer.confirm(f"Remove all of this ({prepared.of})?", err=True):
        say("nothing was removed")
        raise typer.Exit(1)


def _tell_dry(prepared: Purge, *, as_json: bool) -> None:
    if as_json:
        there = _told(prepared.removals)
        told = {"of": prepared.of, "dry_run": True, "there": there, "stays": prepared.stays}
        emit_json(told)
        return
    _list(prepared.removals)
    for line in _staying(prepared.stays):
        emit(line)
    emit(f"{prepared.of}: {len(prepared.removals)} places; nothing was removed (--dry-run)")


def _tell(prepared: Purge, purged: Purged, *, as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                "of": prepared.of,
                "dry_run": False,
                "removed": _told(purged.removed),
                "stays": purged.stays,
                "absent": purged.absent,
                "searched": _told_search(prepared, purged.searched),
                "proven": purged.proven,
            }
        )
        return
    _list(purged.removed)
    emit(f"{prepared.of}: removed from {len(purged.removed)} places")
    for line in _staying(purged.stays):
        emit(line)
    for file in purged.absent:
        emit(f"NOT THERE: {file}, to which a run wrote what it asked of the web; if it was moved, "
             "look there yourself")  # fmt: skip
    _tell_search(prepared, purged.searched)
    if purged.proven and not purged.searched.unread:
        emit("nothing of it is left there")
    elif not purged.searched.left:
        emit("nothing of it is left in what was looked into")


def _staying(stays: Sequence[Path]) -> list[str]:
    """What no run made, a line each."""
    shown = [f"STAYS: {each}, which no run made" for each in stays[:_SHOWN]]
    more = len(stays) - _SHOWN
    return [*shown, f"STAYS: and {more} more"] if more > 0 else shown


def _tell_search(prepared: Purge, searched: Searched) -> None:
    kinds = Counter(mark.what for mark in prepared.marks)
    marks = ", ".join(f"{what} ({many})" if many > 1 else what for what, many in kinds.items())
    where = ", ".join(str(place) for place in prepared.places if place.exists())
    emit(f"searched {searched.files:,} files, {searched.bytes:,} bytes in {where} for: {marks}")
    for place in prepared.passed_over:
        if place.exists():
            emit(f"not searched: {place}")
    for file in searched.unread:
        emit(f"packed, and not looked into: {file}")
    for unseen in searched.unseen[:_SHOWN]:
        emit(f"NOT LOOKED INTO: {unseen.file}: {unseen.what}")
    if len(searched.unseen) > _SHOWN:
        emit(f"NOT LOOKED INTO: and {len(searched.unseen) - _SHOWN} more")
    for found in searched.left[:_SHOWN]:
        emit(f"LEFT: {found.what} stands in {found.file}")
    if len(searched.left) > _SHOWN:
        emit(f"LEFT: and in {len(searched.left) - _SHOWN} more")


def _list(removals: Sequence[Removal], *, err: bool = False) -> None:
    rows = [(each.what, each.many, str(each.where)) for each in removals]
    table(("what", "many", "where"), rows, right=["many"], err=err)


def _told(removals: Sequence[Removal]) -> list[dict[str, Any]]:
    return [{"what": each.what, "many": each.many, "where": each.where} for each in removals]


def _told_search(prepared: Purge, searched: Searched) -> dict[str, Any]:
    return {
        "places": prepared.places,
        "passed_over": [place for place in prepared.passed_over if place.exists()],
        "files": searched.files,
        "bytes": searched.bytes,
        "marks": dict(Counter(mark.what for mark in prepared.marks)),
        "unread": searched.unread,
        "unseen": [{"why": unseen.what, "file": unseen.file} for unseen in searched.unseen],
        "left": [{"what": found.what, "file": found.file} for found in searched.left],
    }
