"""Ctrl-C and SIGTERM at random moments: a clean stop within three seconds, and how to go on."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from drills.crash.ground import ground_in
from drills.crash.kills import (
    Undisturbed,
    UndisturbedFailedError,
    faults,
    own_commands,
    told,
    undisturbed,
)
from drills.crash.roads import every_road
from drills.crash.roads.road import Ground, Road, Work
from drills.drill import Line, Size, by_size

SIGNALS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}
SECONDS = 3.0
STOPPED = 130
GOES_ON = ("run the same command again", "clinseek resume t")
TRIES = 8
"""A command that ends before it could be stopped is tried again so often."""


def stops(size: Size, place: Path) -> Iterator[Line]:
    """One line a road and signal; in quick form of a run alone."""
    count = by_size(size, quick=1, short=2, full=6)
    roads = [road for road in every_road() if road.gap() is None and road.is_in(size)]
    with ground_in(place) as ground:
        for road in roads if size != "quick" else roads[-1:]:
            with own_commands(ground, road) as own:
                yield from _lines(road, own, count)


def _lines(road: Road, ground: Ground, count: int) -> Iterator[Line]:
    try:
        whole = undisturbed(road, ground)
    except UndisturbedFailedError as error:
        yield Line(road.name, broken=[str(error)])
        return
    for name, number in SIGNALS.items():
        dice = random.Random(f"{road.name} {name}")
        goes = [
            _stopped(road, ground, whole, number, dice, tag=f"{name}-{at}") for at in range(count)
        ]
        longest = max((seconds for seconds, _ in goes), default=0.0)
        yield Line(
            f"{road.name}: {name}, and run again",
            count=len(goes),
            broken=[fault for _, found in goes for fault in found],
            note=f"the longest stop took {longest:.1f} s",
        )


def _stopped(
    road: Road, ground: Ground, whole: Undisturbed, number: int, dice: random.Random, *, tag: str
) -> tuple[float, list[str]]:
    """Stop a go and let it go on: seconds that the stop took, and what was wrong."""
    lasts = whole.seconds
    for again in range(TRIES):
        work = road.work(ground, ground.place / road.slug / f"{tag}-{again}")
        kept = work.kept()
        begun = ground.commands.begin(work.words(), work.environment)
        time.sleep(lasts * dice.uniform(0.1, 0.8))
        sent = time.monotonic()
        begun.send(number)
        ended = begun.ended()
        seconds = time.monotonic() - sent
        if ended.code != 0:
            found = list(_faults_of_stop(ended.code, ended.err, seconds))
            found += [f"said: {told(ended)}"] if found else []
            found += work.redone(kept)
            return seconds, [*found, *_went_on(ground, whole, work)]
        lasts = min(lasts, ended.seconds)  # the first go of a road is the slowest
    return 0.0, [f"it ended before it could be stopped, {TRIES} times"]


def _faults_of_stop(code: int, said: str, seconds: float) -> Iterator[str]:
    if code != STOPPED:
        yield f"it ended with {code} and not with {STOPPED}"
    if seconds > SECONDS:
        yield f"it took {seconds:.1f} s to stop"
    if "Traceback" in said:
        yield "it showed a traceback"
    if not any(words in said for words in GOES_ON):
        yield "it did not say what to type to go on"


def _went_on(ground: Ground, whole: Undisturbed, work: Work) -> Iterator[str]:
    kept = work.kept()
    ended = ground.commands.run(work.words(), work.environment)
    yield from work.redone(kept)
    yield from faults(whole, work, ended)
