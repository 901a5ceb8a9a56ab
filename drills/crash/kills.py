"""SIGKILL at random moments over every road; the same command again; the end as if unbroken."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from drills.commands import Commands, Ended
from drills.crash.ground import ground_in
from drills.crash.roads import every_road
from drills.crash.roads.road import Ground, Road, Work
from drills.drill import Line, Size, by_size

IN_A_ROW = 4
"""A go is killed at most so often before it may come to its end."""
PATIENCE = 3
"""For the first kill of a road, in the midst of it, so many times as long is waited as it lasts."""
MISSES = 6
"""A command that ends before its kill, so often in a row, is too quick to be hit."""


def kills(size: Size, place: Path) -> Iterator[Line]:
    """One line a road: those of the quick form, or every one."""
    total = by_size(size, quick=6, short=40, full=210)
    roads = [road for road in every_road() if size != "quick" or road.is_in(size)]
    shares = sum(road.share for road in roads if road.gap() is None)
    with ground_in(place) as ground:
        for road in roads:
            reason = road.gap()
            if reason is not None:
                yield Line(f"{road.name}: killed and run again", gap=reason)
                continue
            count = math.ceil(total * road.share / shares)
            with own_commands(ground, road) as own:
                yield Killing(road, own, random.Random(road.name)).line(count)


@contextmanager
def own_commands(ground: Ground, road: Road) -> Iterator[Ground]:
    """The ground, with a server of commands that has imported what the road needs."""
    if not road.imports:
        yield ground
        return
    said = ground.place / f"commands-{road.slug}"
    with Commands(said, imports=road.imports) as commands:
        yield replace(ground, commands=commands)


@dataclass(frozen=True)
class Undisturbed:
    """A go that nobody disturbed: what came of it, the files it leaves, how long it took."""

    results: Mapping[str, Any]
    names: set[str]
    seconds: float


class UndisturbedFailedError(Exception):
    """A road that does not even come to its end when nobody disturbs it."""


def undisturbed(road: Road, ground: Ground) -> Undisturbed:
    """Let a go come to its end."""
    work = road.work(ground, ground.place / road.slug / "whole")
    ended = ground.commands.run(work.words(), work.environment)
    if ended.code != 0:
        raise UndisturbedFailedError(f"undisturbed it ended with {ended.code}: {told(ended)}")
    return Undisturbed(work.results(ended), work.names(), ended.seconds)


def told(ended: Ended) -> str:
    """The last words of a command."""
    return ended.err.strip()[-300:]


def faults(whole: Undisturbed, work: Work, ended: Ended) -> Iterator[str]:
    """What is not as in an undisturbed go, of one that has come to its end.

    A command that makes a new folder may say that it is made already: it was killed behind its
    last step.
    """
    if ended.code != 0 and not (ended.code == 2 and " already" in ended.err):
        yield f"run again it ended with {ended.code}: {told(ended)}"
        return
    yield from differences(whole.results, work.results(ended))
    yield from (f"{name} was left behind" for name in sorted(work.names() - whole.names))


@dataclass
class Killing:
    """The kills of one road."""

    road: Road
    ground: Ground
    dice: random.Random
    broken: list[str] = field(default_factory=list)
    kills: int = 0
    goes: int = 0
    misses: int = 0
    lasts: float = math.inf
    """Seconds of the quickest go that was not hit: the first of a road is the slowest."""

    def line(self, count: int) -> Line:
        """Kill so often; the line of the table."""
        name = f"{self.road.name}: killed and run again"
        try:
            whole = undisturbed(self.road, self.ground)
        except UndisturbedFailedError as error:
            return Line(name, broken=[str(error)])
        while self.kills < count and self.misses < MISSES:
            self._go(count, whole)
        note = f"{self.goes} goes, {whole.seconds:.1f} s undisturbed"
        return Line(name, count=self.kills, broken=self.broken, note=note)

    def _go(self, count: int, whole: Undisturbed) -> None:
        """Kill one go until it has been killed often enough, then let it end; check all of it."""
        self.goes += 1
        work = self.road.work(self.ground, self.ground.place / self.road.slug / f"{self.goes}")
        for number in range(min(IN_A_ROW, count - self.kills)):
            kept = work.kept()
            begun = self.ground.commands.begin(work.words(), work.environment)
            after = self.dice.uniform(0.0, min(whole.seconds, self.lasts))
            if self.goes == 1 and number == 0 and work.is_midway(kept) is not None:
                _wait_for_midway(work, kept, whole.seconds * PATIENCE)
                after = 0.0
            ended = begun.kill(after=after)
            self._note(work.redone(kept))
            if not ended.was_killed:
                self.misses, self.lasts = self.misses + 1, min(self.lasts, ended.seconds)
                break
            self.kills, self.misses = self.kills + 1, 0
        kept = work.kept()
        ended = self.ground.commands.run(work.words(), work.environment)
        self._note(work.redone(kept))
        self._note(faults(whole, work, ended))

    def _note(self, sentences: Iterable[str]) -> None:
        self.broken += [f"{self.road.name}, go {self.goes}: {said}" for said in sentences]


def _wait_for_midway(work: Work, kept: Mapping[str, Any], seconds: float) -> None:
    """Wait for it, so long at most."""
    until = time.monotonic() + seconds
    while not work.is_midway(kept) and time.monotonic() < until:
        time.sleep(0.005)


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What is not as in the undisturbed run.

    >>> list(differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}))
    ['b is not that of an undisturbed run', 'c is in no undisturbed run']
    """
    for name, value in expected.items():
        if name not in found:
            yield f"{name} is missing"
        elif found[name] != value:
            yield f"{name} is not that of an undisturbed run"
    yield from (f"{name} is in no undisturbed run" for name in found if name not in expected)
