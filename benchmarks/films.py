"""How fast chest films are drawn, and how large they are.

    python benchmarks/films.py [PATIENTS]        default: 40

Writes a cohort without films and the same one with them, in this process; the difference is what
the films cost, their reports and labels included. Prints milliseconds and bytes an image.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from clinseek.toolkits.ehr.synthetic import SynthReport, synthesise


def timed(out: Path, *, patients: int, images: bool) -> tuple[SynthReport, float]:
    """The report of a cohort and the processor seconds that it took."""
    began = time.process_time()
    report = synthesise(out, patients=patients, seed=7, images=images)
    return report, time.process_time() - began


def main(arguments: list[str]) -> None:
    """Print the figures as JSON."""
    patients = int(arguments[0]) if arguments else 40
    with tempfile.TemporaryDirectory() as folder:
        timed(Path(folder) / "first", patients=1, images=True)
        _, bare = timed(Path(folder) / "bare", patients=patients, images=False)
        report, filmed = timed(Path(folder) / "filmed", patients=patients, images=True)
    films = report.films
    if films is None:
        raise SystemExit("no films were drawn")
    figures = {
        "patients": patients,
        "studies": films.studies,
        "images": films.images,
        "ms_per_image": round(1000 * (filmed - bare) / films.images, 1),
        "kb_per_image": round(films.bytes / films.images / 1000, 1),
        "studies_per_patient": round(films.studies / patients, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
