"""`clinseek audit`: prove on a store that its cases are what was known at their cutoffs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import JsonOption, ProfileOption
from clinseek.cli.output import console, emit, emit_json, say, warn_of, with_warning
from clinseek.errors import SettingError
from clinseek.settings import cores

if TYPE_CHECKING:
    from clinseek.validity.audit.run import Progress

FAILED = 1


def register(app: typer.Typer) -> None:
    """Add `audit`."""
    app.command("audit", rich_help_panel="Check the claim")(audit)


def named_store(written: str) -> Path:
    """The folder that STORE names; an empty name is refused, for a path would read it as here."""
    if not written.strip():
        raise SettingError("STORE is empty; name the folder that clinseek ingest made")
    return Path(written)


NamedStoreArgument = Annotated[
    Path,
    typer.Argument(
        metavar="STORE",
        envvar="CLINSEEK_STORE",
        parser=named_store,
        help="Store made by ingest.",
    ),
]


def audit(
    store: NamedStoreArgument,
    raw: Annotated[
        list[Path] | None,
        typer.Option(
            "--raw",
            metavar="DIR",
            help="A folder that was ingested (repeatable): it is read again, not the store.",
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", help="Prediction times to prove it on.")
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Draws the times.")] = 0,
    profile: ProfileOption = "available",
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="J", min=0, help="Processes; 0: one a core.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Prove that cases hold what was known at their cutoff: no more, no less.

    [dim]clinseek audit STORE[/dim]
    [dim]clinseek audit STORE --raw mimiciv/3.1 --sample 2000 --json > audit.json[/dim]

    Prediction times are drawn without a look at outcomes, half of them where the rules bite. At
    each the case is held against a second, independent reading of the raw record, against itself
    at a later time, and against the same patient with the future deleted, randomised and
    multiplied. Exit 0: no violation; 1: the claim does not hold.
    """
    from clinseek.validity.audit import report as words
    from clinseek.validity.audit.run import audit as run

    with audit_progress() as progress:
        found = run(
            store,
            raw=tuple(raw or ()),
            sample=sample,
            seed=seed,
            profile=profile,
            jobs=jobs or cores(),
            progress=progress,
        )
    if as_json:
        emit_json(with_warning(words.as_json(found), profile))
    else:
        for line in words.summary_lines(found):
            emit(line)
    warn_of(profile)
    if not found.holds:
        raise typer.Exit(FAILED)


@contextmanager
def audit_progress() -> Iterator[Callable[[Progress], None]]:
    """A live line on stderr; where that is no terminal, a line at every tenth."""
    from clinseek.validity.audit.report import progress_line

    drawn = console(err=True)
    if not drawn.is_terminal:
        told: set[int] = set()

        def at_every_tenth(progress: Progress) -> None:
            tenth = 10 * progress.done // progress.total
            if tenth and tenth not in told:
                told.add(tenth)
                say(progress_line(progress))

        yield at_every_tenth
        return
    with drawn.status("reading the raw record") as status:
        yield lambda progress: status.update(progress_line(progress))
