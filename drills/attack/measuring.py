"""What a call costs, made in a process of its own: seconds, letters, memory."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HARD_SECONDS = 20.0
_HARD_BYTES = 2**31
_BEGINS = 200


class Cost(NamedTuple):
    """What a call took: seconds, letters of its answer, megabytes above what was held before."""

    seconds: float
    characters: int
    megabytes: int
    begins: str
    """The first letters of its answer."""


def cost_of(call: Callable[[], str]) -> Cost | str:
    """What a call costs, made in a child that is ended where it takes too long; else what broke.

    The child is forked: it holds the imports of this process, and none of its peaks.
    """
    reads, writes = os.pipe()
    with warnings.catch_warnings():
        # From Python 3.12 on a fork beside threads warns; the child holds no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.write(writes, json.dumps(_measured(call)).encode())
        finally:
            os._exit(0)
    os.close(writes)
    try:
        ended, _, _ = select.select([reads], [], [], HARD_SECONDS)
        told = os.read(reads, 65_536) if ended else b""
    finally:
        os.close(reads)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not ended:
        return f"had not ended after {HARD_SECONDS:g} s"
    if not told:
        return "ended the process"
    found = json.loads(told)
    return found if isinstance(found, str) else Cost(*found)


def _measured(call: Callable[[], str]) -> str | Cost:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    held = int(pages) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + _HARD_BYTES, most))
    before, began = _peak(), time.monotonic()
    try:
        answered = call()
    except BaseException as error:
        return f"raised {type(error).__name__}: {str(error)[:100]}"
    took = time.monotonic() - began
    return Cost(took, len(answered), (_peak() - before) // 1024, answered[:_BEGINS])


def _peak() -> int:
    """The most kilobytes that this process has held in memory."""
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in told.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])
