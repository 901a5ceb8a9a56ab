"""The chest from the side: the breastbone on the left of the picture, the spine on the right."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

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
    lines,
    part,
    seen_through,
    soft,
)
from clinseek.toolkits.ehr.synthetic.films.findings import Findings

if TYPE_CHECKING:
    from PIL import Image

_ZONE = {"upper": (0.50, 0.32, 0.13, 0.10), "lower": (0.66, 0.66, 0.11, 0.10)}


@dataclass(frozen=True)
class Lateral:
    """One lateral film in the making."""

    body: Body
    exposure: Exposure
    findings: Findings

    @cached_property
    def _front(self) -> Grid:
        fat = 0.03 * self.body.fat + (0.015 if self.body.female else 0.0)
        at = [0.36, 0.36, 0.26, 0.205 - fat, 0.175 - fat, 0.165 - fat, 0.14 - 1.5 * fat]
        return course([0, 0.06, 0.14, 0.28, 0.45, 0.65, 1.0], at) + np.float32(self.exposure.shift)

    @cached_property
    def _back(self) -> Grid:
        at = [0.66, 0.67, 0.78, 0.86, 0.885, 0.87, 0.85]
        shift = np.float32(0.02 * self.body.fat + self.exposure.shift)
        return course([0, 0.06, 0.16, 0.30, 0.5, 0.75, 1.0], at) + shift

    @cached_property
    def _spine(self) -> Grid:
        at = [0.60, 0.63, 0.715, 0.755, 0.745, 0.69]
        return course([0, 0.10, 0.28, 0.5, 0.7, 1.0], at) + np.float32(self.exposure.shift)

    @cached_property
    def _floor(self) -> Grid:
        """Height of the diaphragm, by column: it falls off to the back."""
        flat = 0.35 if self.findings.hyperinflation else 1.0
        dome = self.body.diaphragm + (0.05 if self.findings.hyperinflation else 0.0)
        drops = (0.05, 0.03, 0.005, 0.0, 0.012, 0.04, 0.09, 0.17, 0.22)
        at = (0.12, 0.2, 0.29, 0.38, 0.47, 0.57, 0.67, 0.79, 0.9)
        heights = [
            dome + (flat * d if x < 0.7 else 0.75 * d) for x, d in zip(at, drops, strict=True)
        ]
        shift = self.exposure.shift
        return contour([x + shift for x in at], heights)

    @cached_property
    def _cavity(self) -> Grid:
        before = self._front + np.float32(0.045)
        behind = self._back - np.float32(0.055)
        top = self.body.apex + 0.02
        dome = contour([0.2, 0.36, 0.5, 0.62, 0.78], [top + 0.14, top + 0.03, top, top + 0.01,
                                                     top + 0.12])  # fmt: skip
        inside = soft(X - before, 0.02) * soft(behind - X, 0.02)
        return inside * soft(Y - dome, 0.03) * soft(self._floor - Y, 0.012)

    def thickness(self) -> Grid:
        """How much of the beam is stopped, at full size."""
        lung = self._cavity
        coarse = self._trunk() * (1 - lung) + lung * np.float32(0.36 + 0.12 * self.body.fat)
        coarse += self._shadows() + lung * self._illness()
        fine = seen_through(
            [(self._bones(), np.float32(0.35) + np.float32(0.5) * lung), (self._vessels(), lung)],
            blur=1.2,
        )
        total = enlarged(coarse) + np.float32(0.24) * fine
        implants = [*self._implants()]
        return total + np.float32(0.9) * lines(implants, blur=0.6) if implants else total

    def _trunk(self) -> Grid:
        inside = np.minimum(X - self._front, self._back - X)
        depth = np.clip(inside * 8, 0, 1) * soft(inside, 0.01)
        belly = np.float32(0.5) * soft(Y - self._floor, 0.012) * soft(inside - 0.03, 0.05)
        arms = np.float32(0.28) * soft(np.float32(0.17) - Y, 0.06)
        trunk: Grid = depth * (np.float32(0.95 + 0.3 * self.body.fat) + arms) + belly
        return trunk

    def _shadows(self) -> Grid:
        """Heart, arch, hila, spine, breastbone, windpipe."""
        shift = self.exposure.shift
        size = self.body.heart / 0.228
        if self.findings.cardiomegaly:
            size *= 1.22
        elif self.findings.hyperinflation:
            size *= 0.86
        low = self.body.diaphragm + 0.025
        heart = disc(0.245 + 0.115 * size + shift, low - 0.125 * size, 0.165 * size, 0.12 * size,
                     tilt=-0.75)  # fmt: skip
        above = soft(self._floor + np.float32(0.05) - Y, 0.08)
        total = np.float32(0.58) * soft(heart, 0.2) * above
        total = total + np.float32(0.16) * hill(0.50 + shift, 0.45, 0.055, 0.06)
        ring = np.abs(disc(0.53 + shift, 0.40, 0.105, 0.115)) * 0.1
        total = total + np.float32(0.13) * soft(np.float32(0.03) - ring, 0.02) * soft(
            np.float32(0.40) - Y, 0.06
        )
        discs = np.cos((Y + 0.1 * (X - 0.7)) * np.float32(2 * np.pi / 0.062)) > np.float32(0.80)
        block = np.float32(1) - np.float32(0.6) * discs.astype(np.float32)
        column = soft(np.float32(0.043) - np.abs(X - self._spine), 0.014)
        total = total + column * block * course([0, 0.3, 0.7, 1], [0.42, 0.36, 0.2, 0.3])
        bone = soft(np.float32(0.012) - np.abs(X - self._front - np.float32(0.022)), 0.012)
        total = total + np.float32(0.25) * bone * soft(np.float32(0.22) - np.abs(Y - 0.42), 0.05)
        pipe = np.float32(0.50 + shift) + np.float32(0.07) * (Y - np.float32(0.1))
        dark = soft(np.float32(0.02) - np.abs(X - pipe), 0.014) * soft(np.float32(0.42) - Y, 0.05)
        return total - np.float32(0.15) * dark

    def _illness(self) -> Grid:
        found, uneven = self.findings, part(clouds(), self.body.vessels)
        total = np.zeros_like(self._cavity)
        for zone, density in found.consolidation:
            x, y, width, height = _ZONE[zone.split()[1]]
            spot = hill(x + self.exposure.shift, y, 0.8 * width, 0.85 * height)
            total += np.float32(0.35 + 0.3 * density) * np.clip(
                spot * (1.25 + 0.3 * uneven) - 0.2, 0, 1
            )
        if found.edema:
            haze = hill(0.5, 0.47, 0.2, 0.2) * np.clip(1 + 0.3 * uneven, 0.2, 2)
            total += np.float32(found.edema) * (np.float32(0.4) * haze + np.float32(0.1))
        if found.bibasilar:
            deep = np.clip(1 - (self._floor - Y) / 0.12, 0, 1)
            total += np.float32(0.25 + 0.25 * found.bibasilar) * deep
        size = max(found.effusion_left, found.effusion_right)
        if size:
            level = (
                np.float32(0.86 - 0.62 * size)
                - np.float32(0.1) * np.clip((X - 0.6) / 0.25, 0, 1) ** 2
            )
            total += np.float32(0.6) * soft(Y - level, 0.03)
        return total

    def _bones(self) -> Image.Image:
        near: list[Bone] = []
        far: list[Bone] = []
        for number in range(7):
            top = self.body.apex + 0.03 + number * 1.3 * self.body.rib_gap
            line = [(0.83, top), (0.74, top + 0.035), (0.56, top + 0.13), (0.34, top + 0.20)]
            near.append(Bone(curve([(x + self.exposure.shift, y) for x, y in line]), 9.0, 0.5))
            behind = [(x + self.exposure.shift + 0.02, y + 0.035) for x, y in line[:3]]
            far.append(Bone(curve(behind), 10.0, 0.32))
        return crossing((near, far))

    def _vessels(self) -> Image.Image:
        strokes: list[Stroke] = []
        for number in range(12):
            angle = -2.7 + 0.43 * number
            x, y = 0.50 + self.exposure.shift, 0.45
            points: list[Point] = []
            for step in range(5):
                angle += 0.3 * math.sin(number * 2.1 + step + self.body.vessels % 7)
                x, y = x + 0.033 * math.cos(angle), y + 0.033 * math.sin(angle)
                points.append((x, y))
            strokes += [Stroke(points, 2, 0.3), Stroke(points[:3], 4, 0.42)]
        return drawn(strokes)

    def _implants(self) -> Iterator[Stroke]:
        shift = self.exposure.shift
        if self.findings.pacemaker:
            yield Stroke([(0.215 + shift, 0.19), (0.235 + shift, 0.27)], 11, 1.0)
            lead = [(0.235, 0.19), (0.34, 0.17), (0.44, 0.28), (0.45, 0.45), (0.40, 0.58),
                    (0.29, 0.62)]  # fmt: skip
            yield Stroke(curve([(x + shift, y) for x, y in lead]), 2, 0.85)
            short = [*lead[:4], (0.42, 0.53), (0.37, 0.50)]
            yield Stroke(curve([(x + shift + 0.005, y) for x, y in short]), 2, 0.85)
        if self.findings.sternal_wires:
            for number in range(6):
                y = 0.27 + 0.055 * number
                x = float(np.interp(y, Y[:, 0], self._front[:, 0])) + 0.022
                yield Stroke(
                    [(x - 0.012, y), (x + 0.012, y + 0.004), (x - 0.01, y + 0.008)], 2, 0.9
                )
