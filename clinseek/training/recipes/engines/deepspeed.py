"""The engine `deepspeed`: one process a GPU, started here; ZeRO shares the model between them.

On a processor it runs as well, in one process or several: slowly, but the same road.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from clinseek.errors import SettingError
from clinseek.training.recipes.engines.zero import zero_config
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.progress import OnProgress, Progress

PROGRESS = "clinseek progress "
"""Opens the lines in which the first process tells how far it is."""
LAUNCH, LOG, EXTENSIONS = "launch.json", "deepspeed.log", ".extensions"
_PROCESS = "clinseek.training.recipes.engines.deepspeed_process"
_WAIT_SECONDS = 0.2


def run(plan: Plan, on_progress: OnProgress) -> None:
    """Train by the plan in processes of their own. SettingError where one of them fails."""
    launch = plan.folder.path / LAUNCH
    launch.write_text(json.dumps(_told(plan)) + "\n", encoding="utf-8")
    file = plan.folder.path / LOG
    for lock in _extensions(plan).glob("*/lock"):
        lock.unlink()  # of a killed run: whoever compiles next would wait for it for good
    with file.open("wb") as log:
        started = [_start(plan, launch, rank, log) for rank in range(plan.processes)]
        try:
            _follow(started[0], log, on_progress)
            failed = _first_failure(started)
        finally:
            for each in started:
                each.kill()
                each.wait()
    if failed is not None:
        raise SettingError(
            f"process {failed} of {plan.processes} failed ({_last_words(file)}); all that it said "
            f"is in {file}"
        )
    shutil.rmtree(_extensions(plan), ignore_errors=True)
    launch.unlink()
    file.unlink()


def _told(plan: Plan) -> dict[str, Any]:
    return {
        "recipe": plan.recipe.model_dump(mode="json"),
        "dataset": str(plan.dataset.folder.absolute()),
        "model": str(plan.student.folder.absolute()),
        "out": str(plan.folder.path.absolute()),
        "processes": plan.processes,
        "zero": zero_config(plan),
    }


def _start(plan: Plan, launch: Path, rank: int, log: BinaryIO) -> subprocess.Popen[bytes]:
    environment = {
        "TORCH_EXTENSIONS_DIR": str(_extensions(plan).absolute()),
        **os.environ,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(plan.processes),
        "LOCAL_WORLD_SIZE": str(plan.processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_port(launch)),
        "HF_HUB_OFFLINE": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",  # ninja
    }
    if plan.device == "cpu":
        environment |= {"DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": str(plan.recipe.threads)}
    return subprocess.Popen(
        [sys.executable, "-m", _PROCESS, str(launch)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if rank == 0 else log,
        stderr=log,
    )


def _extensions(plan: Plan) -> Path:
    """Where DeepSpeed compiles what it needs, unless TORCH_EXTENSIONS_DIR is set: some minutes of a
    processor, once a training.
    """
    return plan.folder.path / EXTENSIONS


def _port(launch: Path) -> int:
    """A port that was free a moment ago; the same for all processes of a launch."""
    held = json.loads(launch.read_text(encoding="utf-8"))
    if "port" not in held:
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            held["port"] = asked.getsockname()[1]
        launch.write_text(json.dumps(held) + "\n", encoding="utf-8")
    return int(held["port"])


def _follow(first: subprocess.Popen[bytes], log: BinaryIO, on_progress: OnProgress) -> None:
    """Tell of the progress until the first process says no more; its other words go to the log."""
    assert first.stdout is not None
    for line in first.stdout:
        text = line.decode("utf-8", "replace")
        if text.startswith(PROGRESS):
            on_progress(Progress(*json.loads(text.removeprefix(PROGRESS))))
        else:
            log.write(line)


def _first_failure(started: Sequence[subprocess.Popen[bytes]]) -> int | None:
    """The number of the first process that failed, once all ended or one did."""
    while True:
        codes = [each.poll() for each in started]
        failed = next((rank for rank, code in enumerate(codes) if code), None)
        if failed is not None or all(code == 0 for code in codes):
            return failed
        time.sleep(_WAIT_SECONDS)


def _last_words(log: Path) -> str:
    """The last line that names an error, else the last line."""
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    named = [line for line in lines if "Error" in line]
    return (named or lines or ["it said nothing"])[-1].strip()[:300]
