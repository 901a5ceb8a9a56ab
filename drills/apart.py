"""A drill in a process of its own: its folder, its environment, its limit of time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from clinseek.scratch import scratch_folder
from clinseek.settings import stay_home
from drills.commands import HEAVY
from drills.drill import Drill, Line, Size

LIMIT_SECONDS: Mapping[Size, float] = {"quick": 300, "short": 1800, "full": 10_800}
LAST_WORDS = 300
_SERVING = ("mcp", "uvicorn", "clinseek.serve.http", "clinseek.serve.ehr")
ROOT = Path(__file__).parents[1]


def warm_up() -> None:
    """Before the first drill: those that follow are forked with the libraries imported."""
    multiprocessing.set_forkserver_preload([*HEAVY, *_SERVING, "drills.rooms"])


def lines_of(drill: Drill, size: Size) -> Iterator[Line]:
    """The lines of a drill as they come, run apart; one more where it did not come to its end."""
    with ExitStack() as places:
        place = places.enter_context(scratch_folder(f"drill-{drill.name}-"))
        # What it says on the way lies outside its place, which is the drill's own.
        said = places.enter_context(scratch_folder("drill-said-")) / "said"
        forks = multiprocessing.get_context("forkserver")
        lines, tells = forks.Pipe(duplex=False)
        process = forks.Process(target=_be, args=(drill.name, size, place, said, tells))
        process.start()
        tells.close()
        with _ended_after(process, LIMIT_SECONDS[size]) as overtime, lines:
            # What the drill started may hold its end of the pipe: its own end counts as well.
            while lines in wait([lines, process.sentinel]):
                try:
                    yield lines.recv()
                except EOFError:
                    break
            process.join()
        if process.exitcode != 0:
            words = said.read_text(errors="replace").strip()[-LAST_WORDS:] if said.exists() else ""
            ended = f"ended with {process.exitcode}"
            why = f"took more than {LIMIT_SECONDS[size]:g} s" if overtime else ended
            yield Line("the drill itself", broken=[f"{why}: {words}"])


def environment(place: Path) -> dict[str, str]:
    """The caller's environment, without what would reach into the drill or out of it."""
    held = {name: value for name, value in os.environ.items() if not name.startswith("CLINSEEK_")}
    stay_home(held)
    (place / "tmp").mkdir(exist_ok=True)
    return {
        **held,
        "CLINSEEK_HOME": str(place / "home"),
        "TMPDIR": str(place / "tmp"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
    }


@contextmanager
def _ended_after(process: BaseProcess, seconds: float) -> Iterator[list[bool]]:
    """End the process and all it started when the time is over, or the block is left."""
    overtime: list[bool] = []

    def end() -> None:
        overtime.append(True)
        _end_group(process.pid)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield overtime
    finally:
        timer.cancel()
        _end_group(process.pid)
        process.join()


def _end_group(group: int | None) -> None:
    assert group is not None
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def told(drill: Drill, size: Size, place: Path) -> Iterator[Line]:
    """The lines of a drill, each with the seconds since the one before."""
    began = time.monotonic()
    for line in drill.run(size, place):
        now = time.monotonic()
        yield replace(line, seconds=now - began, broken=list(line.broken))
        began = now


def _be(name: str, size: Size, place: Path, said: Path, tells: Connection) -> None:
    """Be the process of a drill: what it prints goes to `said`, its lines are told."""
    from drills.rooms import drills_named

    os.setsid()
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    given = environment(place)
    os.environ.clear()
    os.environ.update(given)
    tempfile.tempdir = None  # found anew, in the drill's own place
    os.chdir(ROOT)
    # Behind a script's `&` Ctrl-C is ignored, and would be by all that a drill starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_the_frame, daemon=True).start()
    (drill,) = (each for each in drills_named([name]) if each.name == name)
    for line in told(drill, size, place):
        tells.send(line)


def _end_with_the_frame() -> None:
    """Where the frame is gone, killed or interrupted, nothing of a drill runs on."""
    frame = multiprocessing.parent_process()
    assert frame is not None
    frame.join()
    _end_group(os.getpgrp())
