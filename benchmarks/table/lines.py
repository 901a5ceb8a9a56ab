"""Lines of the table, the growth of costs, and how both are shown; nothing here measures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

MOST_GROWTH = 1.1
"""The largest exponent of a cost over its size that still counts as linear."""


class Limit(NamedTuple):
    """What the machine needs for the part of the work that nobody can save, in the line's unit."""

    what: str
    took: float


@dataclass(frozen=True)
class Line:
    """One cost beside its target (None: none was set) and the limit measured on the spot."""

    what: str
    took: float
    unit: str
    target: float | None
    limit: Limit

    @property
    def ratio(self) -> float:
        """How many times the limit it costs."""
        return self.took / self.limit.took

    @property
    def held(self) -> bool:
        """Whether the target is met; a line without one holds."""
        return self.target is None or self.took <= self.target


@dataclass(frozen=True)
class Growth:
    """A cost at 1, 4 and 16 times a size."""

    what: str
    of: str
    unit: str
    sizes: tuple[int, ...]
    took: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """The slope of the cost over the size, both as logarithms: 1 is linear, 0 does not grow."""
        return fitted_exponent(self.sizes, self.took)

    @property
    def held(self) -> bool:
        """Whether it grows no faster than the size."""
        return self.exponent <= MOST_GROWTH


def fitted_exponent(sizes: Sequence[float], took: Sequence[float]) -> float:
    """The least-squares slope of log cost over log size.

    >>> round(fitted_exponent([1, 4, 16], [3, 12, 48]), 3)
    1.0
    >>> round(fitted_exponent([1, 4, 16], [1, 16, 256]), 3)
    2.0
    """
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in took]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return rise / sum((a - x) ** 2 for a in xs)


def as_json(lines: Sequence[Line], growths: Sequence[Growth]) -> dict[str, Any]:
    """All figures, unrounded."""
    return {
        "lines": [
            {**asdict(line), "limit": line.limit._asdict(), "ratio": line.ratio, "held": line.held}
            for line in lines
        ],
        "growth": [
            {**asdict(growth), "exponent": growth.exponent, "held": growth.held}
            for growth in growths
        ],
    }


def cells_of(line: Line) -> tuple[str, ...]:
    """What, measured, target, limit and ratio.

    >>> cells_of(Line("a case", 210.4, "ms", 150, Limit("SQLite copies its rows", 70.0)))
    ('a case', '210 ms', '150 ms (missed)', 'SQLite copies its rows: 70.0 ms', '3.01')
    """
    target = "" if line.target is None else f"{line.target:g} {line.unit}"
    missed = "" if line.held else " (missed)"
    limit = f"{line.limit.what}: {_figure(line.limit.took)} {line.unit}"
    return (
        line.what,
        f"{_figure(line.took)} {line.unit}",
        f"{target}{missed}",
        limit,
        _figure(line.ratio),
    )


def growth_cells(growth: Growth) -> tuple[str, ...]:
    """What, the cost at each size, and the exponent.

    >>> growth_cells(Growth("ingest", "rows", "s", (10, 40, 160), (1.0, 4.0, 16.0)))
    ('ingest', '10, 40, 160 rows', '1.00, 4.00, 16.0 s', '1.00')
    """
    sizes = ", ".join(f"{size:,}" for size in growth.sizes)
    took = ", ".join(map(_figure, growth.took))
    late = "" if growth.held else " (more than linear)"
    return (
        growth.what,
        f"{sizes} {growth.of}",
        f"{took} {growth.unit}",
        f"{growth.exponent:.2f}{late}",
    )


HEADS = ("what", "measured", "target", "what the machine needs for it", "ratio")
GROWTH_HEADS = ("what", "sizes", "cost", "exponent")


def as_text(heads: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool) -> str:
    """A table in columns, or in Markdown."""
    if markdown:
        marked = [heads, ["---"] * len(heads), *rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in marked)
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    )


def _figure(number: float) -> str:
    """Three significant digits.

    >>> [_figure(each) for each in (0.01234, 1.234, 12.34, 1234.0)]
    ['0.0123', '1.23', '12.3', '1,234']
    """
    if number >= 100:
        return f"{number:,.0f}"
    digits = 2 - math.floor(math.log10(number)) if number > 0 else 2
    return f"{number:.{max(0, digits)}f}"
