"""A worker that is killed, as by the kernel for want of memory: one sentence, and it goes on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

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


ROAD = Road("traces refine by two processes", RefineByTwo)


def workers(size: Size, place: Path) -> Iterator[Line]:
    """Pool workers, and actors of Ray."""
    count = by_size(size, quick=1, short=1, full=5)
    with ground_in(place) as ground:
        yield _pool(ground, count)
        yield _ray(ground, count)


def _pool(ground: Ground, count: int) -> Line:
    """A pool's worker: the command ends with a sentence, and the same command again is well."""
    name = f"{ROAD.name}: a worker killed"
    try:
        whole = undisturbed(ROAD, ground)
    except UndisturbedFailedError as error:
        return Line(name, broken=[str(error)])
    dice, broken, killed = random.Random("workers"), list[str](), 0
    for number in range(count):
        work = ROAD.work(ground, ground.place / ROAD.slug / f"{number}")
        begun = ground.commands.begin(work.words(), work.environment)
        killed += _kill_one_below(begun, dice, named="spawn_main")
        ended = begun.ended()
        broken += _faults(ended)
        broken += faults(whole, work, ground.commands.run(work.words(), work.environment))
    return Line(name, count=killed, broken=broken if killed else ["no worker was there to kill"])


def _faults(ended: Ended) -> Iterator[str]:
    if ended.code not in {0, 2}:
        yield f"it ended with {ended.code}: {told(ended)}"
    if "Traceback (most" in ended.err:
        yield f"it showed a traceback: {told(ended)}"
    if ended.code == 2 and "memory" not in ended.err:
        yield f"it did not say why: {told(ended)}"


def _ray(ground: Ground, count: int) -> Line:
    """An actor of Ray: the evaluation goes on without it, and ends as any other."""
    (road,) = cluster.ROADS
    name = "eval, on Ray: an actor killed"
    reason = road.gap()
    if reason is not None:
        return Line(name, gap=reason)
    try:
        whole = undisturbed(road, ground)
    except UndisturbedFailedError as error:
        return Line(name, broken=[str(error)])
    dice, broken, killed = random.Random("actors"), list[str](), 0
    for number in range(count):
        work = road.work(ground, ground.place / road.slug / f"actor-{number}")
        begun = ground.commands.begin(work.words(), work.environment)
        killed += _kill_one_below(begun, dice, named="ray::Maker")
        broken += faults(whole, work, begun.ended())
    return Line(name, count=killed, broken=broken if killed else ["no actor was there to kill"])


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
