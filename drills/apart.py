"""A drill in a process of its own: its folder, its environment, its limit of time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from clinseek.scratch import scratch_folder
from clinseek.settings import stay_home
from drills.drill import Drill, Line, Size

LIMIT_SECONDS: Mapping[Size, float] = {"quick": 300, "short": 1800, "full": 10_800}
LAST_WORDS = 300
ROOT = Path(__file__).parents[1]


def lines_of(drill: Drill, size: Size) -> Iterator[Line]:
    """The lines of a drill as they come, run apart; one more where it did not come to its end."""
    with ExitStack() as places:
        place = places.enter_context(scratch_folder(f"drill-{drill.name}-"))
        command = [sys.executable, "-m", "drills.apart", drill.name, size, str(place)]
        # What it says on the way lies outside its place, which is the drill's own.
        said = places.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(place),
            stdin=subprocess.PIPE,  # closed when this process ends, however it does
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
        )
        with _ended_after(process, LIMIT_SECONDS[size]) as overtime:
            assert process.stdout is not None
            for said_of_one in process.stdout:
                yield Line(**json.loads(said_of_one))
            code = process.wait()
        if code != 0:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-LAST_WORDS:]
            why = f"took more than {LIMIT_SECONDS[size]:g} s" if overtime else f"ended with {code}"
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
def _ended_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[list[bool]]:
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
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _end_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def told(drill: Drill, size: Size, place: Path) -> Iterator[Line]:
    """The lines of a drill, each with the seconds since the one before."""
    began = time.monotonic()
    for line in drill.run(size, place):
        now = time.monotonic()
        yield replace(line, seconds=now - began, broken=list(line.broken))
        began = now


def _end_with_the_frame() -> None:
    """Where the frame is gone, killed or interrupted, nothing of a drill runs on."""
    sys.stdin.read()
    _end_group(os.getpgrp())


def _main(name: str, size: Size, place: Path) -> None:
    from drills.rooms import drills_named

    # Behind a script's `&` Ctrl-C is ignored, and would be by all that a drill starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_the_frame, daemon=True).start()
    (drill,) = (each for each in drills_named([name]) if each.name == name)
    for line in told(drill, size, place):
        sys.stdout.write(f"{json.dumps(asdict(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))  # type: ignore[arg-type]  # our own words
