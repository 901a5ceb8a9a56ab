"""image.chest_xray_segmentation: masks as measurements, and an overlay to check them by eye."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinseek.toolkits.imaging.actions.answer import Answer, Bench, about, made_of
from clinseek.toolkits.imaging.actions.classification import training_of
from clinseek.toolkits.imaging.actions.film import Film
from clinseek.toolkits.imaging.actions.parts import Mask, Parts, parts_of
from clinseek.toolkits.imaging.arguments import ORGANS, SegmentChestXray, organs_named
from clinseek.toolkits.imaging.models.resampling import middle_square, network_input
from clinseek.toolkits.imaging.reading import Picture, Spacing
from clinseek.toolkits.imaging.rendering.overlays import with_masks
from clinseek.toolkits.imaging.weights.catalogue import SEGMENTER

SIZE = 512
_THRESHOLD = 0.5
_MM2_OF_A_CM2 = 100.0
_NO_SPACING = "the file tells no pixel spacing, so no area in cm2 is given"
_THORAX = ("Left Lung", "Right Lung", "Heart")

Halves = NDArray[np.float16]


def segment(bench: Bench, asked: SegmentChestXray, film: Film) -> Answer:
    """The structures asked for, each measured on the picture's own pixels."""
    wanted = organs_named(asked.organs)
    picture = film.radiograph()
    chances = bench.engine.chances(network_input(picture.pixels, SIZE), picture.sha256)
    seen = {organ: chances[ORGANS.index(organ)] for organ in wanted}
    parts = {organ: parts_of(values > _THRESHOLD) for organ, values in seen.items()}
    masks = {organ: whole_mask(part.kept, picture) for organ, part in parts.items()}
    output: dict[str, Any] = {
        "organs": {
            organ: _measured(mask, seen[organ][parts[organ].kept], picture)
            | _stray(parts[organ].stray)
            for organ, mask in masks.items()
        }
    }
    output |= _cardiothoracic(parts, picture)
    metadata = about(picture, tool=asked.tool, engine=bench.engine)
    metadata |= {"model": "PSPNet of ChestX-Det (torchxrayvision)", "threshold": _THRESHOLD}
    metadata["area"] = _NO_SPACING if picture.spacing is None else picture.spacing.measured
    metadata |= training_of(SEGMENTER.trained_on, bench.benchmark)
    found = {organ: mask for organ, mask in masks.items() if mask.any()}
    drawn = made_of(with_masks(picture.pixels, found))
    return Answer(output, metadata, drawn, path_key="segmentation_image_path")


def whole_mask(seen: Mask, picture: Picture) -> Mask:
    """A mask of the square that was seen, on the whole picture; nothing outside the square."""
    top, left, side = middle_square(picture.rows, picture.columns)
    size = seen.shape[0]
    places = ((np.arange(side) + 0.5) * size / side).astype(int)
    mask = np.zeros((picture.rows, picture.columns), dtype=bool)
    mask[top : top + side, left : left + side] = seen[np.ix_(places, places)]
    return mask


def _measured(mask: Mask, chances: Halves, picture: Picture) -> dict[str, Any]:
    by_row, by_column = mask.sum(axis=1), mask.sum(axis=0)
    area = int(by_row.sum())
    if area == 0:
        return {"found": False}
    row = float((by_row * np.arange(by_row.size)).sum() / area)
    column = float((by_column * np.arange(by_column.size)).sum() / area)
    top, bottom = _extent(by_row)
    left, right = _extent(by_column)
    inside = picture.pixels[mask]
    told: dict[str, Any] = {"found": True, "area_pixels": area}
    if picture.spacing is not None:
        told["area_cm2"] = round(_square_cm(area, picture.spacing), 2)
    return told | {
        "centroid": [round(column, 1), round(row, 1)],
        "bbox": [left, top, right, bottom],
        "width": right - left,
        "height": bottom - top,
        "aspect_ratio": round((right - left) / (bottom - top), 3),
        "relative_position": {
            "left": round(column / picture.columns, 3),
            "top": round(row / picture.rows, 3),
        },
        "mean_intensity": round(float(inside.mean(dtype=np.float64)), 4),
        "std_intensity": round(float(inside.std(dtype=np.float64)), 4),
        "confidence_score": round(float(chances.mean(dtype=np.float64)), 4),
    }


def _extent(counts: NDArray[Any]) -> tuple[int, int]:
    """The first place and the one after the last at which something is."""
    held = np.flatnonzero(counts)
    return int(held[0]), int(held[-1]) + 1


def _square_cm(pixels: int, spacing: Spacing) -> float:
    return pixels * spacing.row_mm * spacing.column_mm / _MM2_OF_A_CM2


def _stray(share: float) -> dict[str, Any]:
    """What share of a structure's points lay apart from it and was measured nowhere."""
    return {"stray_share_left_out": max(0.0001, round(share, 4))} if share else {}


def _cardiothoracic(parts: dict[str, Parts], picture: Picture) -> dict[str, Any]:
    """The heart's width over that of both lungs together, where all three were found.

    Of each the largest connected part counts: one stray point would make a heart of any width.
    """
    if not all(organ in parts and parts[organ].largest.any() for organ in _THORAX):
        return {}
    left, right, heart = (
        whole_mask(parts[organ].largest, picture).sum(axis=0) for organ in _THORAX
    )
    outer, inner = _extent(left + right), _extent(heart)
    ratio = (inner[1] - inner[0]) / (outer[1] - outer[0])
    told: dict[str, Any] = {"value": round(ratio, 3), "measured": "heart width over lungs' width"}
    if picture.view == "AP":
        told["caution"] = "AP view: the heart is projected larger than it is"
    elif picture.view != "PA":
        told["caution"] = "the ratio means what it is said to mean on PA views only"
    return {"cardiothoracic_ratio": told}
