"""Claim: ingest takes 20 M chartevents rows in at most 2 GB of memory, in linear time.

Writes a raw MIMIC folder of N synthetic chart rows (1,000 a patient, as csv.gz), ingests it in a
process of its own, and prints seconds by the clock, seconds of CPU (on a busy machine only these
tell whether time is linear), rows a second and peak resident memory. With --scattered the file's
rows are not grouped by patient, which is the hardest order for a store by patient.

    python benchmarks/ingest.py --rows 5000000 10000000 20000000
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from clinseek.toolkits.ehr.tables import TABLES

ROWS_A_PATIENT = 1_000
_FIRST_SUBJECT = 10_000_000
_PATTERNS = 20
_BEGIN = datetime(2150, 3, 1)
_ITEMS = (220045, 220179, 220180, 220210, 220277, 223761, 223901, 226253, 228096, 229321)
_INGEST = (
    "import sys; from clinseek.toolkits.ehr.store import ingest; ingest(sys.argv[1], sys.argv[2])"
)


def main() -> None:
    """Measure each number of rows in turn."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--rows", type=int, nargs="+", default=[5_000_000, 10_000_000, 20_000_000]
    )
    arguments.add_argument("--scattered", action="store_true", help="rows not grouped by patient")
    arguments.add_argument("--folder", type=Path, help="where the files are made and removed")
    chosen = arguments.parse_args()
    columns = ("raw MB", "seconds", "CPU s", "rows/s", "peak MB", "store MB")
    print(f"{'rows':>12}", *(f"{column:>9}" for column in columns))
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            raw, store = Path(folder, "raw"), Path(folder, "store")
            write_raw(raw, rows // ROWS_A_PATIENT, scattered=chosen.scattered)
            seconds, cpu, peak = run_ingest(raw, store)
            numbers = (size(raw), seconds, cpu, rows / seconds, peak, size(store))
            print(f"{rows:>12,}", *(f"{number:>9,.0f}" for number in numbers), flush=True)


def run_ingest(raw: Path, store: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak memory (MB) of an ingest in a process of its own."""
    began = time.monotonic()
    child = os.posix_spawn(
        sys.executable, [sys.executable, "-c", _INGEST, str(raw), str(store)], os.environ
    )
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit("the ingest failed")
    unit = 1 if sys.platform == "darwin" else 1024
    seconds = time.monotonic() - began
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def write_raw(
    folder: Path, patients: int, *, scattered: bool = False, rows_each: int = ROWS_A_PATIENT
) -> None:
    """A raw folder with `patients`, `admissions` and chart rows, 1,000 a patient by default."""
    subjects = range(_FIRST_SUBJECT, _FIRST_SUBJECT + patients)
    (folder / "hosp").mkdir(parents=True)
    (folder / "icu").mkdir()
    _write(folder, "patients", (f"{subject},F,60,2150,2017 - 2019,\n" for subject in subjects))
    _write(folder, "admissions", (_admission(subject) for subject in subjects))
    parts = _scattered(subjects, rows_each) if scattered else _grouped(subjects, rows_each)
    _write(folder, "chartevents", parts)


def _grouped(subjects: range, rows_each: int) -> Iterator[str]:
    random.seed(7)
    patterns = [_chart_rows(rows_each) for _ in range(min(_PATTERNS, len(subjects)))]
    for subject in subjects:
        yield patterns[subject % len(patterns)].replace("#", str(subject))


def _scattered(subjects: range, rows_each: int) -> Iterator[str]:
    random.seed(7)
    rows = [row + "\n" for row in _chart_rows(rows_each).splitlines()]
    shuffled = list(subjects)
    random.shuffle(shuffled)
    for row in rows:
        yield from (row.replace("#", str(subject)) for subject in shuffled)


def _chart_rows(count: int) -> str:
    lines = []
    for number in range(count):
        clock = _BEGIN + timedelta(days=number // 40, minutes=random.randrange(1440))
        value = round(random.gauss(90, 15), 1)
        item, caregiver = random.choice(_ITEMS), random.randrange(1, 99_999)
        lines.append(f"#,2#,3#,{caregiver},{clock},{clock},{item},{value},{value},mmHg,0\n")
    return "".join(lines)


def _admission(subject: int) -> str:
    return (
        f"{subject},2{subject},2150-03-01 00:00:00,2150-03-28 12:00:00,,EW EMER.,P1,"
        "EMERGENCY ROOM,HOME,Medicare,ENGLISH,WIDOWED,WHITE,,,0\n"
    )


def _write(folder: Path, name: str, lines: Iterator[str]) -> None:
    table = TABLES[name]
    path = folder / table.module / f"{name}.csv.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(",".join(table.column_names) + "\n")
        file.writelines(lines)


def size(folder: Path) -> float:
    """The megabytes of all files under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
