"""The drills that there are: every package in this folder that holds `DRILLS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

from drills.drill import Drill


class UnknownDrillError(Exception):
    """A name that is no drill and no room."""


def every_drill() -> list[Drill]:
    """All drills, room by room in alphabetical order."""
    names = sorted(
        each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)]) if each.ispkg
    )
    rooms = [importlib.import_module(f"drills.{name}") for name in names]
    return [drill for room in rooms for drill in getattr(room, "DRILLS", ())]


def drills_named(words: Sequence[str]) -> list[Drill]:
    """The drills and rooms of these names, all of them where none is given."""
    there = every_drill()
    for word in words:
        if not any(drill.is_named_by(word) for drill in there):
            known = ", ".join(drill.name for drill in there)
            raise UnknownDrillError(f"there is no drill {word!r}; there are: {known}")
    if not words:
        return there
    return [drill for drill in there if any(drill.is_named_by(word) for word in words)]
