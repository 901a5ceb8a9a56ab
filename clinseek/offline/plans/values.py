"""Values over time and what is made of them: the pure arithmetic behind a measurement's answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from clinseek.offline.plans.items import Source
from clinseek.offline.plans.plan import Observed
from clinseek.offline.sheets import Line, moment, number
from clinseek.offline.task.intent import Measure

Direction = Literal["rising", "falling", "steady"]

STEADY_WITHIN = 0.10
"""A change of less than a tenth of the first value is called steady: a rule of thumb, no test."""


class Value(NamedTuple):
    """One value: when, the number if it is one, the text, its unit, and where it was seen."""

    time: datetime
    number: float | None
    text: str
    unit: str | None
    line: Line
    seen: Observed

    @property
    def said(self) -> str:
        """The value with its unit, as the record writes it."""
        unit = self.unit if self.number is not None else None
        return f"{self.text} {unit}" if unit else self.text

    @property
    def citation(self) -> tuple[str, ...]:
        """How an answer points at this value."""
        return self.seen.cite((self.line,))


def values_in(seen: Observed, source: Source, *, unit: str | None = None) -> list[Value]:
    """The values of an observation's lines; lines without a time or anything said are left out."""
    values = []
    for line in seen.lines:
        time = moment(line.get(source.time))
        text = _text(line, source)
        if time is None or text is None:
            continue
        values.append(
            Value(
                time,
                number(line.get(source.number)),
                text,
                line.get(source.unit) or unit,
                line,
                seen,
            )
        )
    return values


def _text(line: Line, source: Source) -> str | None:
    """The number, else the text, else the remark that laboratories write in a value's stead."""
    for column in (source.number, source.text, source.remark):
        cell = line.get(column) if column else None
        if cell and cell.strip("_ "):
            return " ".join(cell.split())
    return None


def picked(
    values: Sequence[Value], measure: Measure, *, at: datetime | None = None
) -> Value | None:
    """The one value that a measure asks for; None where there is none.

    Of values at one time the one filed last counts as the latest, and of equal extremes the
    earliest is given.
    """
    if measure in ("minimum", "maximum"):
        values = [value for value in values if value.number is not None]
    if not values:
        return None
    if measure == "minimum":
        return min(values, key=lambda value: (value.number, value.time))
    if measure == "maximum":
        return min(values, key=lambda value: (-(value.number or 0), value.time))
    if measure == "first":
        return min(values, key=lambda value: value.time)
    if measure == "at" and at is not None:
        return min(values, key=lambda value: (abs(value.time - at), value.time))
    newest = max(value.time for value in values)
    return next(value for value in values if value.time == newest)


def direction(numbers: Sequence[float]) -> Direction:
    """Whether the last number lies above, below or about the first.

    >>> direction([1.0, 0.9, 1.3]), direction([1.0, 1.05]), direction([4.0, 2.0])
    ('rising', 'steady', 'falling')
    """
    change = numbers[-1] - numbers[0]
    if abs(change) < STEADY_WITHIN * abs(numbers[0]) or not change:
        return "steady"
    return "rising" if change > 0 else "falling"


def pooled_mean(means: Iterable[tuple[float, int]]) -> tuple[float, int] | None:
    """One mean over several (mean, count); None where nothing was counted.

    >>> pooled_mean([(2.0, 1), (4.0, 3)])
    (3.5, 4)
    """
    held = [(mean, count) for mean, count in means if count]
    count = sum(count for _, count in held)
    return (sum(mean * of for mean, of in held) / count, count) if count else None


def shortest(value: float) -> str:
    """A number for an answer: at most two decimals, none where it is whole.

    >>> shortest(3.0), shortest(2.3456)
    ('3', '2.35')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")
