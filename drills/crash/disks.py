"""A disk that is full, and a folder that cannot be written: one sentence, and then it goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from drills.commands import Bound, Ended
from drills.crash.ground import ground_in
from drills.crash.kills import (
    Undisturbed,
    UndisturbedFailedError,
    faults,
    own_commands,
    told,
    undisturbed,
)
from drills.crash.mounts import mounted, mounted_again
from drills.crash.roads import every_road
from drills.crash.roads.road import Ground, Road, Work
from drills.drill import Line, Size

ROOM = 64 << 20
SHARES = {"quick": (0.5,), "short": (0.3, 0.7), "full": (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)}
"""Shares of the room that a command needs, at which the disk is full."""
FULL_WORDS = ("full", "no space", "No space", "cannot be written", "room", "too large", "disk")


def disks(size: Size, place: Path) -> Iterator[Line]:
    """Two lines a road, in quick form of a run; of a small disk of memory where one can be had."""
    disk = place / "disk"
    disk.mkdir()
    # Before the server of commands begins: it must see the same mounts.
    mounts = mounted(disk, f"size={ROOM}")
    with ground_in(place) as ground:
        roads = [road for road in every_road() if road.gap() is None and road.is_in(size)]
        for road in roads if size != "quick" else roads[-1:]:
            with own_commands(ground, road) as own:
                yield from _lines(road, own, disk if mounts else None, SHARES[size])


def _lines(
    road: Road, ground: Ground, disk: Path | None, shares: tuple[float, ...]
) -> Iterator[Line]:
    try:
        whole = undisturbed(road, ground)
    except UndisturbedFailedError as error:
        yield Line(road.name, broken=[str(error)])
        return
    full = [_full(road, ground, whole, disk, share) for share in shares]
    stopped = sum(stopped for stopped, _ in full)
    yield Line(
        f"{road.name}: disk full ({'tmpfs' if disk else 'largest file bounded'})",
        count=len(full),
        broken=[fault for _, found in full for fault in found],
        note=f"{stopped} were stopped by it",
    )
    name = f"{road.name}: folder cannot be written"
    if disk is None and os.geteuid() == 0:
        yield Line(name, gap="root may write anywhere, and nothing may be mounted here")
        return
    yield Line(name, count=1, broken=list(_read_only(road, ground, whole, disk)))


def _full(
    road: Road, ground: Ground, whole: Undisturbed, disk: Path | None, share: float
) -> tuple[bool, list[str]]:
    """Whether it was stopped, and what was wrong."""
    work = _work(road, ground, disk, f"full-{share}")
    before, after = _size(work.folder), _size(ground.place / road.slug / "whole")
    room = before + int(share * max(0, after - before))
    if disk is not None:
        ended = _on_small_disk(disk, room, lambda: _run(ground, work))
    else:
        largest = int(share * _largest(ground.place / road.slug / "whole", whole))
        ended = _run(ground, work, Bound(file_bytes=max(4096, largest)))
    found = list(_faults_of_refusal(ended, FULL_WORDS)) if ended.code else []
    again = _run(ground, work)
    found += faults(whole, work, again)
    shutil.rmtree(work.folder)
    return ended.code != 0, [f"at {share:.0%} of its room: {fault}" for fault in found]


def _read_only(road: Road, ground: Ground, whole: Undisturbed, disk: Path | None) -> Iterator[str]:
    work = _work(road, ground, disk, "read-only")
    words = work.words()
    if disk is not None:
        mounted_again(disk, "ro")
        ended = ground.commands.run(words, work.environment)
        mounted_again(disk, "rw")
    else:
        work.folder.chmod(0o555)
        ended = ground.commands.run(words, work.environment)
        work.folder.chmod(0o755)
    if ended.code == 0:
        yield "it ended well although nothing could be written"
    yield from _faults_of_refusal(ended, ("written", "made", "Read-only", "read-only"))
    yield from faults(whole, work, _run(ground, work))
    shutil.rmtree(work.folder)


def _faults_of_refusal(ended: Ended, words: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with how a command said that it could not write."""
    if ended.code not in {1, 2}:
        yield f"it ended with {ended.code}: {told(ended)}"
    if "Traceback" in ended.err:
        yield "it showed a traceback"
    if not any(word in ended.err for word in words):
        yield f"it did not say why: {told(ended)}"


def _work(road: Road, ground: Ground, disk: Path | None, name: str) -> Work:
    return road.work(ground, (disk or ground.place / road.slug) / name)


def _run(ground: Ground, work: Work, bound: Bound | None = None) -> Ended:
    return ground.commands.run(work.words(), work.environment, bound=bound)


def _size(folder: Path) -> int:
    """What a folder takes of a disk whose blocks are pages."""
    page = os.sysconf("SC_PAGE_SIZE")
    taken = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            taken += -(-path.stat().st_size // page) * page if path.is_file() else page
    return taken


def _largest(folder: Path, whole: Undisturbed) -> int:
    return max(((folder / name).stat().st_size for name in whole.names), default=0)


def _on_small_disk(disk: Path, room: int, act: Callable[[], Ended]) -> Ended:
    mounted_again(disk, f"size={max(room, _size(disk) + os.sysconf('SC_PAGE_SIZE'))}")
    try:
        return act()
    finally:
        mounted_again(disk, f"size={ROOM}")
