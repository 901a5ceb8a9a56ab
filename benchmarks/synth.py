"""How fast a synthetic cohort is written, and that memory does not grow with it.

    python benchmarks/synth.py [PATIENTS ...]        default: 100 1000

Each size runs in a fresh process; prints seconds, patients and rows a second, peak memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path


def measure(patients: int) -> None:
    """Write one cohort in this process and print its figures as JSON."""
    from clinseek.toolkits.ehr.synthetic import synthesise

    with tempfile.TemporaryDirectory() as folder:
        report = synthesise(Path(folder) / "cohort", patients=patients)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.gz"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "patients": patients,
        "seconds": round(report.seconds, 2),
        "patients_per_second": round(patients / report.seconds, 1),
        "rows": report.rows,
        "rows_per_second": round(report.rows / report.seconds),
        "written_mb": round(size / 1e6, 1),
        "peak_memory_mb": round(peak, 1),
    }
    print(json.dumps(figures))


def main(arguments: list[str]) -> None:
    """Measure each size in a process of its own."""
    if arguments[:1] == ["--one"]:
        measure(int(arguments[1]))
        return
    for patients in arguments or ["100", "1000"]:
        subprocess.run([sys.executable, __file__, "--one", patients], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
