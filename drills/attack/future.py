"""Reading the bytes of a case: nothing that was hidden at the cutoff, nor of another patient."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from drills.attack.case import Tried, line_of
from drills.drill import Line, Size, by_size

SUBJECT, OTHER = 10000019, 10000027
KNOWN, HIDDEN, OF_ANOTHER = "CANARYKNOWN", "CANARYHIDDEN", "CANARYOTHER"
_CUTOFF = "2150-03-05 08:00:00"


def lines(size: Size, place: Path) -> Iterator[Line]:
    """Plant a word in rows of each kind, open the case in each profile, look for it in the file."""
    rows = by_size(size, quick=200, short=2_000, full=20_000)
    store = planted(place, rows=rows)
    yield line_of(
        f"words planted in {rows:,} rows after the cutoff, looked for in the case's bytes",
        [Tried(profile, lambda p=profile: held(store, place, p))  # type: ignore[misc]
         for profile in ("available", "strict", "event")],
    )  # fmt: skip


def planted(place: Path, *, rows: int) -> Path:
    """A store with a known row of labs, so many hidden ones, notes, and another patient's row."""
    from clinseek.toolkits.ehr.store import ingest

    labs = [lab(1, SUBJECT, "2150-03-04", f"{KNOWN} 1")]
    labs += [lab(2 + n, SUBJECT, "2150-03-06", f"{HIDDEN} {n}") for n in range(rows)]
    labs += [lab(2 + rows, OTHER, "2150-03-01", f"{OF_ANOTHER} 1")]
    notes = [
        _note("20000001-DS-1", SUBJECT, "2150-03-04", f"{KNOWN} note"),
        _note("20000001-DS-2", SUBJECT, "2150-03-07", f"{HIDDEN} note " * 500),
    ]
    patient = {"gender": "F", "anchor_age": 60, "anchor_year": 2150}
    stay = {
        "hadm_id": 20000001, "admittime": "2150-03-03 10:00:00",
        "dischtime": "2150-03-07 12:00:00", "discharge_location": HIDDEN,
    }  # fmt: skip
    tables: Mapping[str, Sequence[Mapping[str, object]]] = {
        "patients": [{"subject_id": each, **patient} for each in (SUBJECT, OTHER)],
        "admissions": [{"subject_id": SUBJECT, **stay}],
        "labevents": labs,
        "discharge": notes,
        "d_labitems": [{"itemid": 50971, "label": "Potassium", "fluid": "Blood"}],
    }
    for name, held_rows in tables.items():
        write_table(place / "raw", name, held_rows)
    ingest([place / "raw"], place / "store")
    return place / "store"


def held(store: Path, place: Path, profile: str) -> str | None:
    """Whether the case holds what it may, and nothing else, in any encoding or free page."""
    from clinseek.toolkits.ehr.case import open_case

    case = open_case(store, SUBJECT, cutoff=_CUTOFF, profile=profile, folder=place / profile)
    held_bytes = b"".join(file.read_bytes() for file in case.path.parent.iterdir())
    with closing(sqlite3.connect(case.path)) as connection:
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    if not _stands_in(KNOWN, held_bytes):
        return "does not hold what was known: the search would find nothing"
    found = [word for word in (HIDDEN, OF_ANOTHER, str(OTHER)) if _stands_in(word, held_bytes)]
    if found:
        return f"holds {', '.join(found)}"
    return f"has {free} free pages" if free else None


def _stands_in(word: str, content: bytes) -> bool:
    return any(word.encode(code) in content for code in ("utf-8", "utf-16-le", "utf-16-be"))


def lab(number: int, subject: int, day: str, comment: str) -> dict[str, object]:
    """A potassium of a day, with a comment."""
    return {
        "labevent_id": number, "subject_id": subject, "specimen_id": number, "itemid": 50971,
        "charttime": f"{day} 06:00:00", "storetime": f"{day} 07:00:00", "value": "4.1",
        "valuenum": 4.1, "valueuom": "mEq/L", "comments": comment,
    }  # fmt: skip


def _note(name: str, subject: int, day: str, text: str) -> dict[str, object]:
    return {
        "note_id": name, "subject_id": subject, "hadm_id": 20000001, "note_type": "DS",
        "note_seq": 1, "charttime": f"{day} 06:00:00", "storetime": f"{day} 07:00:00",
        "text": text,
    }  # fmt: skip


def write_table(raw: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """A table as a raw download has it."""
    from clinseek.toolkits.ehr.tables import TABLES

    file = raw / TABLES[name].module / f"{name}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, TABLES[name].column_names, restval="")
        writer.writeheader()
        writer.writerows(rows)
