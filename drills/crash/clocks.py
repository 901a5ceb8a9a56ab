"""A clock that jumps back an hour between a kill and the next process: nothing is lost by it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from drills.commands import Bound
from drills.crash.ground import ground_in
from drills.crash.kills import Undisturbed, UndisturbedFailedError, faults, undisturbed
from drills.crash.roads import seeking, stores
from drills.crash.roads.road import Ground, Road, Work
from drills.drill import Line, Size, by_size

HOUR = 3600.0
ROADS = (*seeking.ROADS, stores.ROADS[0])


def clocks(size: Size, place: Path) -> Iterator[Line]:
    """One line a road: killed, an hour back, killed, another hour back, and to its end."""
    count = by_size(size, quick=1, short=2, full=8)
    with ground_in(place) as ground:
        for road in ROADS if size != "quick" else ROADS[:1]:
            try:
                whole = undisturbed(road, ground)
            except UndisturbedFailedError as error:
                yield Line(road.name, broken=[str(error)])
                continue
            dice = random.Random(f"clock {road.name}")
            broken = list[str]()
            for number in range(count):
                work = road.work(ground, ground.place / road.slug / f"clock-{number}")
                for hours in (0, 1, 2):
                    kept = work.kept()
                    begun = ground.commands.begin(
                        work.words(), work.environment, bound=_hours_back(hours)
                    )
                    begun.kill(after=whole.seconds * dice.uniform(0.3, 0.7))
                    broken += work.redone(kept)
                broken += _to_its_end(road, ground, work, whole)
            yield Line(
                f"{road.name}: killed, the clock put back, run again",
                count=3 * count,
                broken=broken,
            )


def _to_its_end(road: Road, ground: Ground, work: Work, whole: Undisturbed) -> Iterator[str]:
    """To its end, and once more when it has ended: nothing is asked again, the answer is there."""
    for hours in (3, 4):
        kept = work.kept()
        ended = ground.commands.run(work.words(), work.environment, bound=_hours_back(hours))
        yield from (f"{road.name}: {fault}" for fault in work.redone(kept))
        yield from (f"{road.name}: {fault}" for fault in faults(whole, work, ended))


def _hours_back(hours: int) -> Bound:
    return Bound(clock_off=-hours * HOUR)
