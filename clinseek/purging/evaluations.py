"""The run folders of evaluations: one whole, or what they hold of one patient."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows, write_rows
from clinseek.evals.runner.attachments import files_of
from clinseek.evals.runner.opening import write_plan
from clinseek.evals.runner.ray_cluster import WORK
from clinseek.evals.runner.response_cache import FILE as CACHE_FILE
from clinseek.evals.runner.run_folder import (
    RECORDS_FILE,
    ROWS_FILE,
    RUN_FILE,
    RunFolder,
    fingerprint_of_rows,
    key_of,
)
from clinseek.purging.removal import Removal, erasing, of_database
from clinseek.purging.run_files import LOCK, THREADS, RunFiles, remove_files, run_files
from clinseek.purging.threads import of_cases
from clinseek.purging.webs import NONE, WebUse, used_in
from clinseek.settings import case_folder
from clinseek.whole_file import whole_file


def run_folders_in(places: Iterable[Path]) -> list[RunFolder]:
    """Every run folder at or below these, shards too.

    No link is followed, be it a folder or a file of a run; a `run.json` that another program wrote
    is passed over.
    """
    found = {file.parent.resolve() for place in places if place.is_dir()
             for file in place.rglob(RUN_FILE)}  # fmt: skip
    return [RunFolder(folder) for folder in sorted(found) if _is_run(folder)]


def _is_run(folder: Path) -> bool:
    if any((folder / name).is_symlink() for name in (RUN_FILE, ROWS_FILE, RECORDS_FILE)):
        return False
    try:
        return bool(RunFolder(folder).plan)
    except SettingError:
        return False


def whole(place: Path, folders: Sequence[RunFolder], files: RunFiles) -> Iterator[Removal]:
    """What runs made in a run folder, and the cases that they left in CLINSEEK_HOME."""
    for folder in folders:
        yield from of_cases(_cases(folder))
    records = sum(1 for folder in folders for _ in folder.placed())
    yield Removal(
        f"files of an evaluation ({records} records)", place, len(files.made),
        lambda: remove_files(place, files.made),
    )  # fmt: skip


def _cases(folder: RunFolder, fingerprint: str = "") -> list[Path]:
    begins = f"eval-{folder.plan.run_id}-{fingerprint}"
    return sorted(
        file
        for file in case_folder().iterdir()
        if file.name.startswith(begins) and file.suffix == ".sqlite"
    )


def others_in(folders: Iterable[RunFolder], subject_id: int) -> Iterator[Path]:
    """What no run made, in folders of which nothing else is left when the patient is gone."""
    for folder in folders:
        if _is_theirs(folder, subject_id):
            yield from run_files(folder.path).others


def of_patient(folder: RunFolder, subject_id: int) -> Iterator[Removal]:
    """What a run folder holds of a patient: rows, records; what was made of them all goes whole.

    The rows go last: they tell what else is to go, should the purge be stopped before its end.
    """
    files = run_files(folder.path)
    if _is_theirs(folder, subject_id):
        yield from whole(folder.path, [folder], files)
        return
    every = _rows(folder)
    rows = [row for row in every if row.subject_id == subject_id]
    told = _fingerprints_told(folder, subject_id)
    if not rows and not told and not _is_half_purged(folder, files):
        return
    fingerprints = {row.fingerprint for row in rows} | told
    for fingerprint in sorted(fingerprints):
        yield from of_cases(_cases(folder, f"{fingerprint}-"))
    kept = sum(placed.key[0] in fingerprints for placed in folder.placed())
    if kept:
        yield Removal(
            "records of the patient", folder.records_file, kept,
            lambda: _without_records(folder.records_file, fingerprints),
        )  # fmt: skip
    yield from _made_again("scores (made again by clinseek score)", folder.scores, files)
    yield from of_database("steps of runs that had not ended", folder.path / THREADS)
    yield from _made_again("work of runs that had not ended", folder.path / WORK, files)
    left = [row for row in every if row.subject_id != subject_id]
    yield Removal(
        "rows about the patient", folder.path / ROWS_FILE, len(rows),
        lambda: _with_rows(folder, left),
    )  # fmt: skip


def _is_theirs(folder: RunFolder, subject_id: int) -> bool:
    """Whether the runs of a folder were about this patient alone.

    Of a whole folder that was being removed `run.json` is the last: by then it alone can tell.
    """
    every = _rows(folder)
    if {file.name for file in run_files(folder.path).made} <= {RUN_FILE, LOCK}:
        told = "\n".join([*folder.plan.rows, *folder.plan.attached])
        return bool(re.search(rf"(?<!\d){subject_id}(?!\d)", told))
    if not every or any(row.subject_id != subject_id for row in every):
        return False
    fingerprints = {row.fingerprint for row in every}
    return all(placed.key[0] in fingerprints for placed in folder.placed())


def _rows(folder: RunFolder) -> list[Row]:
    return read_rows(folder.path / ROWS_FILE) if (folder.path / ROWS_FILE).exists() else []


def _fingerprints_told(folder: RunFolder, subject_id: int) -> set[str]:
    """The rows of the patient by what records tell of them."""
    return {
        placed.key[0]
        for placed, record in zip(folder.placed(), folder.attempts(), strict=True)
        if record.row.get("subject_id") == subject_id
    }


def _is_half_purged(folder: RunFolder, files: RunFiles) -> bool:
    """Whether a purge was stopped here: `run.json` or a score tells of a row that is gone."""
    qids = {row.qid for row in _rows(folder)}
    if not qids:
        return False
    return bool(folder.plan.rows.keys() - qids) or any(
        qid not in qids
        for file in files.below(folder.scores)
        if file.suffix == ".jsonl" and file.parent == folder.scores
        for qid in _qids_in(file)
    )


def _qids_in(scores: Path) -> Iterator[str]:
    with scores.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield json.loads(line)["qid"]
            except (ValueError, KeyError, TypeError):
                continue


def _made_again(what: str, place: Path, files: RunFiles) -> Iterator[Removal]:
    made = files.below(place)
    if made:
        yield Removal(what, place, len(made), lambda: remove_files(place, made))


def caches_in(places: Iterable[Path]) -> Iterator[Removal]:
    """Files of kept answers, emptied: an answer does not say of whom it speaks."""
    files = {place for place in places if place.name == CACHE_FILE}
    files |= {file for place in places if place.is_dir() for file in place.rglob(CACHE_FILE)}
    for file in sorted(file for file in files if file.is_file() and not file.is_symlink()):
        held = _answers_in(file)
        if held is not None:
            yield Removal(
                "kept answers of models, all of them", file, held,
                lambda at=file: _empty(at),  # type: ignore[misc]
            )  # fmt: skip


def _answers_in(file: Path) -> int | None:
    """How many answers a file keeps; None for a file of that name that another program wrote."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as held:
            many, _ = held.execute("SELECT COUNT(answer), COUNT(key) FROM answers").fetchone()
    except sqlite3.DatabaseError as error:
        if any(word in str(error) for word in ("no such", "not a database")):
            return None
        raise SettingError(
            f"{file}: the answers kept there cannot be counted ({error}); nothing was removed so "
            "far; stop who writes it and purge again"
        ) from error
    return int(many)


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


def _with_rows(folder: RunFolder, left: Sequence[Row]) -> None:
    """These rows alone in `run.json`, then in the file of rows."""
    qids = {row.qid for row in left}
    files = {file for row in left for file in files_of(row)}
    plan = folder.plan
    rows = {qid: fingerprint for qid, fingerprint in plan.rows.items() if qid in qids}
    attached = {path: each for path, each in plan.attached.items() if path in files}
    changed = {"rows": rows, "rows_fingerprint": fingerprint_of_rows(rows), "attached": attached}
    write_plan(folder.path, plan.model_copy(update=changed))
    write_rows(folder.path / ROWS_FILE, left)


def _empty(file: Path) -> None:
    with erasing(file) as connection:
        connection.execute("DELETE FROM answers")
