"""Attack: hostile arguments, files, pages, requests and records change, reach and run nothing.

Each drill goes through a table of cases with the outcome that each must have. What they show, by
whom it could be tried, and what is left, is told in THREAT_MODEL.md. That they can fail is held in
tests/drills/test_attack.py, which weakens one guard for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drills.drill import Drill, Line, Size


def _sql(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import sql

    return sql.lines(size, place)


def _arguments(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import fuzzing

    return fuzzing.lines(size, place)


DRILLS: tuple[Drill, ...] = (
    Drill("attack.sql", "SQL of a model reads its case and nothing else, and ends in time", _sql),
    Drill(
        "attack.arguments",
        "whatever a tool is given, it answers with a sentence, within 5 s, and changes nothing",
        _arguments,
    ),
)
