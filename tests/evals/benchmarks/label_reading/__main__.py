"""`python -m tests.evals.benchmarks.label_reading ROWS RAW...`: the table of agreement by task."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.evals.benchmarks.label_reading.raw import RawRecord
from tests.evals.benchmarks.label_reading.reading import read, rows_of, table


def main(arguments: list[str]) -> int:
    """0 where every row agrees, 1 where one does not, 2 where the command is not complete."""
    if len(arguments) < 2:
        sys.stderr.write("Name the rows.jsonl and one raw folder or more: ROWS RAW...\n")
        return 2
    rows, *folders = map(Path, arguments)
    readings = read(rows_of(rows), RawRecord(tuple(folders)))
    sys.stdout.write(table(readings))
    return int(any(one.count("agree") < len(one.verdicts) for one in readings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
