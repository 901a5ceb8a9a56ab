"""A folder served by `transformers serve` on loopback, for as long as the context lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from clinseek.errors import SettingError

_READY_SECONDS = 180.0


@contextmanager
def served(work: Path) -> Iterator[str]:
    """The address (with its /v1) of a server that loads whatever local folder a request names.

    `work` holds its log and an empty cache, without which it looks for models elsewhere. It asks
    nobody, and uses one thread. SettingError where it is not installed or does not come up.
    """
    command = Path(sys.executable).with_name("transformers")
    if not command.exists():
        raise SettingError(
            "the loop serves its student by transformers: pip install 'transformers[serving]'"
        )
    (work / "hub").mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(work / "hub"), "OMP_NUM_THREADS": "1"}
    log = work / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [command, "serve", "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **own},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(health: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            if httpx.get(health, timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SettingError(f"transformers serve did not come up; {log} says why")
