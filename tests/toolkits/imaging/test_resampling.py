"""What the networks are given is what torchxrayvision would give them."""

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinseek.toolkits.imaging.models.resampling import network_input
from tests.toolkits.imaging.drawing import SEED

SHAPES = [(512, 512), (1024, 900), (700, 1201), (100, 160), (224, 224), (230, 301), (7, 9)]


def picture(shape: tuple[int, int]) -> NDArray[np.uint8]:
    return np.random.default_rng(SEED).integers(0, 256, shape, dtype=np.uint8)


def by_scipy(values: NDArray[np.uint8], size: int) -> Any:
    """scikit-image's resize with mode "constant", by the calls that it makes of scipy."""
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is the reference here")
    side = min(values.shape)
    top, left = values.shape[0] // 2 - side // 2, values.shape[1] // 2 - side // 2
    square = values[top : top + side, left : left + side].astype(np.float32)
    scaled = (2 * (square / 255.0) - 1.0) * 1024.0
    factor = side / size
    if factor > 1:
        scaled = ndimage.gaussian_filter(scaled, (factor - 1) / 2, mode="grid-constant")
    return ndimage.zoom(scaled, 1 / factor, order=1, mode="grid-constant", grid_mode=True)


@pytest.mark.parametrize("size", [224, 512])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_is_resized_as_scipy_resizes_it(shape: tuple[int, int], size: int) -> None:
    values = picture(shape)
    got = network_input((values / 255.0).astype(np.float32), size)
    assert got.shape == (1, size, size)
    assert got.dtype == np.float32
    assert np.abs(got[0] - by_scipy(values, size)).max() < 2e-3


@pytest.mark.parametrize("size", [224, 512])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_is_prepared_as_torchxrayvision_prepares_it(
    shape: tuple[int, int], size: int
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xrv = pytest.importorskip(
            "torchxrayvision", reason="the original needs torchxrayvision; by scipy it is tested"
        )
    values = picture(shape)
    given = xrv.utils.normalize(values, 255)[None]
    original = xrv.datasets.XRayResizer(size)(xrv.datasets.XRayCenterCrop()(given))
    got = network_input((values / 255.0).astype(np.float32), size)
    assert np.abs(got - original).max() < 2e-3
