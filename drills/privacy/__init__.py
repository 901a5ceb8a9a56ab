"""Privacy: nothing leaves but to the host that was named, and what stays can be told and removed.

Each drill looks with something that the library does not use itself: a spy on every connection of
the process, a network namespace without a way out, the bytes of files. tests/drills/test_privacy.py
shows that each of them fails where its promise is broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drills.drill import Drill, Line, Size


def _network(size: Size, place: Path) -> Iterator[Line]:
    from drills.privacy import network

    return network.lines(size, place)


def _planted(size: Size, place: Path) -> Iterator[Line]:
    from drills.privacy import planted

    return planted.lines(size, place)


DRILLS: tuple[Drill, ...] = (
    Drill(
        "privacy.network",
        "no command reaches anything but the host that it was told, nor needs to",
        _network,
    ),
    Drill(
        "privacy.planted",
        "a patient's name and number lie where THREAT_MODEL.md says, for their owner alone, and "
        "purge removes them",
        _planted,
    ),
)
