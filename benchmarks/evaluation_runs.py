"""Whether an evaluation keeps a slow model busy, in how much memory, and what kills cost it.

Three claims, each by the road that `clinseek eval` takes (run folder, lock, flushed records,
checkpoints, tally), over an empty case with two trivial tools:

- throughput: 64 runs at one time against a model that answers in two seconds give 90 % of what
  they could at most (rounds x seconds for each wave of 64);
- memory: 1,000 runs with observations of 20,000 characters need at most 1 GB;
- kills: an evaluation killed 30 times with SIGKILL at random moments loses no run, makes none
  twice, and ends with the records of one that nobody killed.

On a machine that others use the work takes longer: seconds of the processor are told beside.

    python -m benchmarks.evaluation_runs [throughput|memory|kills ...] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.graph import means
from benchmarks.scripted_server import serving
from clinseek.evals.rows import Row
from clinseek.evals.runner import RunSettings, open_run
from clinseek.evals.runner.evaluation import Evaluated, run_rows
from clinseek.evals.runner.running import Limits
from clinseek.models import build_model
from clinseek.nodes.bench import Means
from clinseek.records import Record
from clinseek.toolkits.ehr.case import Case

AT_ONCE, SECONDS, WAVES, ROUNDS = 64, 2.0, 8, 4
MANY, OBSERVATION = 1000, 20_000
KILLS, KILLED_ROWS = 30, 240
TARGET_SHARE, TARGET_MB = 0.9, 1000


def rows(count: int) -> list[Row]:
    """So many questions about nobody."""
    return [
        Row(
            qid=f"q{number}", subject_id=1, cutoff="2150-01-01 00:00:00", task="speed",
            question=f"How fast is number {number}?", label="fast",
        )
        for number in range(count)
    ]  # fmt: skip


def over_nobody(observation: int) -> Means:
    """An empty case, made anew where a killed process left one, as the real one is."""
    work = means(observation="x" * observation)

    def open_case(
        store: str, subject_id: int, *, cutoff: str, profile: str, folder: Path, name: str
    ) -> Case:
        (folder / name).unlink(missing_ok=True)
        return work.open_case(
            store, subject_id, cutoff=cutoff, profile=profile, folder=folder, name=name
        )

    return replace(work, open_case=open_case)


def evaluated(
    url: str, out: Path, *, count: int, at_once: int, observation: int = 2000
) -> Evaluated:
    """An evaluation against the server at `url`."""
    os.environ["CLINSEEK_HOME"] = str(out.parent / "home")
    spec = f"openai:tiny@{url}"
    return asyncio.run(
        run_rows(
            rows(count),
            model=build_model(spec),
            settings=RunSettings(model=spec, max_revisions=0),
            out=out,
            store=out.parent,
            means=over_nobody(observation),
            limits=Limits(concurrency=at_once),
        )
    )


def throughput() -> dict[str, Any]:
    """The share of the most that 64 runs at one time could give."""
    with tempfile.TemporaryDirectory() as folder:
        with serving(rounds=2) as warm:
            evaluated(warm, Path(folder) / "warm", count=2, at_once=2)
        began, work = time.perf_counter(), time.process_time()
        with serving(delay=SECONDS, rounds=ROUNDS) as url:
            done = evaluated(url, Path(folder) / "run", count=AT_ONCE * WAVES, at_once=AT_ONCE)
        seconds = time.perf_counter() - began
    ideal = WAVES * ROUNDS * SECONDS
    return {
        "runs": AT_ONCE * WAVES,
        "at_once": AT_ONCE,
        "seconds": round(seconds, 1),
        "ideal_seconds": ideal,
        "share": round(ideal / seconds, 3),
        "processor_seconds": round(time.process_time() - work, 1),
        "kept": done.complete and ideal / seconds >= TARGET_SHARE,
    }


def memory() -> dict[str, Any]:
    """The most memory that a thousand runs take."""
    with tempfile.TemporaryDirectory() as folder, serving(rounds=3) as url:
        done = evaluated(
            url, Path(folder) / "run", count=MANY, at_once=AT_ONCE, observation=OBSERVATION
        )
        size = (Path(folder) / "run" / "records.jsonl").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "runs": done.tally.done,
        "records_mb": round(size / 2**20),
        "seconds": round(done.tally.seconds, 1),
        "peak_mb": round(peak),
        "kept": done.complete and peak <= TARGET_MB,
    }


def kills() -> dict[str, Any]:
    """What 30 kills at random moments cost."""
    dice = random.Random(5)
    with tempfile.TemporaryDirectory() as name, serving(delay=0.2, rounds=4) as url:
        folder = Path(name)
        evaluated(url, folder / "whole", count=KILLED_ROWS, at_once=8)
        killed = 0
        while killed < KILLS and _killed(url, folder / "killed", after=dice.uniform(0.02, 0.4)):
            killed += 1
        evaluated(url, folder / "killed", count=KILLED_ROWS, at_once=8)
        attempts = [_plain(record) for record in open_run(folder / "killed").attempts()]
        whole = {told["qid"]: told for told in map(_plain, open_run(folder / "whole").records())}
    keys = [told["qid"] for told in attempts]
    lost, doubled = len(set(whole) - set(keys)), len(keys) - len(set(keys))
    equal = {told["qid"]: told for told in attempts} == whole
    return {
        "kills": killed,
        "runs": len(whole),
        "lost": lost,
        "doubled": doubled,
        "equal_end": equal,
        "kept": killed == KILLS and not lost and not doubled and equal,
    }


def _killed(url: str, out: Path, *, after: float) -> bool:
    """Run the evaluation in a process of its own and kill that `after` it began to make runs.

    False where it came to its end before.
    """
    command = [sys.executable, "-m", "benchmarks.evaluation_runs", "--child", url, str(out)]
    with subprocess.Popen(command) as process:
        written, before = out / "threads.sqlite-wal", None
        while process.poll() is None:
            # Its size tells nothing: SQLite writes the file over from its beginning.
            now = written.stat().st_mtime_ns if written.exists() else None
            if before is not None and now is not None and now != before:
                break
            before = now if before is None else before
            time.sleep(0.005)
        time.sleep(after)
        if process.poll() is not None:
            return False
        os.kill(process.pid, signal.SIGKILL)
        return True


def _plain(record: Record) -> dict[str, Any]:
    """A record without clocks and names of threads."""
    told = record.as_json()
    for name in ("thread", "timings", "turns"):
        del told[name]
    for entry in told["evidence"]:
        del entry["seconds"]
    return told


CLAIMS: dict[str, Callable[[], dict[str, Any]]] = {
    "throughput": throughput, "memory": memory, "kills": kills,
}  # fmt: skip


def main() -> None:
    """Print what came of each claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", nargs="*", choices=[*CLAIMS, []], default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("URL", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        evaluated(given.child[0], Path(given.child[1]), count=KILLED_ROWS, at_once=8)
        return
    found = {name: CLAIMS[name]() for name in given.claims or CLAIMS}
    if given.json:
        print(json.dumps(found))
        return
    for name, told in found.items():
        print(f"{name}: {'kept' if told['kept'] else 'NOT kept'}")
        for word, value in told.items():
            if word != "kept":
                print(f"  {word.replace('_', ' '):18} {value}")


if __name__ == "__main__":
    main()
