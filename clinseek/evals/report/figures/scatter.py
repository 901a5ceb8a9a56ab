"""Points in a plane with a name each: what runs cost, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clinseek.evals.report.figures.axes import Axis, axis_over, short
from clinseek.evals.report.markup import Markup, element

_WIDTH, _HEIGHT = 720.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 24.0, 30.0, 46.0
_LETTER = 7.2


class Point(NamedTuple):
    """One run; `low` and `high` are the interval of y where there is one."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    colour: int = 0


def scatter(points: Sequence[Point], *, x: str, y: str, label: str) -> Markup:
    """The picture; `x` and `y` name the axes, `label` tells what it shows."""
    across = axis_over([0.0, *(point.x for point in points)])
    up = axis_over([0.0, *(max(point.y, point.high or 0.0) for point in points)])
    return element(
        "svg",
        element("title", label),
        _grid(across, up, x=x, y=y),
        [_point(point, across, up) for point in points],
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        class_="scatter",
        role="img",
        aria_label=label,
    )


def _grid(across: Axis, up: Axis, *, x: str, y: str) -> Markup:
    drawn = []
    for tick in across.ticks:
        at = _x(across, tick)
        drawn.append(_line(at, at, _TOP, _HEIGHT - _BOTTOM, class_="grid"))
        drawn.append(_text(short(tick), at, _HEIGHT - _BOTTOM + 17, anchor="middle"))
    for tick in up.ticks:
        at = _y(up, tick)
        drawn.append(_line(_LEFT, _WIDTH - _RIGHT, at, at, class_="grid"))
        drawn.append(_text(short(tick), _LEFT - 7, at + 4, anchor="end"))
    drawn.append(_text(x, (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, anchor="middle"))
    drawn.append(_text(y, 4, 13, anchor="start"))
    return element("g", drawn, aria_hidden="true")


def _point(point: Point, across: Axis, up: Axis) -> Markup:
    x, y = _x(across, point.x), _y(up, point.y)
    left = x + 9 + _LETTER * len(point.name) > _WIDTH
    told = f"{point.name}: {point.y:.1f} at {short(point.x)}"
    interval = None
    if point.low is not None and point.high is not None:
        interval = _line(x, x, _y(up, point.high), _y(up, max(up.low, point.low)))
    return element(
        "g",
        element("title", told),
        interval,
        element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="5.5"),
        _text(point.name, x - 9 if left else x + 9, y + 4, anchor="end" if left else "start"),
        class_=f"run-{point.colour % 8}",
    )


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.at(value) * (_WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return _HEIGHT - _BOTTOM - axis.at(value) * (_HEIGHT - _BOTTOM - _TOP)


def _line(x1: float, x2: float, y1: float, y2: float, *, class_: str | None = None) -> Markup:
    return element(
        "line", x1=f"{x1:.1f}", x2=f"{x2:.1f}", y1=f"{y1:.1f}", y2=f"{y2:.1f}", class_=class_
    )


def _text(words: str, x: float, y: float, *, anchor: str) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)
