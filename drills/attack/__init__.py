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


def _future(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import future

    return future.lines(size, place)


def _paths(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import paths

    return paths.lines(size, place)


def _addresses(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import addresses

    return addresses.lines(size, place)


def _injection(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import injection

    return injection.lines(size, place)


def _mcp(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import mcp_http

    return mcp_http.lines(size, place)


def _pages(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import pages

    return pages.lines(size, place)


def _bombs(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import bombs

    return bombs.lines(size, place)


def _arguments(size: Size, place: Path) -> Iterator[Line]:
    from drills.attack import fuzzing

    return fuzzing.lines(size, place)


DRILLS: tuple[Drill, ...] = (
    Drill("attack.sql", "SQL of a model reads its case and nothing else, and ends in time", _sql),
    Drill(
        "attack.future",
        "what was not known at the cutoff stands in no byte of the case, free pages included",
        _future,
    ),
    Drill("attack.paths", "no path leads out of the folder that a run may read", _paths),
    Drill("attack.addresses", "a page cannot make a run reach an inner network", _addresses),
    Drill(
        "attack.injection",
        "words in notes, pages, tool descriptions, cells, file names and image headers are no "
        "turn, no call and no end of their fence",
        _injection,
    ),
    Drill("attack.mcp", "a server over HTTP answers its own names and its token alone", _mcp),
    Drill("attack.pages", "a record runs nothing where it is shown or exported", _pages),
    Drill("attack.bombs", "a small hostile file takes no large memory and runs nothing", _bombs),
    Drill(
        "attack.arguments",
        "whatever a tool is given, it answers with a sentence, within 5 s, and changes nothing",
        _arguments,
    ),
)
