"""What drills stand on: a synthetic cohort, each of whose patients has a nonsense lab value.

Such a canary that is heard in a run of another patient is a leak of one record into another. A
cohort is made once for all drills of a command; each drill has a copy of its own.
"""

from __future__ import annotations

import csv
import fcntl
import gzip
import os
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinseek.scratch import scratch_folder

CANARY = re.compile(r"CNRY-[0-9a-f]{12}")
LIKE = "CNRY-%"
PATIENTS, SEED = 8, 11
END = "2199-01-01 00:00:00"
"""After the end of every record."""
LATE = "2198-01-01 00:00:00"
"""When each canary was drawn and stored: no row of its patient is later."""
MADE = "DRILL_COHORTS"
"""The variable with the folder in which the drills of one command keep the cohorts they made."""


@dataclass(frozen=True)
class Cohort:
    """Raw files, the store of them, and the canary of each patient."""

    raw: Path
    store: Path
    of: dict[int, str]

    @property
    def subjects(self) -> list[int]:
        """The patients."""
        return sorted(self.of)

    def faults(self, subject_id: int, heard: str, *, where: str) -> Iterable[str]:
        """What is wrong with all that a run of a patient heard.

        It must hold the patient's own canary, or it would prove nothing; and no other's.
        """
        canaries = set(CANARY.findall(heard))
        own = self.of[subject_id]
        if own not in canaries:
            yield f"{where}: the canary of patient {subject_id} was not seen, so nothing is proved"
        for other in sorted(canaries - {own}):
            whose = next((each for each, held in self.of.items() if held == other), None)
            yield f"{where}: a run of patient {subject_id} saw {other}, of patient {whose}"


@contextmanager
def cohorts_kept() -> Iterator[None]:
    """In this context the drills that are begun share the making of cohorts."""
    with scratch_folder("drill-cohorts-") as made:
        os.environ[MADE] = str(made)
        try:
            yield
        finally:
            del os.environ[MADE]


def cohort_in(place: Path, *, patients: int = PATIENTS) -> Cohort:
    """A cohort of so many patients at least in a folder, ingested."""
    patients = max(PATIENTS, patients)
    made = os.environ.get(MADE)
    if made is None:
        _make(place, patients)
    else:
        shutil.copytree(_once(Path(made), patients), place, dirs_exist_ok=True)
    raw = place / "raw"
    return Cohort(raw, place / "store", _canaries(raw))


def _once(made: Path, patients: int) -> Path:
    """Where the cohort of so many lies, made by the first drill that asks for it."""
    cohort = made / f"{patients}-patients"
    with _held(made / "making"):
        if not cohort.exists():
            draft = made / "draft"
            shutil.rmtree(draft, ignore_errors=True)  # of a drill that was ended at it
            _make(draft, patients)
            draft.rename(cohort)
    return cohort


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(place: Path, patients: int) -> None:
    from clinseek.toolkits.ehr.store import Store, ingest
    from clinseek.toolkits.ehr.synthetic import synthesise

    raw, store = place / "raw", place / "store"
    synthesise(raw, patients=patients, seed=SEED)
    of = _canaries(raw)
    _put_in(raw, of)
    ingest([raw], store, codes=raw / "codes")
    assert set(Store.open(store).subjects()) == set(of)


def _canaries(raw: Path) -> dict[int, str]:
    """Who has which, in a cohort of our seed."""
    dice = random.Random(SEED)
    with gzip.open(raw / "hosp" / "patients.csv.gz", "rt", newline="") as file:
        subjects = [int(row["subject_id"]) for row in csv.DictReader(file)]
    return {subject: f"CNRY-{dice.getrandbits(48):012x}" for subject in subjects}


def _put_in(raw: Path, of: Mapping[int, str]) -> None:
    """Add a lab row with a canary for each patient."""
    labs = raw / "hosp" / "labevents.csv.gz"
    with gzip.open(labs, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    first = max(int(row["labevent_id"]) for row in rows) + 1
    blank = dict.fromkeys(rows[0], "")
    added = [
        {
            **blank,
            "labevent_id": str(first + at),
            "subject_id": str(subject),
            "specimen_id": str(90_000_000 + at),
            "itemid": rows[0]["itemid"],
            "charttime": LATE,
            "storetime": LATE,
            "value": canary,
            "comments": f"nonsense {canary}",
        }
        for at, (subject, canary) in enumerate(of.items())
    ]
    with gzip.open(labs, "wt", newline="", compresslevel=1) as file:
        written = csv.DictWriter(file, fieldnames=list(blank))
        written.writeheader()
        written.writerows([*rows, *added])
