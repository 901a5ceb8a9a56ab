"""Tubes, lines and wires on a frontal film."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from clinseek.toolkits.ehr.synthetic.films.drawing.canvas import (
    Grid,
    Point,
    Stroke,
    X,
    Y,
    curve,
    enlarged,
    lines,
    soft,
)
from clinseek.toolkits.ehr.synthetic.films.findings import Findings


class Landmarks(NamedTuple):
    """Shares of the picture's edge."""

    middle: float
    fork: float
    """Height at which the windpipe divides."""
    width: float
    """Half the width of the chest."""
    dome: float


def devices(at: Landmarks, findings: Findings) -> Grid | np.float32:
    """What they stop of the beam, at full size; 0 where there is none."""
    strokes = [
        *(_tube(at) if findings.endotracheal_tube else ()),
        *(_central_line(at, findings.central_line) if findings.central_line else ()),
        *(_pacemaker(at) if findings.pacemaker else ()),
        *(_sternal_wires(at) if findings.sternal_wires else ()),
    ]
    if not strokes:
        return np.float32(0)
    total = np.float32(0.9) * lines(strokes, blur=0.6)
    if findings.pacemaker:
        x, y = _can(at)
        rounded = np.float32(1) - ((X - x) / 0.045) ** 4 - ((Y - y) / 0.036) ** 4
        total += np.float32(1.3) * enlarged(soft(rounded.astype(np.float32), 0.5))
    return total


def _can(at: Landmarks) -> tuple[float, float]:
    """The middle of the pacemaker."""
    return at.middle + 0.70 * at.width, 0.225


def _tube(at: Landmarks) -> Iterator[Stroke]:
    tip = at.fork - 0.055
    for aside in (-0.0125, 0.0125):
        side = [(at.middle + aside, 0.0), (at.middle + aside, tip - 0.012 * (aside > 0))]
        yield Stroke(side, 2, 1.0)
    yield Stroke([(at.middle - 0.0125, tip), (at.middle + 0.0125, tip - 0.012)], 2, 1.0)
    yield Stroke([(at.middle + 0.004, 0.0), (at.middle + 0.004, tip - 0.004)], 2, 1.0)


def _central_line(at: Landmarks, side: str) -> Iterator[Stroke]:
    cava = at.middle - 0.052
    end = [(cava, at.fork), (cava + 0.002, at.fork + 0.10)]
    path = [(0.10, 0.0), (0.09, 0.12), (0.055, 0.20), (-0.01, 0.255)]
    if side == "right":
        path = [(-0.095, 0.0), (-0.085, 0.12), (-0.064, 0.22)]
    yield Stroke(curve([*((at.middle + x, y) for x, y in path), *end]), 3, 0.75)


def _pacemaker(at: Landmarks) -> Iterator[Stroke]:
    x, y = _can(at)
    vein: list[Point] = [(x - 0.02, y - 0.035), (x - 0.06, y - 0.055), (at.middle + 0.09, 0.20),
                         (at.middle + 0.01, 0.245), (at.middle - 0.045, at.fork)]  # fmt: skip
    atrium = [(at.middle - 0.055, at.dome - 0.16), (at.middle - 0.02, at.dome - 0.12),
              (at.middle - 0.005, at.dome - 0.165)]  # fmt: skip
    ventricle = [(at.middle - 0.05, at.dome - 0.14), (at.middle + 0.0, at.dome - 0.05),
                 (at.middle + 0.12, at.dome - 0.045)]  # fmt: skip
    yield Stroke(curve([*vein, *atrium]), 2, 0.8)
    yield Stroke(curve([(px + 0.004, py + 0.006) for px, py in vein] + ventricle), 2, 0.8)
    for tip in (atrium[-1], ventricle[-1]):
        yield Stroke([tip, (tip[0] + 0.008, tip[1])], 5, 1.0)


def _sternal_wires(at: Landmarks) -> Iterator[Stroke]:
    for number in range(6):
        x, y = at.middle + 0.004 * (-1) ** number, at.fork - 0.03 + number * 0.062
        loop = [(x - 0.016, y), (x - 0.006, y - 0.009), (x + 0.008, y - 0.008), (x + 0.017, y),
                (x + 0.006, y + 0.008), (x - 0.008, y + 0.008), (x - 0.016, y)]  # fmt: skip
        yield Stroke(curve(loop, 4), 2, 1.0)
        yield Stroke([(x - 0.002, y + 0.006), (x + 0.006, y + 0.016)], 3, 0.9)
