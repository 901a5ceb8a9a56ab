"""PNG and JPEG, from 8 to 16 bits."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.imaging.reading.levels import between, percentile_bounds, windowed
from clinseek.toolkits.imaging.reading.picture import Kind, Picture, Window
from clinseek.toolkits.imaging.reading.room import Admit
from clinseek.toolkits.imaging.reading.roots import ImageFile

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 100_000_000
"""A radiograph has some 10 million; 20,000 x 20,000 would take 1.6 GB as it is read."""
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_SAME = 12
"""Values of 255 by which the channels of a grey picture may differ once JPEG has stored them."""


def read_raster(
    file: ImageFile,
    kind: Kind,
    *,
    window: Window | None = None,
    colour: bool = False,
    admit: Admit | None = None,
) -> Picture:
    """The picture; Refusal where it is broken, cut off, too large, animated, or in colour."""
    opened = _opened(file)
    with opened:
        if admit is not None:
            admit(opened.height * opened.width)
        deep = opened.mode in _DEEP
        values = _values(opened, file.name)
    if values.ndim == 3 and not colour:
        raise Refusal(
            f"{file.name} is a colour picture, so it is no radiograph as a detector gives it; "
            "its red, green and blue differ"
        )
    notes: tuple[str, ...] = ()
    if window is not None and values.ndim == 2:
        pixels = windowed(values, window)
    elif deep:
        pixels = between(values, *percentile_bounds(values))
        notes = ("16 bits without a window: shown between the 1st and the 99th percentile",)
    else:
        pixels = between(values, 0.0, 255.0)
    return Picture(
        pixels=pixels,
        kind=kind,
        sha256=file.sha256,
        bits=16 if deep else 8,
        photometric="RGB" if values.ndim == 3 else "MONOCHROME2",
        window=window,
        warnings=notes,
    )


def check_size(rows: int, columns: int, name: str) -> None:
    """Refusal for a picture without pixels or with more than are ever decoded."""
    if rows <= 0 or columns <= 0:
        raise Refusal(f"{name} has {columns} x {rows} pixels: it holds no image")
    if rows * columns > MOST_PIXELS:
        raise Refusal(
            f"{name} has {columns:,} x {rows:,} pixels; images of at most {MOST_PIXELS:,} are read"
        )


def _opened(file: ImageFile) -> Image:
    try:
        from PIL import Image
    except ImportError:
        raise SettingError(
            "images need Pillow; install it with: pip install 'clinseek[imaging]'"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(file.content), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        raise Refusal(
            f"{file.name} has too many pixels; images of at most {MOST_PIXELS:,} are read"
        ) from None
    except _UNREADABLE:
        raise Refusal(f"{file.name} cannot be read as an image: it is broken") from None
    check_size(opened.height, opened.width, file.name)
    if getattr(opened, "n_frames", 1) > 1:
        raise Refusal(f"{file.name} has several frames; save the one that matters as a PNG")
    return opened


def _values(opened: Image, name: str) -> NDArray[Any]:
    """Grey values of two axes, or colours of three; the right way up."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is answered here
            opened.load()
            return _channels(_upright(opened))
    except _UNREADABLE:
        raise Refusal(f"{name} is cut off or broken: its pixels cannot be decoded") from None


def _upright(opened: Image) -> Image:
    """The image turned as its Exif says; as it is where that cannot be read."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(opened)
    except _UNREADABLE:
        return opened


def _channels(upright: Image) -> NDArray[Any]:
    if upright.mode in (*_DEEP, "L"):
        return np.asarray(upright)
    if upright.mode == "1":
        return np.asarray(upright.convert("L"))
    if upright.mode in ("LA", "La"):
        return np.asarray(upright.convert("LA"))[..., 0]
    colours = np.asarray(upright.convert("RGB"))
    spread = colours.max(axis=2).astype(np.int16) - colours.min(axis=2)
    if int(np.percentile(spread, 99.5)) <= _SAME:
        return colours[..., 1]
    return colours
