"""A worker that is killed, as by the kernel for want of memory: one sentence, and it goes on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from drills.commands import Begun, Ended
from drills.crash.ground import ground_in
from drills.crash.kills import UndisturbedFailedError, faults, told, undisturbed
from drills.crash.roads import cluster
from drills.crash.roads.results import Refine
from drills.crash.roads.road import Ground, Road
from drills.drill import Line, Size, by_size

WAIT_SECONDS = 60.0


class RefineByTwo(Refine):
    """`clinseek traces refine` over two processes."""

    def words(self) -> list[object]:
        """The same, by two."""
        return [*super().words(), "--jobs", 2]


class Workers(NamedTuple):
    """A command whose work is done by others: what one is called, here and among processes.

    One that is `replaced` costs nothing; else the command ends with a sentence, and goes on when
    it is typed again. What an undisturbed go leaves is that of the command `alone`, without
    workers, where it has such a form.
    """

    road: Road
    one: str
    process: str
    replaced: bool
    alone: Road | None = None


WORKERS = (
    Workers(
        Road("traces refine by two processes", RefineByTwo),
        one="a worker", process="spawn_main", replaced=False,
        alone=Road("traces refine by one process", Refine),
    ),
    *(
        Workers(road, one="an actor", process="ray::Maker", replaced=True)
        for road in cluster.ROADS
    ),
)  # fmt: skip


def workers(size: Size, place: Path) -> Iterator[Line]:
    """Pool workers, and actors of Ray; in quick form those of a pool alone."""
    count = by_size(size, quick=1, short=1, full=5)
    with ground_in(place) as ground:
        for each in WORKERS if size != "quick" else WORKERS[:1]:
            yield _line(each, ground, count)


def _line(each: Workers, ground: Ground, count: int) -> Line:
    """Kill one so often; each time the end is that of an undisturbed go."""
    road, name = each.road, f"{each.road.name}: {each.one} killed"
    reason = road.gap()
    if reason is not None:
        return Line(name, gap=reason)
    try:
        whole = undisturbed(each.alone or road, ground)
    except UndisturbedFailedError as error:
        return Line(name, broken=[str(error)])
    dice, broken, killed = random.Random(name), list[str](), 0
    for number in range(count):
        work = road.work(ground, ground.place / road.slug / f"killed-{number}")
        begun = ground.commands.begin(work.words(), work.environment)
        killed += _kill_one_below(begun, dice, named=each.process)
        ended = begun.ended()
        if ended.code != 0 and not each.replaced:
            broken += _faults_of_sentence(ended)
            ended = ground.commands.run(work.words(), work.environment)
        broken += faults(whole, work, ended)
    none = f"no process {each.process} was there to kill"
    return Line(name, count=killed, broken=broken if killed else [none])


def _faults_of_sentence(ended: Ended) -> Iterator[str]:
    if ended.code != 2:
        yield f"it ended with {ended.code}: {told(ended)}"
    if "Traceback (most" in ended.err:
        yield f"it showed a traceback: {told(ended)}"
    if "memory" not in ended.err:
        yield f"it did not say why: {told(ended)}"


def _kill_one_below(begun: Begun, dice: random.Random, *, named: str) -> bool:
    """SIGKILL one of the processes that a command started; False where there was none."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until and _lives(begun.pid):
        found = [pid for pid in _below(begun.pid) if named in _called(pid)]
        if found:
            time.sleep(dice.uniform(0.0, 0.3))
            with suppress(ProcessLookupError):
                os.kill(dice.choice(found), signal.SIGKILL)
                return True
        time.sleep(0.02)
    return False


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}/status").exists() and "Z (" not in _status(pid)


def _status(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/status").read_text()
    return "Z ("


def _below(pid: int) -> list[int]:
    """The processes below one, at any depth."""
    children: dict[int, list[int]] = {}
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with suppress(OSError, IndexError):
                parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(each.name))
    found, left = [], [pid]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


def _called(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
    return ""
