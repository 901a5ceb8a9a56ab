"""Where words go: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 160
"""Columns of a table that no terminal bounds."""


def say(text: str) -> None:
    """One line for the person at the terminal, on stderr; nobody's answer hangs on it."""
    with suppress(OSError):
        typer.echo(text, err=True)


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "pair"), counted(1_800, "row")
    ('1 pair', '1,800 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def warn_of(profile: str) -> None:
    """Tell the person, on stderr, what a profile shows that was not known; most say nothing."""
    from clinseek.toolkits.ehr.availability import warning_of

    if (warning := warning_of(profile)) is not None:
        say(f"warning: {warning}")


def with_warning(told: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """`told` with the warning of `profile` under the key `warning`, where it has one."""
    from clinseek.toolkits.ehr.availability import warning_of

    warning = warning_of(profile)
    return {**told, "warning": warning} if warning is not None else dict(told)


def emit(text: str) -> None:
    """A line of the result, on stdout."""
    typer.echo(text)


def emit_json(value: Any) -> None:
    """The result as one JSON object on stdout; times and paths as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def console(*, err: bool = False) -> Console:
    """A console that shows text as it is: brackets in a note are no markup."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    return Console(
        stderr=err,
        markup=False,
        highlight=False,
        emoji=False,
        width=None if stream.isatty() else PIPED_WIDTH,
    )


@contextmanager
def live_line(opening: str) -> Iterator[Callable[[str], None]]:
    """A live line on stderr, which says `opening` first; nothing where stderr is no terminal."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        yield lambda _line: None
        return
    with drawn.status(opening) as status:
        yield status.update


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Iterable[str] = (),
    err: bool = False,
) -> None:
    """An aligned table; the columns named in `right` are numbers. None shows as `-`."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    numbers = frozenset(right)
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(cell(value) for value in row))
    console(err=err).print(drawn)


def cell(value: Any) -> str:
    """A value as a person reads it.

    >>> cell(1203), cell(None), cell("mg/dL")
    ('1,203', '-', 'mg/dL')
    """
    if value is None:
        return "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
