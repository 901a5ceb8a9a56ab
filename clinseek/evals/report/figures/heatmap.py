"""A heatmap of differences: rows and columns with names, losses and gains in two colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clinseek.evals.report.markup import Markup, element, join, scrolled

_STEPS = 5


class HeatRow(NamedTuple):
    """One line: a name, a difference in points for each column that has one, and a last word."""

    name: str
    cells: Mapping[str, float]
    told: str = ""
    heading: bool = False


def heatmap(
    rows: Sequence[HeatRow], columns: Sequence[str], *, caption: str, last: str, most: float = 0.0
) -> Markup:
    """The map as a table: every number is told, colour only helps to find it.

    The deepest colour stands for `most` points, or where that is 0 for the largest difference.
    """
    largest = most or max((abs(value) for row in rows for value in row.cells.values()), default=1)
    head = element(
        "tr",
        element("th", "", scope="col"),
        [element("th", column, scope="col", class_="number") for column in columns],
        element("th", last, scope="col", class_="number"),
    )
    body = [
        element(
            "tr",
            element("th", row.name, scope="row"),
            [_cell(row.cells.get(column), largest) for column in columns],
            element("td", row.told, class_="number"),
            class_="heading" if row.heading else None,
        )
        for row in rows
    ]
    table = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", body),
        class_="heat",
    )
    return element(
        "figure",
        scrolled(table, caption),
        _key(largest),
    )


def depth(value: float, largest: float) -> str:
    """The class of a cell: `gain-1` to `gain-5`, `loss-1` to `loss-5`, `level`.

    >>> depth(12.0, 20.0), depth(-20.0, 20.0), depth(0.0, 20.0)
    ('gain-3', 'loss-5', 'level')
    """
    if not value or not largest:
        return "level"
    step = min(_STEPS, max(1, math.ceil(_STEPS * abs(value) / largest - 1e-9)))
    return f"{'gain' if value > 0 else 'loss'}-{step}"


def _cell(value: float | None, largest: float) -> Markup:
    if value is None:
        return element("td", "-", class_="number absent")
    return element("td", f"{value:+.1f}", class_=f"number {depth(value, largest)}")


def _key(largest: float) -> Markup:
    shown = [-largest, -largest / 2, 0.0, largest / 2, largest]
    swatches = [
        element("span", f"{value:+.0f}", class_=f"swatch {depth(value, largest)}")
        for value in shown
    ]
    return element("figcaption", "points: ", join(*swatches), class_="quiet")
