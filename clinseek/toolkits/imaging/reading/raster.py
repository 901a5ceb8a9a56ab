"""PNG and JPEG, from 8 to 16 bits."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from contextlib import suppress
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

MOST_PIXELS = 30_000_000
"""Half as many again as the largest chest film has: a detector of 43 cm has 18 million at 0.1 mm, a
film that was scanned some 20 million. So many of three colours take about 0.6 GB as they are read.
"""
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
_SPECKS = 0.005
"""The part of a grey picture's pixels whose channels may differ by more."""
_ROWS_AT_ONCE = 64


def read_raster(
    file: ImageFile,
    kind: Kind,
    *,
    window: Window | None = None,
    colour: bool = False,
    admit: Admit | None = None,
) -> Picture:
    """The picture; Refusal where it is broken, cut off, too large, animated, or in colour."""
    values, deep = _decoded(file, admit)
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


def _decoded(file: ImageFile, admit: Admit | None) -> tuple[NDArray[Any], bool]:
    """The values, and whether they are deep; what Pillow held of them is given back."""
    opened = _opened(file)
    with opened:
        if admit is not None:
            admit(opened.height * opened.width)
        return _values(opened, file.name), opened.mode in _DEEP


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
            _turn_upright(opened)
            return _channels(opened)
    except _UNREADABLE:
        raise Refusal(f"{name} is cut off or broken: its pixels cannot be decoded") from None


def _turn_upright(opened: Image) -> None:
    """Turn the image as its Exif says; leave it where that cannot be read."""
    from PIL import ImageOps

    with suppress(*_UNREADABLE):
        ImageOps.exif_transpose(opened, in_place=True)


def _channels(upright: Image) -> NDArray[Any]:
    if upright.mode in (*_DEEP, "L"):
        return np.asarray(upright)
    if upright.mode == "1":
        return np.asarray(upright.convert("L"))
    if upright.mode in ("LA", "La"):
        return np.asarray(upright.convert("LA"))[..., 0]
    colours = np.asarray(upright if upright.mode == "RGB" else upright.convert("RGB"))
    return colours[..., 1] if _is_grey(colours) else colours


def _is_grey(colours: NDArray[Any]) -> bool:
    """Whether the channels are the same but for specks; looked at by a few rows at a time."""
    apart = 0
    for top in range(0, len(colours), _ROWS_AT_ONCE):
        red, green, blue = np.moveaxis(colours[top : top + _ROWS_AT_ONCE], 2, 0)
        most = np.maximum(np.maximum(red, green), blue)
        least = np.minimum(np.minimum(red, green), blue)
        apart += int(np.count_nonzero(most - least > _SAME))
    return apart <= _SPECKS * colours[..., 0].size
