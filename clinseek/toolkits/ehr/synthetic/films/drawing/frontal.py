"""The chest from the front or the back: the patient's right is on the left of the picture."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clinseek.toolkits.ehr.synthetic.films.drawing.body import Body, Exposure
from clinseek.toolkits.ehr.synthetic.films.drawing.canvas import (
    Bone,
    Grid,
    Point,
    Stroke,
    X,
    Y,
    clouds,
    contour,
    course,
    crossing,
    curve,
    disc,
    drawn,
    enlarged,
    hill,
    rolled,
    seen_through,
    soft,
)
from clinseek.toolkits.ehr.synthetic.films.drawing.devices import Landmarks, devices
from clinseek.toolkits.ehr.synthetic.films.findings import Findings, Side

if TYPE_CHECKING:
    from PIL import Image

_ZONE = {
    "right upper": (-0.19, 0.33, 0.13, 0.10),
    "right lower": (-0.18, 0.60, 0.14, 0.10),
    "left upper": (0.20, 0.32, 0.12, 0.10),
    "left lower": (0.22, 0.59, 0.11, 0.10),
}
"""Centre from the midline and from the top, half width and half height."""
_DOME = (
    (0.05, 0.055), (0.2, 0.035), (0.38, 0.008), (0.55, 0.0), (0.75, 0.022), (0.9, 0.07),
    (1.02, 0.135), (1.15, 0.26), (1.3, 0.6),
)  # fmt: skip
"""How far the diaphragm lies below its dome, by the share of the way to the side."""
_SIDES: tuple[tuple[Side, int], ...] = (("right", -1), ("left", 1))


@dataclass(frozen=True)
class Frontal:
    """One frontal film in the making."""

    body: Body
    exposure: Exposure
    findings: Findings
    bedside: bool

    @cached_property
    def middle(self) -> float:
        """Where the midline is."""
        return 0.5 + self.exposure.shift

    @cached_property
    def dome(self) -> float:
        """Height of the right dome of the diaphragm."""
        low = 0.055 * (1 - self.exposure.breath) + 0.035 * self.findings.bibasilar
        return self.body.diaphragm - low + (0.055 if self.findings.hyperinflation else 0.0)

    @cached_property
    def wall(self) -> Grid:
        """Half the width of the chest cavity, by row; below zero above the apex."""
        top, wide = self.body.apex, self.body.chest_width
        share = (0, 0.015, 0.05, 0.11, 0.2, 0.32, 0.46, 0.6, 0.75, 1.0)
        width = (0, 0.22, 0.42, 0.57, 0.71, 0.83, 0.92, 0.97, 1.0, 1.0)
        rows = [top + 0.70 * s for s in share]
        return course([0, top - 0.001, *rows], [-0.3, -0.02, *(wide * w for w in width)])

    @cached_property
    def aside(self) -> Grid:
        """Distance from the midline, to the patient's left above zero."""
        lean = self.exposure.turn * (Y - np.float32(0.4))
        return X - np.float32(self.middle) - lean

    @cached_property
    def floor(self) -> Grid:
        """Height of the diaphragm, by column."""
        wide, dome, middle = self.body.chest_width, self.dome, self.middle
        flat = 0.35 if self.findings.hyperinflation else 1.0
        xs, ys = [], []
        for sign, lower in ((-1, 0.0), (1, 0.022)):
            for share, drop in _DOME:
                xs.append(middle + sign * share * wide)
                ys.append(dome + lower + (flat if share < 0.8 else 0.85 * flat**0.2) * drop)
        order = np.argsort(xs)
        smooth = contour([xs[i] for i in order], [ys[i] for i in order])
        kernel = np.ones(9, dtype=np.float32) / 9
        padded = np.pad(smooth[0], 4, mode="edge")
        return np.convolve(padded, kernel, mode="valid").astype(np.float32)[None, :]

    @cached_property
    def cavity(self) -> Grid:
        """1 where there is lung or what took its place."""
        inside = soft(self.wall - np.abs(self.aside), 0.012)
        top = course([0.0, 0.25, 0.4, 0.8], [0.055, 0.052, 0.058, 0.06])
        beside = soft(np.abs(self.aside) - top, 0.02)
        return inside * beside * soft(self.floor - Y, 0.010)

    @cached_property
    def collapsed(self) -> Grid:
        """1 where air lies outside the lung."""
        side, size = self.findings.pneumothorax, self.findings.pneumothorax_size
        if side is None:
            return np.zeros_like(self.cavity)
        return soft(-self._lung_edge, 0.006) * self.cavity * self._half(side) * np.float32(size > 0)

    @cached_property
    def _lung_edge(self) -> Grid:
        """Above zero within a lung that has shrunk from its wall, in shares of the edge."""
        size = self.findings.pneumothorax_size
        drop = 0.035 + 0.10 * size
        inset = course([0.1, 0.35, 0.7], [0.02 + 0.07 * size, 0.016 + 0.055 * size, 0.012])
        down = round(drop * self.wall.shape[0])
        lowered = np.concatenate([np.full((down, 1), -0.3, np.float32), self.wall[:-down]])
        return lowered - inset - np.abs(self.aside)

    def _half(self, side: Side) -> Grid:
        return (self.aside < 0 if side == "right" else self.aside > 0).astype(np.float32)

    def thickness(self) -> Grid:
        """How much of the beam is stopped, at full size."""
        lung, heart = self.cavity, self._heart
        coarse = self._trunk() * (1 - lung) + lung * self._air() + self._middle_shadow()
        coarse += lung * self._illness() * (1 - np.float32(0.6) * heart)
        if self.findings.pneumothorax is not None:
            coarse += self._pleural_line()
        air = lung * (1 - self.collapsed) * (1 - np.float32(0.8) * heart)
        fine = seen_through(
            [(self._bones(), np.float32(0.4) + np.float32(0.6) * lung), (self._vessels(), air)],
            blur=1.0,
        )
        total = enlarged(coarse) + np.float32(0.27) * fine
        return total + devices(self.landmarks, self.findings)

    @cached_property
    def landmarks(self) -> Landmarks:
        """Where tubes and wires go."""
        return Landmarks(self.middle, self.body.apex + 0.225, self.body.chest_width, self.dome)

    def _trunk(self) -> Grid:
        fat, away = self.body.fat, np.abs(self.aside)
        outline = course(
            [0, 0.03, 0.07, 0.10, 0.135, 0.20, 1.0], [0.105, 0.11, 0.14, 0.24, 0.44, 0.58, 0.58]
        ) + np.float32(0.02 * fat)
        depth = np.clip((outline - away) * 9, 0, 1) * soft(outline - away, 0.01)
        arms = soft(away - (self.wall + np.float32(0.075 + 0.04 * fat)), 0.05)
        armpit = 0.42 * arms * soft(Y - np.float32(0.3), 0.15)
        below = soft(Y - self.floor, 0.012) * soft(
            np.float32(self.body.chest_width + 0.03) - away, 0.06
        )
        bubble = soft(disc(self.middle + 0.17, self.dome + 0.115, 0.065, 0.04), 0.35)
        belly = np.float32(0.55 + 0.2 * fat) * below - np.float32(0.35) * bubble
        trunk: Grid = depth * np.float32(0.92 + 0.35 * fat) - armpit + belly
        return trunk

    def _air(self) -> Grid:
        """The lungs and what lies before and behind them."""
        base = np.float32(0.27 + 0.10 * self.body.fat - 0.06 * self.findings.hyperinflation)
        lower = np.float32(0.12) * soft(Y - np.float32(0.5), 0.4)
        rim = np.float32(0.22) * soft(np.float32(0.03) - (self.wall - np.abs(self.aside)), 0.05)
        air = base + lower + rim
        if self.body.female:
            for sign in (-1, 1):
                breast = disc(self.middle + sign * 0.215, 0.60, 0.16, 0.145 + 0.03 * self.body.fat)
                air = air + np.float32(0.11 + 0.1 * self.body.fat) * soft(breast, 0.25)
        darker: Grid = air - np.float32(0.2) * self.collapsed
        return darker

    def _middle_shadow(self) -> Grid:
        """Heart, great vessels, hila, spine and windpipe."""
        away = np.abs(self.aside)
        upper = soft(course([0.0, 0.2, 0.4, 0.7], [0.03, 0.046, 0.058, 0.05]) - away, 0.03)
        knob = soft(disc(self.middle + 0.052, self.body.apex + 0.175, 0.042, 0.045), 0.25)
        trunk = soft(disc(self.middle + 0.05, self.body.apex + 0.26, 0.055, 0.075), 0.3)
        great = np.maximum(np.maximum(self._heart, knob), np.maximum(trunk, upper))
        above = soft(self.floor + np.float32(0.06) - Y, 0.1)
        chest = soft(Y - np.float32(self.body.apex - 0.03), 0.12)
        shadow = np.float32(0.74) * great * above * chest
        shadow = shadow + np.float32(0.16) * soft(np.float32(0.046) - away, 0.02) * self._spine()
        for sign, y in ((-1, 0.30), (1, 0.285)):
            shadow = shadow + np.float32(0.20 + 0.14 * self.findings.edema) * hill(
                self.middle + sign * 0.088, self.body.apex + y, 0.032, 0.06
            )
        return shadow - self._windpipe()

    @cached_property
    def _heart(self) -> Grid:
        half = self.body.heart * (1.07 if self.bedside else 1.0)
        if self.findings.cardiomegaly:
            half *= 1.28
        elif self.findings.hyperinflation:
            half *= 0.86
        width = half * 2 * self.body.chest_width
        scale, bottom = 0.83 * width / 0.151, self.dome + 0.065
        ventricle = disc(
            self.middle + 0.45 * width, bottom - 0.133 * scale, 0.165 * scale, 0.115 * scale,
            tilt=0.6,
        )  # fmt: skip
        atrium = disc(self.middle + 0.095 - 0.74 * width, bottom - 0.15, 0.095, 0.15)
        waist = disc(self.middle + 0.025, bottom - 0.23, 0.075, 0.14)
        left = np.maximum(soft(ventricle, 0.09), soft(waist, 0.2))
        return np.maximum(left, soft(atrium, 0.12))

    def _spine(self) -> Grid:
        discs = np.cos(Y * np.float32(2 * np.pi / 0.052)) > np.float32(0.86)
        blocks: Grid = np.float32(1) - np.float32(0.55) * discs.astype(np.float32)
        return blocks

    def _windpipe(self) -> Grid:
        fork = self.body.apex + 0.225
        pipe = soft(np.float32(0.021) - np.abs(self.aside), 0.012) * soft(fork - Y, 0.02)
        total = np.float32(0.45) * pipe
        for sign, slope in ((-1, 0.75), (1, 1.15)):
            line = np.float32(self.middle) + sign * (Y - np.float32(fork - 0.01)) * np.float32(
                slope
            )
            within = soft(np.float32(0.014) - np.abs(X - line), 0.014)
            total = total + np.float32(0.20) * within * soft(
                np.float32(0.05) - np.abs(Y - np.float32(fork + 0.035)), 0.02
            )
        return total

    def _illness(self) -> Grid:
        found, uneven = self.findings, rolled(clouds(), self.body.vessels)
        total = np.zeros_like(self.cavity)
        for zone, density in found.consolidation:
            aside, y, width, height = _ZONE[zone]
            y += (self.dome - 0.68) * (0.8 if "lower" in zone else 0.2)
            spot = hill(self.middle + aside, y, width * 0.75, height * (0.7 + 0.3 * density))
            ragged = np.clip(spot * (1.25 + 0.30 * uneven) - 0.22, 0, 1)
            total += np.float32(0.45 + 0.35 * density) * ragged
        if found.edema:
            total += self._edema(uneven)
        if found.bibasilar:
            total += self._bases(uneven)
        for side, size in (("right", found.effusion_right), ("left", found.effusion_left)):
            if size:
                total = self._flooded(total, "right" if side == "right" else "left", size)
        return total * (1 - self.collapsed)

    def _edema(self, uneven: Grid) -> Grid:
        level = self.findings.edema
        away = np.abs(self.aside)
        wings = np.exp(-(((away - 0.13) / 0.115) ** 2) - ((Y - 0.46) / 0.19) ** 2)
        mottled = np.clip(1 + 0.32 * uneven, 0.2, 2)
        haze: Grid = (level * (0.62 * wings * mottled + 0.15)).astype(np.float32)
        return haze

    def _bases(self, uneven: Grid) -> Grid:
        level = self.findings.bibasilar
        deep = np.clip(1 - (self.floor - Y) / 0.13, 0, 1) ** 1.3
        streaks = 0.75 + 0.25 * np.cos((Y - 0.25 * np.abs(self.aside)) * (2 * np.pi / 0.036))
        patchy = np.clip(0.8 + 0.35 * uneven, 0, 1.5)
        opaque: Grid = ((0.30 + 0.30 * level) * deep * streaks * patchy).astype(np.float32)
        return opaque

    def _flooded(self, total: Grid, side: Side, size: float) -> Grid:
        """Fluid that climbs the wall, higher at the side than in the middle."""
        wide = np.float32(self.body.chest_width)
        out = np.clip(np.abs(self.aside) / wide, 0, 1)
        climb = np.float32(0.05 + 0.06 * size) * np.exp((out - 1) / np.float32(0.16))
        level = np.float32(self.dome + 0.10 - 0.58 * size) - climb
        fluid = soft(Y - level, 0.028) * self._half(side)
        return total + fluid * np.float32(0.66)

    def _pleural_line(self) -> Grid:
        side = self.findings.pneumothorax
        assert side is not None
        edge = np.exp(-((self._lung_edge / 0.0045) ** 2)) * self._half(side)
        inside = soft(self.wall - np.abs(self.aside), 0.012) * soft(self.floor - Y, 0.02)
        away = soft(np.abs(self.aside) - np.float32(0.085), 0.03)
        line: Grid = np.float32(0.4) * edge.astype(np.float32) * inside * away
        return line

    def _bones(self) -> Image.Image:
        """Ribs, collar bones and shoulder blades, their edges brighter than their middle."""
        behind: list[Bone] = []
        before: list[Bone] = []
        for _, sign in _SIDES:
            behind += [Bone(self._rib(sign, n), 10.5, 0.75) for n in range(10)]
            before += [Bone(self._front_rib(sign, n), 12.5, 0.55) for n in range(1, 7)]
            collar = [(0.04, 0.075), (0.12, 0.055), (0.22, 0.02), (0.31, 0.01), (0.40, 0.03)]
            top = self.body.apex
            line = curve([(self.middle + sign * x, y + top) for x, y in collar])
            before.append(Bone(line, 13.5, 1.0))
        blades = [Bone(points, 9.0, 0.42) for points in self._shoulder_blades()]
        return crossing((behind, [*before, *blades]))

    def _rib(self, sign: int, number: int) -> list[Point]:
        top = self.body.apex - 0.005 + number * self.body.rib_gap
        reach = float(np.interp(top + 0.06, Y[:, 0], self.wall[:, 0]))
        reach = max(0.1, reach)
        slope = self.body.rib_slope * (0.02 + 0.006 * number)
        shape = ((0.05, 0.0), (0.35 * reach, -0.012), (0.68 * reach, slope * 0.35),
                 (0.92 * reach, slope + 0.02), (reach + 0.004, slope + 0.055))  # fmt: skip
        return curve([(self.middle + sign * x, top + y) for x, y in shape])

    def _front_rib(self, sign: int, number: int) -> list[Point]:
        top = self.body.apex + 0.035 + number * self.body.rib_gap * 1.25
        reach = max(0.1, float(np.interp(top, Y[:, 0], self.wall[:, 0])))
        fall = self.body.rib_slope * 0.085
        shape = ((reach + 0.002, 0.0), (0.85 * reach, 0.5 * fall), (0.62 * reach, 0.9 * fall),
                 (0.42 * reach, 1.05 * fall))  # fmt: skip
        return curve([(self.middle + sign * x, top + y) for x, y in shape])

    def _shoulder_blades(self) -> list[list[Point]]:
        out = 0.0 if self.bedside else 0.075
        edge = ((0.30, 0.17), (0.335, 0.27), (0.315, 0.38), (0.36, 0.27), (0.42, 0.18))
        return [curve([(self.middle + sign * (x + out), y) for x, y in edge]) for _, sign in _SIDES]

    def _vessels(self) -> Image.Image:
        """A tree from each hilum; the vessels of wet lungs are wider."""
        wider = 1 + 0.35 * self.findings.edema
        moved = (self.middle, self.body.apex + 0.295)
        return drawn(
            Stroke([(x + moved[0], y + moved[1]) for x, y in stroke.points],
                   stroke.width * wider, stroke.strength)
            for stroke in _tree(self.body.vessels)
        )  # fmt: skip


@lru_cache(maxsize=4)
def _tree(seed: int) -> tuple[Stroke, ...]:
    """The vessels of both lungs, placed from the middle of the hila."""
    drawing = random.Random(seed)
    strokes: list[Stroke] = []
    for _, sign in _SIDES:
        for angle in (-1.25, -0.72, -0.19, 0.34, 0.87, 1.4):
            twig = _Twig((sign * 0.085, 0.0), angle, 0.085, 4.6 + 0.9 * angle)
            _grow(strokes, drawing, twig, sign)
    return tuple(strokes)


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
