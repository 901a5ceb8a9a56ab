"""The store against the raw files that were ingested, as the second reading reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.shards import ShardPlan
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.dictionaries import dictionary_rows
from clinseek.validity.audit.findings import Violation, raw_key
from clinseek.validity.oracle import (
    Cell,
    RawRecord,
    raw_dictionaries,
    raw_records,
    raw_subjects,
)

_TOLD = 20
"""Rows of one table, or patients, that are told one by one; the rest are counted."""

Rows = Counter[tuple[Cell, ...]]


class Raw(NamedTuple):
    """The raw files of a store: the records of those who are audited, and what is of no patient.

    `left_out` patients are in the raw files and, on purpose, not in the store.
    """

    records: dict[int, RawRecord]
    violations: tuple[Violation, ...]
    dictionaries: int
    left_out: int


def read_raw(folders: Sequence[Path], store: Store, subjects: Sequence[int]) -> Raw:
    """The raw files of `store`, read again; every table of the store must be in the folders."""
    absent = [str(folder) for folder in folders if not folder.is_dir()]
    if absent:
        raise RawRecordError(f"--raw {absent[0]}: no such folder; name the folders of the download")
    listed = raw_subjects(folders)
    if not listed.intersection(store.subjects()):
        raise RawRecordError(
            f"--raw {', '.join(map(str, folders))}: none of the patients of {store.path} is in "
            "there; name the folders that were ingested into it"
        )
    records = raw_records(folders, subjects, list(TABLES))
    dictionaries = raw_dictionaries(folders)
    _refuse_lost_tables(folders, store, {*dictionaries, *records[subjects[0]]})
    missing = listed.difference(store.subjects())
    on_purpose = bool(missing) and _were_left_out(store, missing)
    return Raw(
        records,
        (
            *(() if on_purpose else _lost_patients(missing)),
            *_made_patients(set(store.subjects()) - listed),
            *_other_dictionaries(store, dictionaries),
        ),
        dictionaries=len(dictionaries),
        left_out=len(missing) if on_purpose else 0,
    )


def _refuse_lost_tables(folders: Sequence[Path], store: Store, found: set[str]) -> None:
    lost = sorted(set(store.tables) - found)
    if lost:
        raise RawRecordError(
            f"--raw {', '.join(map(str, folders))}: no csv of {', '.join(lost[:3])}"
            f"{' and others' if len(lost) > 3 else ''}, which {store.path} holds; name every "
            "folder that was ingested"
        )


def _were_left_out(store: Store, missing: frozenset[int]) -> bool:
    """True when the store was made of a list of patients, and says that these are the others.

    Its plan is a hash of who was taken and who was left out.
    """
    manifest = store.manifest
    if not manifest.tables["patients"].unselected:
        return False
    plan = ShardPlan(tuple(store.subjects()), tuple(sorted(missing)), tuple(manifest.shards))
    return plan.digest == manifest.plan


def _lost_patients(missing: frozenset[int]) -> Iterator[Violation]:
    for subject_id in islice(sorted(missing), _TOLD):
        what = "the raw files list this patient, and the store does not hold one"
        yield _of_store("patients", what, f"subject_id {subject_id}", subject_id)
    if len(missing) > _TOLD:
        yield _of_store("patients", f"{len(missing) - _TOLD} more patients of the raw files lack")


def _made_patients(made: set[int]) -> Iterator[Violation]:
    for subject_id in islice(sorted(made), _TOLD):
        what = "the store holds a patient whom the raw files do not list"
        yield _of_store("patients", what, f"subject_id {subject_id}", subject_id)
    if len(made) > _TOLD:
        yield _of_store("patients", f"{len(made) - _TOLD} more patients whom no raw file lists")


def _other_dictionaries(
    store: Store, raw: dict[str, list[tuple[Cell, ...]]]
) -> Iterator[Violation]:
    for name, rows in raw.items():
        if name not in store.tables:
            yield _of_store(name, f"the raw files have {len(rows)} rows, the store no such table")
            continue
        yield from other_rows(name, Counter(dictionary_rows(store, name)), Counter(rows), None)


def other_patient(stored: RawRecord, raw: RawRecord, subject_id: int) -> list[Violation]:
    """Where the stored rows of a patient are not those of the raw files."""
    found = [
        _of_store(table, f"the raw files have {len(raw[table])} rows, the store no such table")
        for table in sorted(raw.keys() - stored.keys())
    ]
    for table, rows in stored.items():
        there = Counter(tuple(row.values()) for row in rows)
        wanted = Counter(tuple(row.values()) for row in raw.get(table, []))
        found += other_rows(table, there, wanted, subject_id)
    return found


def other_rows(
    table: str, there: Rows, wanted: Rows, subject_id: int | None
) -> Iterator[Violation]:
    """Rows of a table that the store lacks, or that are in no raw file, by their raw key."""
    if dict(there) == dict(wanted):  # that of Counter is slow
        return
    columns = TABLES[table].column_names
    for rows, what in (
        (wanted - there, "a raw row that the store does not hold as it is"),
        (there - wanted, "a stored row that is in no raw file"),
    ):
        for cells in islice(rows.elements(), _TOLD):
            row = raw_key(table, dict(zip(columns, cells, strict=True)))
            yield _of_store(table, what, row, subject_id)
        if rows.total() > _TOLD:
            more = f"{rows.total() - _TOLD:,} more: {what}"
            yield _of_store(table, more, subject_id=subject_id)


def _of_store(table: str, what: str, row: str = "-", subject_id: int | None = None) -> Violation:
    return Violation("ingest", subject_id, "-", table, None, row, None, what)
