"""The roads that are killed: each a command over a folder, and what must hold of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drills.crash.roads.road import Road


def every_road() -> Sequence[Road]:
    """All roads."""
    from drills.crash.roads import cluster, results, seeking, stores, training, web

    return (
        *stores.ROADS,
        *seeking.ROADS,
        *cluster.ROADS,
        *web.ROADS,
        *results.ROADS,
        *training.ROADS,
    )
