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
    scaled = square * np.float32(2 * SPAN) - np.float32(SPAN)
    blocks = _resizing(side, size)
    return np.ascontiguousarray(_multiplied(blocks, _multiplied(blocks, scaled).T).T)[None]


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
    matrix = _matrix(before, after)
    blocks = []
    for first in range(0, after, _BLOCK):
        rows = matrix[first : first + _BLOCK]
        used = np.flatnonzero(rows.any(axis=0))
        low, high = (int(used[0]), int(used[-1]) + 1) if used.size else (0, 1)
        blocks.append(_Block(low, np.ascontiguousarray(rows[:, low:high])))
    return tuple(blocks)


def _matrix(before: int, after: int) -> Floats:
    """The whole matrix, (after, before). What lies outside the picture counts as 0."""
    factor = before / after
    smoothed = _gaussian(before, max(0.0, (factor - 1.0) / 2.0))
    places = (np.arange(after) + 0.5) * factor - 0.5
    left = np.floor(places).astype(int)
    share = places - left
    resized = np.zeros((after, before))
    for column, weight in ((left, 1.0 - share), (left + 1, share)):
        inside = (column >= 0) & (column < before)
        resized[inside] += weight[inside, None] * smoothed[column[inside]]
    return resized.astype(np.float32)


def _gaussian(size: int, sigma: float) -> NDArray[np.float64]:
    """The matrix of a Gaussian along one axis, its tails cut off at four sigma."""
    radius = int(_TRUNCATE * sigma + 0.5)
    if sigma <= 0.0 or radius == 0:
        return np.eye(size)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 / sigma**2 * offsets**2)
    kernel /= kernel.sum()
    distance = np.arange(size)[None, :] - np.arange(size)[:, None]
    held = np.abs(distance) <= radius
    matrix = np.zeros((size, size))
    matrix[held] = kernel[distance[held] + radius]
    return matrix
