"""Forest plots: one line an estimate, its interval drawn beside its name and its number.

The plot is a table whose picture cells are SVG in per cent of their width: it grows with the page,
its words stay as large as all others, and a screen reader reads the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clinseek.evals.report.figures.axes import Axis, axis_over, short
from clinseek.evals.report.markup import Markup, element, scrolled

_HEIGHT, _MIDDLE = 22, 11


class ForestLine(NamedTuple):
    """One estimate; None where there is no interval. `colour` is the number of a run."""

    name: str
    value: float
    low: float | None
    high: float | None
    rows: int
    colour: int = 0
    heading: bool = False


def forest_plot(
    lines: Sequence[ForestLine],
    *,
    caption: str,
    name: str = "",
    scale: float = 100.0,
    axis: Axis | None = None,
    reference: float | None = None,
) -> Markup:
    """Lines as a table with pictures. `scale` turns values to what is shown: 100 to points.

    `reference` is a value marked on every line (0 for differences); `axis` is in shown units.
    """
    drawn = axis or axis_over([0.0, scale])
    head = element(
        "tr",
        element("th", name, scope="col"),
        element("th", _ticks(drawn), scope="col", class_="plot", aria_label="picture"),
        *(element("th", title, scope="col", class_="number")
          for title in ("mean", "95 % interval", "rows")),
    )  # fmt: skip
    body = [_line(line, drawn, scale=scale, reference=reference) for line in lines]
    table = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", body),
        class_="forest",
    )
    return scrolled(table, caption)


def _line(line: ForestLine, axis: Axis, *, scale: float, reference: float | None) -> Markup:
    value = scale * line.value
    return element(
        "tr",
        element("th", line.name, scope="row"),
        element("td", _interval(line, axis, scale=scale, reference=reference), class_="plot"),
        element("td", f"{value:.1f}", class_="number"),
        element("td", _bounds(line, scale), class_="number"),
        element("td", f"{line.rows:,}", class_="number"),
        class_="heading" if line.heading else None,
    )


def _bounds(line: ForestLine, scale: float) -> str:
    if line.low is None or line.high is None:
        return "-"
    return f"{scale * line.low:.1f} to {scale * line.high:.1f}"


def _interval(line: ForestLine, axis: Axis, *, scale: float, reference: float | None) -> Markup:
    bars: list[Markup] = []
    if reference is not None:
        bars.append(_upright(axis.percent(scale * reference), 0, _HEIGHT, class_="reference"))
    if line.low is not None and line.high is not None:
        low, high = axis.percent(scale * line.low), axis.percent(scale * line.high)
        bars.append(element("line", x1=low, x2=high, y1=str(_MIDDLE), y2=str(_MIDDLE)))
        bars += [_upright(end, _MIDDLE - 4, _MIDDLE + 4) for end in (low, high)]
    at = axis.percent(scale * line.value)
    bars.append(element("circle", cx=at, cy=str(_MIDDLE), r="4.5"))
    return element(
        "svg",
        bars,
        class_=f"run-{line.colour % 8}",
        width="100%",
        height=str(_HEIGHT),
        aria_hidden="true",
    )


def _upright(x: str, top: int, bottom: int, *, class_: str | None = None) -> Markup:
    return element("line", x1=x, x2=x, y1=str(top), y2=str(bottom), class_=class_)


def _ticks(axis: Axis) -> Markup:
    """The numbers of the axis above the pictures, each in the middle over its place."""
    marks = [
        element("text", short(tick), x=axis.percent(tick), y="12", text_anchor="middle")
        for tick in axis.ticks
    ]
    return element("svg", marks, width="100%", height="16", class_="ticks", aria_hidden="true")
