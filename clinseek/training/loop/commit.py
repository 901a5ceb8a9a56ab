"""By which state of the code a stage of the loop was made."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import clinseek

_PACKAGE = Path(clinseek.__file__).parent
NOT_NOTED = "not noted"


def commit_now() -> str:
    """The commit of this checkout, and whether the package differs from it; else the version."""
    try:
        commit = _git("rev-parse", "--short=9", "HEAD")
        changed = _git("status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return f"clinseek {clinseek.__version__}"
    return f"{commit}, changed" if changed else commit


def stages_by_commit(took: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """The stages that each commit made, in the order in which they ended.

    >>> stages_by_commit({"cohort": {"commit": "a1"}, "store": {}, "filter": {"commit": "a1"}})
    {'a1': ['cohort', 'filter'], 'not noted': ['store']}
    """
    made: dict[str, list[str]] = {}
    for stage, noted in took.items():
        made.setdefault(noted.get("commit", NOT_NOTED), []).append(stage)
    return made


def _git(*words: str) -> str:
    ran = subprocess.run(
        ["git", *words], cwd=_PACKAGE, capture_output=True, text=True, check=True, timeout=10
    )
    return ran.stdout.strip()
