"""Claim: all tasks are built on the open demo in at most 60 s, on 1,000 patients in at most 5 min.

Builds every task that each STORE can give, in a process of its own, and prints patients, questions
found, rows, seconds by the clock, seconds of CPU (over all its processes; on a busy machine only
these tell) and the peak memory of the largest process. Stores of growing size show whether time is
linear in patients.

    python benchmarks/bench_build.py demo-store synth-1000-store
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
from pathlib import Path
from typing import Any


def main() -> None:
    """Measure each store in turn."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("stores", type=Path, nargs="+", metavar="STORE")
    arguments.add_argument("--per-task", type=int, default=40)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = arguments.parse_args()
    columns = ("patients", "questions", "tasks", "rows", "seconds", "CPU s", "peak MB")
    print(f"{'store':<32}", *(f"{column:>10}" for column in columns))
    for store in chosen.stores:
        card, seconds, cpu, peak = build(store, per_task=chosen.per_task, jobs=chosen.jobs)
        subjects = json.loads((store / "manifest.json").read_text())["subjects"]
        questions = sum(task["questions"] for task in card["tasks"].values())
        counts = card["counts"]
        numbers = (subjects, questions, counts["tasks"], counts["rows"], seconds, cpu, peak)
        print(f"{store!s:<32}", *(f"{number:>10,.0f}" for number in numbers), flush=True)


def build(store: Path, *, per_task: int, jobs: int) -> tuple[dict[str, Any], float, float, float]:
    """The card of a build, and what it took: seconds, CPU seconds, peak memory in MB."""
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
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(ended.stdout)["card"], seconds, cpu, after.ru_maxrss / 1024


if __name__ == "__main__":
    main()
