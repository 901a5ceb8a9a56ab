"""`clinseek train`, killed and run again."""

from __future__ import annotations

from drills.crash.roads.road import Road, Work

ROADS = (Road("train", Work, quick=False, gap=lambda: "no tiny student for it here yet"),)
