"""An evaluation killed at any moment loses no run, makes none twice, and ends as any other."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.runner import open_run
from clinseek.records import Record
from tests.evals.runner.killed_evaluations import ROUNDS

ROOT = Path(__file__).parents[3]
ROWS = 12
KILLS = 8


class Server:
    """`tests.evals.runner.killed_evaluations` over a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.evals.runner.killed_evaluations", folder, str(ROWS)],
            cwd=ROOT,
            env={**os.environ, "CLINSEEK_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def go(self, name: str, *, kill_after: float | None = None) -> int:
        """Run an evaluation; kill -9 it after so many seconds. How its process ended."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"go {name}\n")
        self.process.stdin.flush()
        pid = int(self._line("started"))
        if kill_after is not None:
            time.sleep(kill_after)
            if (self.folder / name / "threads.sqlite").exists():
                os.kill(pid, signal.SIGKILL)
        return int(self._line("ended"))

    def _line(self, word: str) -> str:
        assert self.process.stdout is not None
        told = self.process.stdout.readline().split()
        assert told[:1] == [word], told
        return told[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    assert made.process.stdin is not None
    assert made.process.stdout is not None
    made.process.stdin.close()
    made.process.stdout.close()
    assert made.process.wait(timeout=60) == 0


def _what_matters(record: Record) -> dict[str, Any]:
    """A record without clocks and names of threads."""
    told = record.as_json()
    for name in ("thread", "timings", "turns"):
        del told[name]
    for entry in told["evidence"]:
        del entry["seconds"]
    return told


def test_kills_lose_no_run_make_none_twice_and_change_no_record(server: Server) -> None:
    assert server.go("whole") == 0
    whole = {one.key: _what_matters(one) for one in open_run(server.folder / "whole").records()}
    (server.folder / "calls").unlink()

    dice, killed = random.Random(11), 0
    for _ in range(6 * KILLS):
        code = server.go("killed", kill_after=dice.uniform(0.05, 0.45))
        killed += code == -signal.SIGKILL
        if code == 0 or killed == KILLS:
            break
    while server.go("killed") != 0:
        pytest.fail("an evaluation that nobody killed did not end well")

    attempts = list(open_run(server.folder / "killed").attempts())
    assert len(attempts) == ROWS
    assert {one.key: _what_matters(one) for one in attempts} == whole
    calls = (server.folder / "calls").stat().st_size
    in_flight = 4 * killed
    assert ROWS * ROUNDS <= calls <= ROWS * ROUNDS + in_flight
    assert killed >= 1
