"""What a long run leaves on the disk: 200 rounds of 100,000-character observations.

The claim: at most 40 MB in the SQLite file of threads, and a state that is read in a moment.

    python -m benchmarks.checkpoints [--rounds 200] [--chars 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.graph import run
from clinseek import kept_threads
from clinseek.graphs.seek import build_graph


async def seconds_to_read() -> float:
    """Seconds to read the last state of the run from the file."""
    async with kept_threads.checkpoints() as saver:
        graph = build_graph(checkpointer=saver)
        started = time.perf_counter()
        state = await graph.aget_state({"configurable": {"thread_id": "run"}})
        assert state.values["status"] == "answered"
        return time.perf_counter() - started


def words(chars: int) -> str:
    """Text that does not compress away: hashes, in lines of 64 characters."""
    lines = (hashlib.sha256(str(at).encode()).hexdigest() for at in range(chars // 65 + 1))
    return "\n".join(lines)[:chars]


def main() -> None:
    """Print megabytes on the disk, seconds of the run, milliseconds to read its state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--chars", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        started = time.perf_counter()
        observation = words(given.chars - 20)
        record, _ = asyncio.run(run(given.rounds, home=home, observation=observation))
        seconds = time.perf_counter() - started
        size = sum(file.stat().st_size for file in home.glob("threads.sqlite*"))
        reading = asyncio.run(seconds_to_read())
    chars = sum(entry["chars"] for entry in record.evidence)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{given.rounds} rounds, {chars / 1e6:.1f} M characters of observations")
    print(f"  on the disk    {size / 1e6:7.1f} MB")
    print(f"  the run        {seconds:7.1f} s")
    print(f"  reading state  {1000 * reading:7.0f} ms")
    print(f"  peak memory    {peak:7.0f} MB")


if __name__ == "__main__":
    main()
