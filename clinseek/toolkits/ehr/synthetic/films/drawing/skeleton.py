"""Ribs, collar bones, shoulder blades and vessels of a patient, drawn once for all frontal films.

The midline is that of the picture; a film moves the drawing to where its patient stood.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clinseek.toolkits.ehr.synthetic.films.drawing.body import Body
from clinseek.toolkits.ehr.synthetic.films.drawing.canvas import (
    Bone,
    Point,
    Stroke,
    crossing,
    curve,
    drawn,
)

if TYPE_CHECKING:
    from PIL import Image

_SIDES = (-1, 1)
_SHARES = (0, 0.015, 0.05, 0.11, 0.2, 0.32, 0.46, 0.6, 0.75, 1.0)
_WIDTHS = (0, 0.22, 0.42, 0.57, 0.71, 0.83, 0.92, 0.97, 1.0, 1.0)


def wall_of(body: Body) -> tuple[list[float], list[float]]:
    """(heights, half widths of the chest cavity there); the width is below zero above the apex."""
    rows = [body.apex + 0.70 * share for share in _SHARES]
    widths = [body.chest_width * width for width in _WIDTHS]
    return [0, body.apex - 0.001, *rows], [-0.3, -0.02, *widths]


@lru_cache(maxsize=4)
def skeleton(body: Body, *, bedside: bool) -> Image.Image:
    """The bones; at the bedside the shoulder blades lie over the lungs."""
    behind: list[Bone] = []
    before: list[Bone] = []
    for sign in _SIDES:
        behind += [Bone(_rib(body, sign, number), 10.5, 0.75) for number in range(10)]
        before += [Bone(_front_rib(body, sign, number), 12.5, 0.55) for number in range(1, 7)]
        collar = ((0.04, 0.075), (0.12, 0.055), (0.22, 0.02), (0.31, 0.01), (0.40, 0.03))
        before.append(Bone(_mirrored(collar, sign, body.apex), 13.5, 1.0))
        out = 0.0 if bedside else 0.075
        blade = ((0.30, 0.17), (0.335, 0.27), (0.315, 0.38), (0.36, 0.27), (0.42, 0.18))
        before.append(Bone(_mirrored([(x + out, y) for x, y in blade], sign, 0.0), 9.0, 0.42))
    return crossing((behind, before))


def _rib(body: Body, sign: int, number: int) -> list[Point]:
    top = body.apex - 0.005 + number * body.rib_gap
    reach = _reach(body, top + 0.06)
    slope = body.rib_slope * (0.02 + 0.006 * number)
    shape = ((0.05, 0.0), (0.35 * reach, -0.012), (0.68 * reach, slope * 0.35),
             (0.92 * reach, slope + 0.02), (reach + 0.004, slope + 0.055))  # fmt: skip
    return _mirrored(shape, sign, top)


def _front_rib(body: Body, sign: int, number: int) -> list[Point]:
    top = body.apex + 0.035 + number * body.rib_gap * 1.25
    reach, fall = _reach(body, top), body.rib_slope * 0.085
    shape = ((reach + 0.002, 0.0), (0.85 * reach, 0.5 * fall), (0.62 * reach, 0.9 * fall),
             (0.42 * reach, 1.05 * fall))  # fmt: skip
    return _mirrored(shape, sign, top)


def _reach(body: Body, height: float) -> float:
    return max(0.1, float(np.interp(height, *wall_of(body))))


def _mirrored(shape: tuple[Point, ...] | list[Point], sign: int, top: float) -> list[Point]:
    """A smooth line on one side of the midline."""
    return curve([(0.5 + sign * x, top + y) for x, y in shape])


@lru_cache(maxsize=4)
def vessel_trees(seed: int, apex: float, *, wet: bool) -> Image.Image:
    """A tree from each hilum; the vessels of wet lungs are wider."""
    drawing = random.Random(seed)
    strokes: list[Stroke] = []
    for sign in _SIDES:
        for angle in (-1.25, -0.72, -0.19, 0.34, 0.87, 1.4):
            root = (0.5 + sign * 0.085, apex + 0.295)
            _grow(strokes, drawing, _Twig(root, angle, 0.085, 4.6 + 0.9 * angle), sign)
    wider = 1.3 if wet else 1.0
    return drawn(stroke._replace(width=wider * stroke.width) for stroke in strokes)


class _Twig(NamedTuple):
    start: Point
    angle: float
    length: float
    width: float


def _grow(strokes: list[Stroke], drawing: random.Random, twig: _Twig, sign: int) -> None:
    """Draw a twig and those that spring from its end."""
    if twig.width < 1.1:
        return
    points, (x, y), angle = [twig.start], twig.start, twig.angle
    for _ in range(3):
        angle += drawing.gauss(0, 0.16)
        x += sign * math.cos(angle) * twig.length / 3
        y += math.sin(angle) * twig.length / 3
        points.append((x, y))
    strokes.append(Stroke(points, twig.width, min(0.85, 0.2 + 0.14 * twig.width)))
    for turn in (-0.42, 0.38):
        bent = angle + turn + drawing.gauss(0, 0.15)
        length = twig.length * drawing.uniform(0.65, 0.9)
        _grow(strokes, drawing, _Twig(points[-1], bent, length, 0.68 * twig.width), sign)
