"""The connected parts of a mask: a stray point is no structure. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_LEAST_SHARE = 0.1
"""Parts this small beside the largest are left out; both halves of the diaphragm stay."""


class Parts(NamedTuple):
    """A mask without its stray points, its largest part, and the share of points left out."""

    kept: Mask
    largest: Mask
    stray: float


def parts_of(mask: Mask) -> Parts:
    """The parts of a mask that are measured; points that touch by a side or a corner are one part.

    >>> mask = np.zeros((9, 9), bool)
    >>> mask[2:7, 2:7] = mask[0, 8] = True
    >>> parts = parts_of(mask)
    >>> int(parts.largest.sum()), round(parts.stray, 3)
    (25, 0.038)
    """
    labels = _labelled(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    most = int(sizes.max())
    if most == 0:
        return Parts(mask, mask, 0.0)
    kept: Mask = (sizes >= _LEAST_SHARE * most)[labels]
    whole = int(sizes.sum())
    return Parts(kept, labels == int(sizes.argmax()), (whole - int(kept.sum())) / whole)


def _labelled(mask: Mask) -> NDArray[Any]:
    """A number from 1 on for each part at each of its points, 0 elsewhere.

    Runs of each row are joined with the runs of the row before that they touch.
    """
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, begins = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    first_of_row = np.searchsorted(rows, np.arange(mask.shape[0] + 1))
    parents = list(range(rows.size))
    for row in range(1, mask.shape[0]):
        above, last_above = int(first_of_row[row - 1]), int(first_of_row[row])
        for run in range(int(first_of_row[row]), int(first_of_row[row + 1])):
            while above < last_above and ends[above] < begins[run]:
                above += 1
            touched = above
            while touched < last_above and begins[touched] <= ends[run]:
                parents[_root(parents, touched)] = _root(parents, run)
                touched += 1
    roots = [_root(parents, run) for run in range(rows.size)]
    _, numbers = np.unique(np.array(roots, dtype=int), return_inverse=True)
    labels = np.zeros(mask.shape, dtype=int)
    labels[mask] = np.repeat(numbers + 1, ends - begins)
    return labels


def _root(parents: list[int], run: int) -> int:
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run
