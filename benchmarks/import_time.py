"""How long `import clinseek` takes: the median of fresh processes.

    python benchmarks/import_time.py [--runs 15]

Claim: under 150 ms. Prints one JSON object with milliseconds; an import is timed inside its
process, the start of the command line (`clinseek --help`) around it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

IMPORT = "import time; t = time.perf_counter(); import clinseek; print(time.perf_counter() - t)"


def import_ms() -> float:
    """Milliseconds of one import in a fresh process."""
    ran = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(ran.stdout) * 1000


def command_ms(*arguments: str) -> float:
    """Milliseconds of one command line, start of Python included."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "clinseek", *arguments], stdout=subprocess.DEVNULL, check=True
    )
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = range(parser.parse_args().runs)
    print(
        json.dumps(
            {
                "import_ms": round(statistics.median(import_ms() for _ in runs), 1),
                "help_ms": round(statistics.median(command_ms("--help") for _ in runs), 1),
                "target_import_ms": 150,
            }
        )
    )


if __name__ == "__main__":
    main()
