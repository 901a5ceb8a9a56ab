"""The run folders of evaluations: one whole, or what they hold of one patient."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from clinseek.evals.rows import Row, read_rows, write_rows
from clinseek.evals.runner.opening import write_plan
from clinseek.evals.runner.ray_cluster import WORK
from clinseek.evals.runner.response_cache import FILE as CACHE_FILE
from clinseek.evals.runner.run_folder import (
    ROWS_FILE,
    RUN_FILE,
    RunFolder,
    fingerprint_of_rows,
    key_of,
)
from clinseek.purging.removal import Removal, erasing, of_database, of_files
from clinseek.purging.threads import of_cases
from clinseek.purging.webs import NONE, WebUse, used_in
from clinseek.settings import case_folder
from clinseek.whole_file import whole_file

_THREADS = "threads.sqlite"


def run_folders_in(places: Iterable[Path]) -> list[RunFolder]:
    """Every run folder at or below these, shards too."""
    found = {file.parent.resolve() for place in places if place.is_dir()
             for file in place.rglob(RUN_FILE)}  # fmt: skip
    return [RunFolder(folder) for folder in sorted(found)]


def whole(place: Path, folders: Sequence[RunFolder]) -> Iterator[Removal]:
    """A run folder as it lies, and the cases that its runs left in CLINSEEK_HOME."""
    for folder in folders:
        yield from of_cases(sorted(case_folder().glob(f"eval-{folder.plan.run_id}-*.sqlite")))
    records = sum(1 for folder in folders for _ in folder.placed())
    yield Removal("the folder of an evaluation", place, records, lambda: shutil.rmtree(place))


def of_patient(folder: RunFolder, subject_id: int) -> Iterator[Removal]:
    """What a run folder holds of a patient: rows, records; what was made of them all goes whole."""
    every = read_rows(folder.path / ROWS_FILE)
    rows = [row for row in every if row.subject_id == subject_id]
    if len(rows) == len(every):
        yield from whole(folder.path, [folder])
        return
    if not rows:
        return
    fingerprints = {row.fingerprint for row in rows}
    for fingerprint in sorted(fingerprints):
        named = f"eval-{folder.plan.run_id}-{fingerprint}-*.sqlite"
        yield from of_cases(sorted(case_folder().glob(named)))
    kept = sum(placed.key[0] in fingerprints for placed in folder.placed())
    yield Removal(
        "records of the patient", folder.records_file, kept,
        lambda: _without_records(folder.records_file, fingerprints),
    )  # fmt: skip
    yield Removal(
        "rows about the patient", folder.path / ROWS_FILE, len(rows),
        lambda: _without_rows(folder, rows),
    )  # fmt: skip
    yield from of_files("scores (made again by clinseek score)", [folder.scores])
    yield from of_database("steps of runs that had not ended", folder.path / _THREADS)
    yield from of_files("work of runs that had not ended", [folder.path / WORK])


def caches_in(places: Iterable[Path]) -> Iterator[Removal]:
    """Files of kept answers, emptied: an answer does not say of whom it speaks."""
    files = {place / CACHE_FILE for place in places}
    files |= {file for place in places if place.is_dir() for file in place.rglob(CACHE_FILE)}
    for file in sorted(file.resolve() for file in files if file.is_file()):
        with closing(sqlite3.connect(file)) as connection:
            (held,) = connection.execute("SELECT COUNT(*) FROM answers").fetchone()
        yield Removal("kept answers of models, all of them", file, held, lambda at=file: _empty(at))  # type: ignore[misc]


def web_use(folders: Sequence[RunFolder], subject_id: int | None = None) -> WebUse:
    """What the runs asked of the web: of all of them, or of those about one patient."""
    use = NONE
    for folder in folders:
        for record in folder.attempts():
            if subject_id is None or record.row.get("subject_id") == subject_id:
                use |= used_in(record.evidence)
    return use


def _without_records(file: Path, fingerprints: set[str]) -> None:
    with file.open("rb") as held, whole_file(file) as making, making.open("wb") as kept:
        for line in held:
            if line.endswith(b"\n") and line.strip() and key_of(line)[0] not in fingerprints:
                kept.write(line)


def _without_rows(folder: RunFolder, gone: Sequence[Row]) -> None:
    qids = {row.qid for row in gone}
    images = {image for row in gone for image in row.images}
    left = [row for row in read_rows(folder.path / ROWS_FILE) if row.qid not in qids]
    write_rows(folder.path / ROWS_FILE, left)
    plan = folder.plan
    rows = {qid: fingerprint for qid, fingerprint in plan.rows.items() if qid not in qids}
    attached = {path: each for path, each in plan.attached.items() if path not in images}
    changed = {"rows": rows, "rows_fingerprint": fingerprint_of_rows(rows), "attached": attached}
    write_plan(folder.path, plan.model_copy(update=changed))


def _empty(file: Path) -> None:
    with erasing(file) as connection:
        connection.execute("DELETE FROM answers")
