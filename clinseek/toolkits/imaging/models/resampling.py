"""Pixels to what the networks take, as torchxrayvision prepares them.

Its recipe (`XRayCenterCrop`, then `XRayResizer`, by scikit-image's `resize` with mode "constant")
is a Gaussian and a linear interpolation along each axis. Both are linear, so here each axis is one
banded matrix, multiplied block by block: the same numbers without scikit-image.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SPAN = 1024.0
"""torchxrayvision's models take values from -1024 to 1024."""
_TRUNCATE = 4.0
_BLOCK = 16


def network_input(pixels: Floats, size: int) -> Floats:
    """The middle square of a picture as (1, size, size), from -1024.0 (dark) to 1024.0 (bright).

    >>> network_input(np.ones((300, 200), np.float32), 100).shape
    (1, 100, 100)
    """
    top, left, side = middle_square(*pixels.shape)
    square = pixels[top : top + side, left : left + side]
    blocks = _resizing(side, size)
    resized = _multiplied(blocks, _multiplied(blocks, square).T).T * np.float32(2 * SPAN)
    # Scaled after it was resized, as that takes no copy of the whole picture: what lies outside
    # counts as 0 once it is scaled, so -1024 is taken off by as much of the picture as is inside.
    inside = np.concatenate([rows.sum(axis=1) for _, rows in blocks])
    resized -= np.outer(inside, inside) * np.float32(SPAN)
    return np.ascontiguousarray(resized)[None]


def middle_square(rows: int, columns: int) -> tuple[int, int, int]:
    """The top, the left and the side of the largest square in the middle.

    >>> middle_square(300, 200), middle_square(5, 8)
    ((50, 0, 200), (0, 2, 5))
    """
    side = min(rows, columns)
    return rows // 2 - side // 2, columns // 2 - side // 2, side


class _Block(NamedTuple):
    """Some rows of a banded matrix: the columns from `first` in which they are not zero."""

    first: int
    rows: Floats


def _multiplied(blocks: Sequence[_Block], values: Floats) -> Floats:
    parts = [rows @ values[first : first + rows.shape[1]] for first, rows in blocks]
    return np.concatenate(parts)


@lru_cache(maxsize=16)
def _resizing(before: int, after: int) -> tuple[_Block, ...]:
    """What resizes one axis from `before` values to `after`, as blocks of a banded matrix."""
    kernel = _gaussian(max(0.0, (before / after - 1.0) / 2.0))
    places = (np.arange(after, dtype=np.float64) + 0.5) * (before / after) - 0.5
    return tuple(
        _block(places[first : first + _BLOCK], kernel, before) for first in range(0, after, _BLOCK)
    )


def _block(places: NDArray[np.float64], kernel: NDArray[np.float64], before: int) -> _Block:
    """Some rows of the matrix. What lies outside the picture counts as 0."""
    radius = kernel.size // 2
    left = np.floor(places).astype(int)
    share = (places - left)[:, None]
    low, high = max(0, int(left[0]) - radius), min(before, int(left[-1]) + 2 + radius)
    rows = np.zeros((places.size, high - low))
    for middle, weight in ((left, 1.0 - share), (left + 1, share)):
        distance = np.arange(low, high)[None, :] - middle[:, None]
        inside = (middle >= 0) & (middle < before)
        held = (np.abs(distance) <= radius) & inside[:, None]
        rows += weight * np.where(held, kernel[np.clip(distance, -radius, radius) + radius], 0.0)
    return _Block(low, rows.astype(np.float32))


def _gaussian(sigma: float) -> NDArray[np.float64]:
    """The weights of a Gaussian, its tails cut off at four sigma; a single 1 for none."""
    radius = int(_TRUNCATE * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    kernel = np.exp(-0.5 / sigma**2 * np.arange(-radius, radius + 1) ** 2)
    weights: NDArray[np.float64] = kernel / kernel.sum()
    return weights
