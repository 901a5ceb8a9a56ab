"""A host that closes in the middle of a stream, or is gone for a while: no run is lost by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from drills.crash.ground import ground_in
from drills.crash.kills import UndisturbedFailedError, faults, undisturbed
from drills.crash.roads.road import Ground
from drills.crash.roads.seeking import ROADS
from drills.drill import Line, Size
from tests.models.server import Reply, refused

ROUNDS = 3
CUTS: dict[str, Callable[[Reply], Reply]] = {
    "closes in the middle of a stream": lambda reply: replace(reply, cut_after=2),
    "closes before it answers": lambda reply: replace(reply, cut_after=0),
    "is busy (429)": lambda _: refused(429, "too many requests", retry_after=0.05),
    "fails (503)": lambda _: refused(503, "overloaded"),
}
SHORTEST = ("closes in the middle of a stream",)


def networks(size: Size, place: Path) -> Iterator[Line]:
    """One line a road and fault: the first answer of each turn fails, the second is whole."""
    with ground_in(place, rounds=ROUNDS) as ground:
        for road in ROADS if size != "quick" else ROADS[:1]:
            try:
                whole = undisturbed(road, ground)
            except UndisturbedFailedError as error:
                yield Line(road.name, broken=[str(error)])
                continue
            for name in CUTS if size != "quick" else SHORTEST:
                fault = CUTS[name]
                asked = len(ground.host.asked())
                work = road.work(
                    ground, ground.place / road.slug / "".join(filter(str.isalnum, name))
                )
                with ground.host.failing(fault) as failed:
                    ended = ground.commands.run(work.words(), work.environment)
                broken = [*faults(whole, work, ended), *_too_often(ground, asked)]
                if not failed:
                    broken.append("no answer went wrong")
                yield Line(f"{road.name}: the host {name}", count=len(failed), broken=broken)


def _too_often(ground: Ground, since: int) -> Iterator[str]:
    """Turns that were asked for more than twice: the one that failed, and the one that did not."""
    for (mark, turn), times in Counter(ground.host.asked(since)).items():
        if times > 2:
            yield f"turn {turn} of {mark} was asked for {times} times"
