"""A cohort in which each patient has a nonsense lab value of its own, put into the raw files.

A canary that is heard in a run of another patient is a leak of one record into another.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CANARY = re.compile(r"CNRY-[0-9a-f]{12}")
LIKE = "CNRY-%"
SEED = 11
END = "2199-01-01 00:00:00"
"""After the end of every record."""
LATE = "2198-01-01 00:00:00"
"""When each canary was drawn and stored: no row of its patient is later."""


@dataclass(frozen=True)
class Cohort:
    """A store, and the canary of each of its patients."""

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


def cohort_in(place: Path, patients: int) -> Cohort:
    """A synthetic cohort with canaries, ingested."""
    from clinseek.toolkits.ehr.store import Store, ingest
    from clinseek.toolkits.ehr.synthetic import synthesise

    raw, store = place / "canary-raw", place / "canary-store"
    synthesise(raw, patients=patients, seed=SEED)
    of = _put_in(raw)
    ingest([raw], store, codes=raw / "codes")
    assert set(Store.open(store).subjects()) == set(of)
    return Cohort(store, of)


def _put_in(raw: Path) -> dict[int, str]:
    """Add a lab row with a canary for each patient; who has which."""
    dice = random.Random(SEED)
    with gzip.open(raw / "hosp" / "patients.csv.gz", "rt", newline="") as file:
        subjects = [int(row["subject_id"]) for row in csv.DictReader(file)]
    of = {subject: f"CNRY-{dice.getrandbits(48):012x}" for subject in subjects}
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
    return of
