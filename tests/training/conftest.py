"""Runs of the offline policy over a small synthetic cohort, made once for each file of tests."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from clinseek.cli.main import run


class Bench(NamedTuple):
    """A store, the rows over it, and a run folder."""

    store: Path
    rows: Path
    run: Path


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Look-ups of a small cohort, answered by the offline policy; never written to."""
    folder = tmp_path_factory.mktemp("bench")
    made = ["bench", "prepare", "synthetic", "--patients", "12", "--per-task", "3"]
    assert run([*made, "--out", str(folder / "bench")]) == 0
    store, rows = folder / "bench" / "store", folder / "bench" / "lookup.jsonl"
    asked = ["eval", str(rows), "--store", str(store), "--model", "offline"]
    assert run([*asked, "--out", str(folder / "run")]) == 0
    return Bench(store, rows, folder / "run")
