"""How long a case takes: the largest patient of the open demo at the end of the record.

    python benchmarks/case.py STORE [--subject 10014354] [--at "2199-01-01 00:00:00"] [--runs 15]

Each run is a fresh process; imports come before the clock starts, the store is all that is on disk.
Prints the median, the fastest and the slowest.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path


def _one(store: str, subject_id: int, cutoff: str) -> float:
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    from clinseek.toolkits.ehr.case import open_case
    from clinseek.toolkits.ehr.store import Store

    began = time.perf_counter()
    case = open_case(Store.open(store), subject_id, cutoff=cutoff)
    made = time.perf_counter()
    case.close()
    return 1000 * (made - began)


def in_fresh_processes(store: str | Path, subject_id: int, *, at: str, runs: int) -> list[float]:
    """Milliseconds of each of `runs` cases, each the first of a process of its own."""
    command = [sys.executable, __file__, str(store), "--one"]
    command += ["--subject", str(subject_id), "--at", at]
    return [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]


def main() -> None:
    """Run the case in fresh processes and print the figures in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("--subject", type=int, default=10014354)
    parser.add_argument("--at", default="2199-01-01 00:00:00")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(_one(given.store, given.subject, given.at))
        return
    times = in_fresh_processes(given.store, given.subject, at=given.at, runs=given.runs)
    print(
        f"case: median {statistics.median(times):.1f} ms, "
        f"min {min(times):.1f}, max {max(times):.1f} ({given.runs} runs)"
    )


if __name__ == "__main__":
    main()
