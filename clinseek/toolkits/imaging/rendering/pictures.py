"""Pixels as PNG files and as blocks of messages."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LONGEST_SIDE = 1568
_QUALITY = 90
_QUICK = 1
_GRID_LINES = 8
_GRID = (255, 210, 0)
_BAR = 4
_LETTER = 18
_TITLE_LINES = 3
_ROWS_AT_ONCE = 64

Colours = Literal["grey", "inverted"]


class Crop(NamedTuple):
    """A part of a picture in pixels: from the left and top to the right and bottom, exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, kw_only=True)
class View:
    """How a picture is shown."""

    crop: Crop | None = None
    zoom: float = 1.0
    grid: bool = False
    title: str = ""
    description: str = ""
    colours: Colours = "grey"
    longest: int | None = None


def to_8_bits(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Brightness from 0.0 to 1.0 as whole numbers from 0 to 255.

    >>> import numpy as np
    >>> to_8_bits(np.array([0.0, 0.5, 1.0], np.float32)).tolist()
    [0, 128, 255]
    """
    import numpy as np

    whole = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        whole[rows] = pixels[rows] * 255.0 + 0.5
    return whole


def image_of(pixels: NDArray[np.float32]) -> Image:
    """Grey or coloured pixels as a Pillow image."""
    from PIL import Image as Images

    return Images.fromarray(to_8_bits(pixels))


def shown(pixels: NDArray[np.float32], view: View) -> Image:
    """The picture cropped, zoomed, with its grid, and its title above it.

    The grid's numbers are pixels of the whole picture, so that a place can be named by them.
    """
    from PIL import Image as Images
    from PIL import ImageOps

    crop = view.crop or Crop(0, 0, pixels.shape[1], pixels.shape[0])
    image = image_of(pixels[crop.top : crop.bottom, crop.left : crop.right])
    if view.colours == "inverted":
        image = ImageOps.invert(image)
    factor = view.zoom
    if view.longest is not None:
        factor = min(factor, view.longest / max(image.size))
    if factor != 1.0:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        image = image.resize(size, Images.Resampling.LANCZOS)
    if view.grid:
        image = _with_grid(image.convert("RGB"), crop)
    return _with_title(image, view.title, view.description)


def png_of(image: Image) -> bytes:
    """The image as a PNG, without anything beside its pixels; quickly, not as small as can be."""
    written = io.BytesIO()
    image.info.clear()
    image.save(written, "PNG", compress_level=_QUICK)
    return written.getvalue()


def message_block(image: Image) -> dict[str, Any]:
    """The image as a block of a tool's answer: a JPEG of at most 1,568 pixels a side."""
    from PIL import Image as Images

    small = image.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Images.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=_QUALITY)
    return {
        "type": "image",
        "base64": base64.b64encode(written.getvalue()).decode("ascii"),
        "mime_type": "image/jpeg",
    }


def label(draw: ImageDraw, place: tuple[float, float], text: str, *, colour: Any) -> None:
    """A word on a picture, readable on bright and on dark."""
    from PIL import ImageFont

    font = ImageFont.load_default(size=_LETTER)
    draw.text(place, text, fill=colour, font=font, stroke_width=2, stroke_fill=(0, 0, 0))


def _with_grid(image: Image, crop: Crop) -> Image:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    for step in range(1, _GRID_LINES):
        across, down = image.width * step / _GRID_LINES, image.height * step / _GRID_LINES
        draw.line((across, 0, across, image.height), fill=_GRID, width=1)
        draw.line((0, down, image.width, down), fill=_GRID, width=1)
        column = crop.left + (crop.right - crop.left) * step / _GRID_LINES
        row = crop.top + (crop.bottom - crop.top) * step / _GRID_LINES
        label(draw, (across + 2, 2), f"{column:.0f}", colour=_GRID)
        label(draw, (2, down + 2), f"{row:.0f}", colour=_GRID)
    return image


def _with_title(image: Image, title: str, description: str) -> Image:
    """The picture under a bar with its title; the picture itself is never written on."""
    from PIL import Image as Images
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=_LETTER)
    lines = [
        line
        for text in (title, description)
        for line in _wrapped(text, lambda words: font.getlength(words) <= image.width - 2 * _BAR)
    ][:_TITLE_LINES]
    if not lines:
        return image
    height = len(lines) * (_LETTER + _BAR) + 2 * _BAR
    whole = Images.new(image.mode, (image.width, image.height + height))
    whole.paste(image, (0, height))
    draw = ImageDraw.Draw(whole)
    white: Any = 255 if image.mode == "L" else (255, 255, 255)
    for number, line in enumerate(lines):
        draw.text((_BAR, _BAR + number * (_LETTER + _BAR)), line, fill=white, font=font)
    return whole


def _wrapped(text: str, fits: Any) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and fits(f"{lines[-1]} {word}"):
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines
