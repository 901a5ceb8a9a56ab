"""Connected parts of masks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clinseek.toolkits.imaging.actions.parts import _labelled, parts_of


@given(mask=arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_points_are_parted_as_scipy_parts_them(mask: Any) -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is the reference here")
    expected, number = ndimage.label(mask, structure=np.ones((3, 3)))
    labels = _labelled(mask)
    assert np.array_equal(labels > 0, mask)
    pairs = set(zip(labels[mask].tolist(), expected[mask].tolist(), strict=True))
    assert len(pairs) == len({ours for ours, _ in pairs}) == number


def test_small_parts_are_left_out_and_halves_stay() -> None:
    mask = np.zeros((100, 100), bool)
    mask[10:40, 10:40] = mask[10:40, 60:80] = True
    mask[90, 90:95] = True
    parts = parts_of(mask)
    assert (int(parts.kept.sum()), int(parts.largest.sum())) == (1_500, 900)
    assert parts.stray == pytest.approx(5 / 1_505)


def test_an_empty_mask_has_no_parts() -> None:
    parts = parts_of(np.zeros((4, 4), bool))
    assert not parts.kept.any()
    assert parts.stray == 0
