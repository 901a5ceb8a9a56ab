"""Reads a prepared OpenSeek-QA a second time from the raw csv files, and tells what is amiss.

python -m tests.evals.benchmarks.openseek_reading bench/openseek-qa.jsonl RAW

RAW is the folder that holds those of the two demos.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.evals.benchmarks.openseek_reading.comparing import faults, rows_of
from tests.evals.benchmarks.openseek_reading.record import RawFiles


def main(arguments: Sequence[str]) -> int:
    """Writes each row with a fault, then the counts; 1 where there is one."""
    benchmark, *folders = map(Path, arguments)
    files = RawFiles(*folders)
    rows = rows_of(benchmark)
    found = {row["qid"]: amiss for row in rows if (amiss := faults(row, files))}
    for qid, amiss in found.items():
        sys.stdout.write("\n  ".join((qid, *amiss)) + "\n")
    sys.stdout.write(f"{len(rows)} rows, {len(rows) - len(found)} agree\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
