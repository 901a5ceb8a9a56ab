"""`clinseek candidates`: what is done ahead for candidate search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from clinseek.cli.options import JsonOption, StoreArgument
from clinseek.cli.output import console, emit_json, say, table

SECONDS_BETWEEN_LINES = 5.0

candidates_app = typer.Typer(help="Candidate lists: what can be done ahead.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `candidates`."""
    app.add_typer(candidates_app, name="candidates", rich_help_panel="Make a store")


@candidates_app.callback()
def candidates() -> None:
    """Candidate lists: what can be done ahead."""


@candidates_app.command("embed")
def embed(
    store: StoreArgument,
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="Only this list; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the vectors for search by meaning ahead, so that no run waits for them.

    [dim]clinseek candidates embed STORE --table diagnoses_icd[/dim]

    They are computed once for each list of titles and model and kept in CLINSEEK_HOME. Killed at
    any moment and run again, it goes on where it was.
    """
    from clinseek.toolkits.ehr.candidates.semantic import embed_ahead
    from clinseek.toolkits.ehr.store import Store

    opened = Store.open(store)
    with _progress() as tell:
        made = list(embed_ahead(opened.vocabulary, tables or (), standing=Standing(tell)))
    if as_json:
        emit_json({"tables": [each._asdict() for each in made]})
        return
    table(
        ("table", "titles", "seconds"),
        [(e.table, e.titles, "kept" if e.seconds is None else f"{e.seconds:.1f}") for e in made],
        right=("titles", "seconds"),
    )


class Standing:
    """The line that says how far a list is and, once that can be told, how long it still takes."""

    def __init__(
        self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell, self._clock = tell, clock
        self._table = ""
        self._began, self._had = 0.0, 0

    def __call__(self, table: str, done: int, total: int) -> None:
        """Tell where a list stands; the first call of a list says what was there before."""
        if table != self._table:
            self._table, self._began, self._had = table, self._clock(), done
        line = f"{table}: {done:,} of {total:,} titles"
        if self._had < done < total:
            left = (self._clock() - self._began) / (done - self._had) * (total - done)
            line += f", about {max(1, round(left / 60))} min left"
        self._tell(line)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A live line on stderr; in a log file one every few seconds."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        yield _seldom(say)
        return
    with drawn.status("loading the model") as status:
        yield status.update


def _seldom(tell: Callable[[str], None]) -> Callable[[str], None]:
    told = float("-inf")

    def tell_seldom(line: str) -> None:
        nonlocal told
        if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            tell(line)

    return tell_seldom
