"""Whether 200 runs side by side in one process keep a host busy, in how much memory.

Each run is a whole one (`aask`: graph, checkpoints, record) of thirty rounds over an empty case
with two trivial tools, so that what is measured is the client: turns, gate, retries and the steps
between. The host is the scripted server, a process of its own that takes five seconds an answer
and any number at once. Measured are the share of the ideal throughput (all answers one after
another, for all runs at once), this process's own work and peak memory, and, against a host that
refuses 30 % of all requests with 429, how many runs are lost. The claims: 90 %, 1.5 GB, none.

To begin 200 runs at once is work that few rounds do not make up for (published runs make about 65
calls), and on a machine that others use the work takes longer: the seconds of the processor, and of
a run by itself, are told beside.

    python -m benchmarks.many_runs [--runs 200] [--rounds 30] [--seconds 5] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from benchmarks.graph import means
from benchmarks.scripted_server import serving
from clinseek.api import aask
from clinseek.records import Record

STORM = 0.3
STORM_ROUNDS = 3
TARGET_SHARE, TARGET_MB = 0.9, 1500


class Ran(NamedTuple):
    """What came of many runs: seconds until the last ended, of the processor, of each; records.

    A run's own seconds begin with its first step, when its case is open.
    """

    seconds: float
    processor: float
    each: list[float]
    records: list[Record]

    @property
    def lost(self) -> int:
        """Runs without an answer."""
        return sum(record.status != "answered" for record in self.records)

    @property
    def waited(self) -> float:
        """Seconds that a run waited on average, for room at the host or to try again."""
        return sum(record.timings["waiting"] for record in self.records) / len(self.records)

    @property
    def ends(self) -> dict[str, int]:
        """How many runs ended in each way."""
        return dict(Counter(record.stop_reason for record in self.records))


async def side_by_side(url: str, *, runs: int, home: Path) -> Ran:
    """So many runs at once."""
    os.environ["CLINSEEK_HOME"] = str(home)
    work = means(observation="x" * 2000)

    async def one() -> tuple[Record, float]:
        steps: list[float] = []
        record = await aask(
            "How many at once?",
            subject_id=1,
            cutoff="2150-01-01 00:00:00",
            store=home,
            model=f"openai:tiny@{url}",
            max_revisions=0,
            means=work,
            on_step=lambda _: steps.append(time.perf_counter()),
        )
        return record, time.perf_counter() - steps[0]

    began, work_began = time.perf_counter(), time.process_time()
    ended = await asyncio.gather(*(one() for _ in range(runs)))
    return Ran(
        time.perf_counter() - began,
        time.process_time() - work_began,
        [seconds for _, seconds in ended],
        [record for record, _ in ended],
    )


def ran(*, runs: int, rounds: int, seconds: float, storm: float = 0.0) -> Ran:
    """Runs against a server of their own, in a folder that goes away."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(delay=seconds, storm=storm, rounds=rounds) as url,
    ):
        return asyncio.run(side_by_side(url, runs=runs, home=Path(folder)))


def main() -> None:
    """Print the share of the ideal throughput, peak memory, and what a storm cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    ran(runs=2, rounds=2, seconds=0.0)  # imports and caches
    calm = ran(runs=given.runs, rounds=given.rounds, seconds=given.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stormy = ran(runs=given.runs, rounds=STORM_ROUNDS, seconds=given.seconds, storm=STORM)
    ideal = given.rounds * given.seconds
    found = {
        "runs": given.runs,
        "seconds": round(calm.seconds, 1),
        "ideal_seconds": ideal,
        "share": round(ideal / calm.seconds, 3),
        "median_run_seconds": round(statistics.median(calm.each), 1),
        "processor_seconds": round(calm.processor, 1),
        "peak_mb": round(peak),
        "lost": calm.lost,
        "waited_seconds": round(calm.waited, 2),
        "storm_seconds": round(stormy.seconds, 1),
        "storm_lost": stormy.lost,
        "storm_ends": stormy.ends,
    }
    kept = (
        found["share"] >= TARGET_SHARE and peak <= TARGET_MB and not calm.lost and not stormy.lost
    )
    if given.json:
        print(json.dumps({**found, "kept": kept}))
        return
    print(f"{given.runs} runs of {given.rounds} rounds at once, {given.seconds:g} s an answer")
    print(f"  all done after        {calm.seconds:8.1f} s (ideal {ideal:g} s)")
    print(f"  share of the ideal    {100 * ideal / calm.seconds:8.1f} % (claim: 90 %)")
    print(f"  a run by itself       {statistics.median(calm.each):8.1f} s (median)")
    print(f"  processor             {calm.processor:8.1f} s")
    print(f"  peak memory           {peak:8.0f} MB (claim: {TARGET_MB} MB)")
    print(f"  waited, a run         {calm.waited:8.1f} s")
    print(f"  lost                  {calm.lost:8} runs")
    print(f"with {100 * STORM:g} % of the requests refused")
    print(f"  all done after        {stormy.seconds:8.1f} s")
    print(f"  lost                  {stormy.lost:8} runs (claim: none); ends: {stormy.ends}")
    print(f"  kept: {'yes' if kept else 'NO'}")


if __name__ == "__main__":
    main()
