"""Where numbers stand on a line: rounded ticks, and positions in per cent of the width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Axis(NamedTuple):
    """A line from `low` to `high` with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """How far along the line a value stands, in [0, 1]; what lies beyond stands at its end.

        >>> axis_over([0.0, 100.0]).at(25)
        0.25
        """
        share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    def percent(self, value: float) -> str:
        """The same as SVG writes it.

        >>> axis_over([0.0, 100.0]).percent(12.5)
        '12.50%'
        """
        return f"{100 * self.at(value):.2f}%"


def axis_over(values: Sequence[float], *, ticks: int = 5) -> Axis:
    """An axis that holds all values, from a round number to a round number.

    >>> axis_over([3.0, 41.0]).ticks
    (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)
    >>> axis_over([]).ticks
    (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        low, high = (min(0.0, low), max(0.0, high)) if low else (0.0, 1.0)
    step = _round_step((high - low) / ticks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Axis(marks[0], marks[-1], marks)


def short(value: float) -> str:
    """A number of a tick, as short as it can be.

    >>> short(20.0), short(0.25), short(1500000.0), short(0.0004)
    ('20', '0.25', '1.5M', '0.0004')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):g}{letter}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in _STEPS if power * step >= rough * (1 - 1e-9))
