"""Masks and boxes over a radiograph, each in its colour, with a legend beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinseek.toolkits.imaging.rendering.pictures import image_of, label

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 1024
_TINT = 64
_EDGE = 5
_ROW = 28
_SWATCH = 18
_COLUMN = 230
_COLOURS = (
    (230, 25, 75),
    (60, 180, 75),
    (0, 130, 200),
    (245, 130, 48),
    (145, 30, 180),
    (70, 240, 240),
    (240, 50, 230),
    (210, 245, 60),
    (250, 190, 212),
    (0, 128, 128),
    (220, 190, 255),
    (170, 110, 40),
    (255, 250, 200),
    (128, 128, 0),
)


class Rectangle(NamedTuple):
    """Left, top, right and bottom in pixels of the whole picture, and a name."""

    edges: tuple[float, float, float, float]
    name: str


def with_masks(pixels: NDArray[np.float32], masks: Mapping[str, NDArray[np.bool_]]) -> Image:
    """The picture, at most 1,024 pixels long, with each mask tinted and outlined."""
    from PIL import Image as Images
    from PIL import ImageChops, ImageFilter

    base = _base(pixels)
    for number, (_, mask) in enumerate(masks.items()):
        stencil = Images.fromarray(mask.astype(np.uint8) * 255).resize(
            base.size, Images.Resampling.NEAREST
        )
        inner = stencil.filter(ImageFilter.MinFilter(_EDGE))
        edge = ImageChops.subtract(stencil, inner)
        colour = Images.new("RGB", base.size, _colour(number))
        base.paste(colour, mask=stencil.point(lambda value: _TINT if value else 0))
        base.paste(colour, mask=edge)
    return _with_legend(base, tuple(masks))


def with_boxes(pixels: NDArray[np.float32], boxes: Sequence[Rectangle]) -> Image:
    """The picture, at most 1,024 pixels long, with each box drawn and named."""
    from PIL import ImageDraw

    base = _base(pixels)
    scale = base.width / pixels.shape[1]
    names = tuple(dict.fromkeys(box.name for box in boxes))
    draw = ImageDraw.Draw(base)
    for number, box in enumerate(boxes, start=1):
        colour = _colour(names.index(box.name))
        corners = tuple(round(edge * scale) for edge in box.edges)
        draw.rectangle(corners, outline=colour, width=3)
        label(draw, (corners[0] + 4, corners[1] + 2), str(number), colour=colour)
    return _with_legend(base, names)


def _base(pixels: NDArray[np.float32]) -> Image:
    base = image_of(pixels)
    base.thumbnail((LONGEST, LONGEST))
    return base.convert("RGB")


def _colour(number: int) -> tuple[int, int, int]:
    return _COLOURS[number % len(_COLOURS)]


def _with_legend(base: Image, names: Sequence[str]) -> Image:
    from PIL import Image as Images
    from PIL import ImageDraw

    if not names:
        return base
    columns = max(1, base.width // _COLUMN)
    rows = -(-len(names) // columns)
    whole = Images.new("RGB", (base.width, base.height + rows * _ROW + 6))
    whole.paste(base)
    draw = ImageDraw.Draw(whole)
    for number, name in enumerate(names):
        left = number % columns * _COLUMN + 6
        top = base.height + 6 + number // columns * _ROW
        draw.rectangle((left, top, left + _SWATCH, top + _SWATCH), fill=_colour(number))
        label(draw, (left + _SWATCH + 6, top - 2), name, colour=(255, 255, 255))
    return whole
