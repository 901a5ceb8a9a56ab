"""The chest from the front or the back: the patient's right is on the left of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clinseek.toolkits.ehr.synthetic.films.drawing.body import Body, Exposure
from clinseek.toolkits.ehr.synthetic.films.drawing.canvas import (
    Grid,
    X,
    Y,
    clouds,
    contour,
    course,
    disc,
    enlarged,
    hill,
    moved,
    part,
    seen_through,
    soft,
)
from clinseek.toolkits.ehr.synthetic.films.drawing.devices import Landmarks, devices
from clinseek.toolkits.ehr.synthetic.films.drawing.skeleton import (
    skeleton,
    vessel_trees,
    wall_of,
)
from clinseek.toolkits.ehr.synthetic.films.findings import Findings, Side

_ZONE = {
    "right upper": (-0.19, 0.33, 0.13, 0.10),
    "right lower": (-0.18, 0.60, 0.14, 0.10),
    "left upper": (0.20, 0.32, 0.12, 0.10),
    "left lower": (0.265, 0.55, 0.10, 0.10),
}
"""Centre from the midline and from the top, half width and half height."""
_DOME = (
    (0.05, 0.055), (0.2, 0.035), (0.38, 0.008), (0.55, 0.0), (0.75, 0.022), (0.9, 0.07),
    (1.02, 0.135), (1.15, 0.26), (1.3, 0.6),
)  # fmt: skip
"""How far the diaphragm lies below its dome, by the share of the way to the side."""


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
        return course(*wall_of(self.body))

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
        side = self.findings.pneumothorax
        if side is None:
            return np.zeros_like(self.cavity)
        return soft(-self._lung_edge, 0.006) * self.cavity * self._half(side)

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
        coarse += lung * self._illness() * (1 - np.float32(0.35) * heart)
        if self.findings.pneumothorax is not None:
            coarse += self._pleural_line(self.findings.pneumothorax)
        air = lung * (1 - self.collapsed) * (1 - np.float32(0.8) * heart)
        bones = moved(skeleton(self.body, bedside=self.bedside), self.exposure.shift)
        wet = self.findings.edema > 0
        vessels = moved(
            vessel_trees(self.body.vessels, self.body.apex, wet=wet), self.exposure.shift
        )
        fine = seen_through(
            [(bones, np.float32(0.4) + np.float32(0.6) * lung), (vessels, air)], blur=1.0
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
        half = self.body.heart * (1.03 if self.bedside else 1.0)
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
        found, uneven = self.findings, part(clouds(), self.body.vessels)
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

    def _pleural_line(self, side: Side) -> Grid:
        edge = np.exp(-((self._lung_edge / 0.0045) ** 2)) * self._half(side)
        inside = soft(self.wall - np.abs(self.aside), 0.012) * soft(self.floor - Y, 0.02)
        away = soft(np.abs(self.aside) - np.float32(0.085), 0.03)
        line: Grid = np.float32(0.4) * edge.astype(np.float32) * inside * away
        return line
