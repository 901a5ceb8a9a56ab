"""Stored values to brightness from 0.0 to 1.0: windows, full ranges, percentiles."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clinseek.toolkits.imaging.reading.picture import Window

VoiFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]

DARKEST, BRIGHTEST = 1.0, 99.0
"""Percentiles between which values are shown that come with no window."""
_SAMPLE = 250_000


def windowed(
    values: NDArray[Any], window: Window, function: VoiFunction = "LINEAR"
) -> NDArray[np.float32]:
    """Values as brightness, by the window functions of DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.

    The width must be above 0, and at least 1 for LINEAR.

    >>> windowed(np.array([0.0, 50.0, 100.0]), Window(50.5, 101.0)).round(3).tolist()
    [0.0, 0.5, 1.0]
    """
    shown: NDArray[np.float32] = values.astype(np.float32)
    center, width = window
    if function == "SIGMOID":
        shown -= np.float32(center)
        shown *= np.float32(-4.0 / width)
        np.clip(shown, -80.0, 80.0, out=shown)
        np.exp(shown, out=shown)
        shown += np.float32(1.0)
        np.reciprocal(shown, out=shown)
        return shown
    if function == "LINEAR":
        center, width = center - 0.5, width - 1.0
    if width <= 0:  # LINEAR of width 1 is a step
        return (shown > np.float32(center)).astype(np.float32)
    shown -= np.float32(center - width / 2)
    shown *= np.float32(1.0 / width)
    np.clip(shown, 0.0, 1.0, out=shown)
    return shown


def between(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Values as brightness, `low` and what is below it dark, `high` and what is above it bright.

    >>> between(np.array([5, 10, 20, 40]), 10, 20).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    shown: NDArray[np.float32] = values.astype(np.float32)
    if high <= low:
        return (shown > np.float32(low)).astype(np.float32)
    shown -= np.float32(low)
    shown *= np.float32(1.0 / (high - low))
    np.clip(shown, 0.0, 1.0, out=shown)
    return shown


def percentile_bounds(
    values: NDArray[Any], *, padded: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """The 1st and the 99th percentile of the values that are no padding, of a sample of them.

    >>> percentile_bounds(np.arange(101))
    (1.0, 99.0)
    """
    flat = values.reshape(-1)
    step = max(1, flat.size // _SAMPLE)
    sample = flat[::step]
    if padded is not None:
        kept = sample[~padded.reshape(-1)[::step]]
        sample = kept if kept.size else sample
    low, high = np.percentile(sample, (DARKEST, BRIGHTEST))
    return float(low), float(high)
