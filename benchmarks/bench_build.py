"""Claim: all tasks are built on the open demo in at most 60 s; on 1,000 patients in at most 5 min
and 2 GB; and the work is linear in patients.

Builds every task that each STORE can give, and that of a synthetic cohort of each of the sizes, in
a process of its own. Prints patients, questions found, rows, seconds by the clock, seconds of CPU
(over all its processes, so that a busy machine tells them too), the peak memory of the largest
process, and of the cohorts the CPU seconds that each patient more takes from one to the next
(alike where the work is linear).

    python benchmarks/bench_build.py demo-store
    python benchmarks/bench_build.py --cohorts 125 250 500 1000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise

COLUMNS = ("patients", "questions", "tasks", "rows", "seconds", "CPU s", "peak MB")


class Took(NamedTuple):
    """One build, and what it took."""

    patients: int
    questions: int
    tasks: int
    rows: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


def main() -> None:
    """Measure each store in turn, and then the cohorts, the smallest first."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("stores", type=Path, nargs="*", metavar="STORE")
    arguments.add_argument("--cohorts", type=int, nargs="+", default=[], metavar="PATIENTS")
    arguments.add_argument("--per-task", type=int, default=40)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = arguments.parse_args()
    print(f"{'store':<32}", *(f"{column:>10}" for column in COLUMNS))
    for store in chosen.stores:
        told(str(store), build(store, per_task=chosen.per_task, jobs=chosen.jobs))
    cohorts = []
    for patients in sorted(chosen.cohorts):
        with tempfile.TemporaryDirectory() as folder:
            store = cohort(Path(folder), patients)
            cohorts.append(build(store, per_task=chosen.per_task, jobs=chosen.jobs))
        told(f"{patients:,} synthetic patients", cohorts[-1])
    if len(cohorts) > 1:
        print("CPU s for each patient more:", *(f"{each:.2f}" for each in added(cohorts)))


def told(name: str, took: Took) -> None:
    """A line of the table."""
    print(f"{name:<32}", *(f"{number:>10,.0f}" for number in took), flush=True)


def cohort(folder: Path, patients: int) -> Path:
    """The store of a synthetic cohort; making it is not measured."""
    synthesise(folder / "raw", patients=patients, seed=7)
    ingest([folder / "raw"], folder / "store", codes=folder / "raw" / "codes")
    return folder / "store"


def build(store: Path, *, per_task: int, jobs: int) -> Took:
    """A build in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        ended = subprocess.run(
            [
                sys.executable, "-m", "clinseek", "bench", "build", "--store", str(store),
                "--tasks", "all", "--per-task", str(per_task), "--jobs", str(jobs),
                "--out", str(Path(folder) / "bench"), "--json",
            ],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        seconds = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    card = json.loads(ended.stdout)["card"]
    return Took(
        patients=json.loads((store / "manifest.json").read_text())["subjects"],
        questions=sum(task["questions"] for task in card["tasks"].values()),
        tasks=card["counts"]["tasks"],
        rows=card["counts"]["rows"],
        seconds=seconds,
        cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        peak_mb=after.ru_maxrss / 1024,
    )


def added(cohorts: Sequence[Took]) -> list[float]:
    """CPU seconds for each patient more, from one cohort to the next larger one.

    What a build of none would take plays no part in them: alike where the work is linear, growing
    where it is more than that.

    >>> grown = [Took(n, 0, 0, 0, 0.0, 30 + 0.2 * n, 0.0) for n in (125, 250, 500, 1000)]
    >>> [round(each, 3) for each in added(grown)]
    [0.2, 0.2, 0.2]
    """
    return [
        (larger.cpu_seconds - smaller.cpu_seconds) / (larger.patients - smaller.patients)
        for smaller, larger in pairwise(cohorts)
    ]


if __name__ == "__main__":
    main()
