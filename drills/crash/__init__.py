"""Crash: what is killed, full, gone or told to stop goes on where it stood."""

from __future__ import annotations

from drills.drill import Drill

DRILLS: tuple[Drill, ...] = ()
