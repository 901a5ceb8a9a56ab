"""How an evaluation stands, drawn on stderr: a live table, or a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.cli.output import console, say

if TYPE_CHECKING:
    from rich.table import Table

    from clinseek.evals.runner.tally import Tally

_REDRAWS_A_SECOND = 4
_SECONDS_BETWEEN_LINES = 10.0


OnTally = Callable[["Tally"], None]


@contextmanager
def live_table(model: str, folder: Path) -> Iterator[OnTally]:
    """What to call as runs begin and end; where stderr is no terminal, a line now and then."""
    with live_tables([(model, folder)]) as (told,):
        yield told


@contextmanager
def live_tables(models: Sequence[tuple[str, Path]]) -> Iterator[list[OnTally]]:
    """The same for several models side by side, each with what to call for it."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        lines = [_Lines(model) for model, _ in models]
        try:
            yield [each.changed for each in lines]
        finally:
            for each in lines:
                each.last()
        return
    from rich.console import Group
    from rich.live import Live

    shown = [_Shown(model, folder) for model, folder in models]

    def draw() -> Group:
        return Group(*(each.drawn() for each in shown))

    with Live(get_renderable=draw, console=drawn, refresh_per_second=_REDRAWS_A_SECOND):
        yield [each.changed for each in shown]
    for remark in dict.fromkeys(remark for each in shown for remark in each.remarks):
        say(remark)


class _Shown:
    def __init__(self, model: str, folder: Path) -> None:
        self._model, self._folder = model, folder
        self._tally: Tally | None = None

    def changed(self, tally: Tally) -> None:
        self._tally = tally

    def drawn(self) -> Table | str:
        if self._tally is None:
            return f"{self._model}: beginning"
        return _table(self._model, self._folder, self._tally)

    @property
    def remarks(self) -> Sequence[str]:
        return self._tally.remarks if self._tally is not None else ()


class _Lines:
    def __init__(self, model: str) -> None:
        self._model = model
        self._told = time.monotonic()
        self._tally: Tally | None = None
        self._remarks = 0

    def changed(self, tally: Tally) -> None:
        self._tally = tally
        self._say_remarks()
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_LINES:
            self._told = now
            say(standing_line(self._model, tally))

    def last(self) -> None:
        if self._tally is not None:
            self._say_remarks()
            say(standing_line(self._model, self._tally))

    def _say_remarks(self) -> None:
        assert self._tally is not None
        for remark in self._tally.remarks[self._remarks :]:
            say(remark)
        self._remarks = len(self._tally.remarks)


def standing_line(model: str, tally: Tally) -> str:
    """How it stands, on one line.

    >>> from clinseek.evals.runner.tally import Tally
    >>> standing_line("offline", Tally(40)).partition(" · 0 s")[0]
    'offline: 0 of 40 done'
    """
    return f"{model}: " + " · ".join(
        value if not name else f"{name} {value}" for name, value in _cells(tally)
    )


def _cells(tally: Tally) -> Iterator[tuple[str, str]]:
    yield "", f"{tally.done} of {tally.total} done"
    if tally.failed:
        yield "", f"{tally.failed} failed"
    if tally.running:
        yield "", f"{tally.running} running"
    if tally.retried:
        yield "", f"{tally.retried} tried again"
    if (score := tally.score) is not None:
        radius = "" if score.radius is None else f" ± {100 * score.radius:.1f}"
        yield "score", f"{100 * score.mean:.1f}{radius}"
    if tally.input_tokens or tally.output_tokens:
        yield "", f"{_many(tally.input_tokens)} + {_many(tally.output_tokens)} tokens"
    if tally.ended:
        yield "", "price unknown" if tally.dollars is None else f"${tally.dollars:,.2f}"
    yield "", _span(tally.seconds)
    if tally.seconds_left:
        yield "", f"{_span(tally.seconds_left)} left"


def _table(model: str, folder: Path, tally: Tally) -> Table:
    from rich.table import Table

    drawn = Table.grid(padding=(0, 2))
    drawn.add_row(model, str(folder))
    drawn.add_row(
        _bar(tally), "  ".join(f"{name} {value}".strip() for name, value in _cells(tally))
    )
    for remark in tally.remarks[-3:]:
        drawn.add_row("", remark[:200])
    if tally.first_error:
        drawn.add_row("first error", tally.first_error[:160])
    return drawn


def _bar(tally: Tally, width: int = 24) -> str:
    full = width * tally.ended // max(1, tally.total)
    return "█" * full + "░" * (width - full)


def _many(count: int) -> str:
    """A number of tokens, short.

    >>> _many(950), _many(12_345), _many(4_500_000)
    ('950', '12.3k', '4.5M')
    """
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


def _span(seconds: float) -> str:
    """Seconds as people say them.

    >>> _span(42), _span(125), _span(7300)
    ('42 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
