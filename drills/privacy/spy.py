"""A spy on every connection of a Python process, and a namespace in which none can be made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_SPY = """
import json, os, sys

def spied(event, given):
    if event == "socket.getaddrinfo":
        told = given[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        told = given[1][0]
    else:
        return
    with open(os.environ["DRILL_SPY"], "a") as heard:
        during = os.environ.get("PYTEST_CURRENT_TEST", " ".join(sys.argv[:3]))
        heard.write(json.dumps([str(told), during]) + "\\n")

sys.addaudithook(spied)
"""
_LOOPBACK = ("127.", "::1", "localhost", "None", "b'localhost'", "b'127.")


class Reached(NamedTuple):
    """A host that a process looked up or connected to, and what it was doing."""

    host: str
    during: str


def environment(place: Path) -> dict[str, str]:
    """Variables by which each Python process of a command tells whom it reaches."""
    folder = place / "spy"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SPY)
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "DRILL_SPY": str(place / "heard"), "HF_HUB_OFFLINE": "1"}


def heard(place: Path) -> list[Reached]:
    """Everything that was reached beside this machine, since it was asked last."""
    file = place / "heard"
    told = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    every = [Reached(*json.loads(line)) for line in told]
    return [each for each in every if not each.host.startswith(_LOOPBACK)]


def alone() -> list[str] | None:
    """The words before a command that cut it off from every network but loopback; None where
    this machine allows no such namespace.
    """
    ways: tuple[list[str], ...] = ([], ["-r"])  # as root, and as a user who may have namespaces
    for way in ways:
        words = ["unshare", *way, "-n", "--", shutil.which("python3") or "python3", _LOOPS]
        if shutil.which("unshare") and _works([*words, "true"]):
            return words
    return None


_LOOPS = str(Path(__file__).with_name("loopback.py"))


def _works(words: Sequence[str]) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def run(
    words: Sequence[str], *, cwd: Path, variables: Mapping[str, str], seconds: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; what it wrote is kept."""
    return subprocess.run(
        words, cwd=cwd, env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="replace", check=False, timeout=seconds,
    )  # fmt: skip
