"""The scramble in its full form: from raw csv through ingest to the case."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.dictionaries import dictionary_rows
from clinseek.validity.audit.findings import Violation
from clinseek.validity.audit.image_files import write_images
from clinseek.validity.audit.patient import Subject, scrambled_records, sight_at, sight_of
from clinseek.validity.audit.scramble import WAYS, future_of
from clinseek.validity.audit.two_cases import compare_cases
from clinseek.validity.oracle import RawRecord

_ENOUGH = 5_000
"""Rows of a dictionary: whole for items, whose category decides; of codes, enough to search."""


def full_form(subject: Subject, store: Store, cutoff: str, *, seed: int) -> list[Violation]:
    """Write the record and a scrambled one as raw csv, ingest both, and compare the two cases.

    Each store holds this patient alone beside the first rows of the dictionaries, so its vocabulary
    must be the same to the byte too.
    """
    sight = sight_at(subject, cutoff)
    future = future_of(sight)
    way = WAYS[seed % len(WAYS)]
    made = dict(scrambled_records(subject, sight, future, seed=seed))[way]
    how = f"the future {way} in raw csv and ingested"
    with scratch_folder("clinseek-audit-") as folder:
        before = _through_ingest(subject, store, subject.record, cutoff, folder / "before")
        after = _through_ingest(subject, store, made, cutoff, folder / "after")
        # Here the two stores differ as well, so a tool that read beside its case would show it.
        every = len(before.tables)
        as_made = partial(sight_of, subject, made, cutoff)
        found = compare_cases(before, after, sight, as_made, how=how, tools=True, tables=every)
        if _vocabulary(before) != _vocabulary(after):
            what = f"with {how} the candidates and dictionaries are others"
            here = (subject.subject_id, cutoff, "vocabulary")
            found.append(Violation("scramble", *here, None, "-", None, what))
        return found


def _through_ingest(
    subject: Subject, store: Store, record: RawRecord, cutoff: str, place: Path
) -> Case:
    write_raw(place / "raw", record, store)
    ingest([place / "raw"], place / "store")
    return open_case(
        place / "store",
        subject.subject_id,
        cutoff=cutoff,
        profile=subject.profile,
        folder=place,
        name="case.sqlite",
    )


def _vocabulary(case: Case) -> bytes:
    return b"" if case.vocabulary is None else case.vocabulary.read_bytes()


def write_raw(folder: Path, record: RawRecord, store: Store) -> None:
    """The patient's rows, and the store's dictionaries' first ones, as a download's csv files."""
    for name, rows in record.items():
        if name == "cxr":
            write_images(folder / "cxr", rows)
        else:
            _write(folder, name, (list(row.values()) for row in rows))
    for name in store.tables:
        if TABLES[name].is_dictionary:
            _write(folder, name, dictionary_rows(store, name)[:_ENOUGH])


def _write(folder: Path, name: str, rows: Iterable[Iterable[object]]) -> None:
    path = folder / TABLES[name].module / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TABLES[name].column_names)
        writer.writerows(rows)
