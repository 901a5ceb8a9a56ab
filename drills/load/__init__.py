"""Load: many at once see their own patient alone, and leave nothing behind."""

from __future__ import annotations

from drills.drill import Drill

DRILLS: tuple[Drill, ...] = ()
