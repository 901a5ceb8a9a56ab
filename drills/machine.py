"""Where and when drills were run: what a table of results must say beside its numbers."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).parents[1]


class Circumstances(TypedDict):
    """The day, the machine and the commit of a run of drills."""

    day: str
    cores: int
    memory_gb: float
    system: str
    python: str
    commit: str


def circumstances() -> Circumstances:
    """Those of this moment; a working tree that differs from its commit says so."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Circumstances(
        day=datetime.now(UTC).strftime("%Y-%m-%d"),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        memory_gb=round(memory / 1e9, 1),
        system=f"{platform.system()} {platform.release()} ({platform.machine()})",
        python=platform.python_version(),
        commit=_commit(),
    )


def told(found: Circumstances) -> str:
    """One sentence.

    >>> told({"day": "2026-01-02", "cores": 2, "memory_gb": 25.2, "system": "Linux 6.1 (x86_64)",
    ...       "python": "3.11.2", "commit": "abc"})
    '2026-01-02, 2 cores, 25.2 GB, Linux 6.1 (x86_64), Python 3.11.2, commit abc'
    """
    cores = "1 core" if found["cores"] == 1 else f"{found['cores']} cores"
    return (
        f"{found['day']}, {cores}, {found['memory_gb']:g} GB, {found['system']}, "
        f"Python {found['python']}, commit {found['commit']}"
    )


def _commit() -> str:
    short = _git("rev-parse", "--short", "HEAD")
    if not short:
        return "unknown"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "clinseek", "drills")
    return f"{short} with changes" if changed else short


def _git(*words: str) -> str:
    try:
        given = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return given.stdout.strip()
