"""The patients of a store as far as X-rays, ICU stays and admissions go, each read once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.multimodal.items import Film
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables.cxr import FINDINGS, label_column

_TABLES = ("cxr", "icustays", "admissions")
_PRESENT = 1
_ID = re.compile(r"\w[\w.-]*", re.ASCII)


class StoredStay(NamedTuple):
    """An ICU stay as the store has it."""

    hadm_id: int | None
    intime: datetime | None
    outtime: datetime | None


@dataclass(frozen=True)
class Patient:
    """X-rays in order of time (what has neither time nor file is left), ICU stays, admissions."""

    films: Sequence[Film]
    stays: Mapping[int, StoredStay]
    admissions: frozenset[int]

    def film(self, study_id: int, dicom_id: str) -> Film | None:
        """The image of a study; None where the store does not have it."""
        return next((film for film in self.films if film[1:3] == (study_id, dicom_id)), None)


class Patients:
    """The patients of a store; None for one that it does not hold."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tables = [name for name in _TABLES if name in store.tables]
        self._read: dict[int, Patient | None] = {}

    def __getitem__(self, subject_id: int) -> Patient | None:
        if subject_id not in self._read:
            self._read[subject_id] = self._patient(subject_id)
        return self._read[subject_id]

    def _patient(self, subject_id: int) -> Patient | None:
        if subject_id not in self._store:
            return None
        read = self._store.read_subject(subject_id, tables=self._tables)
        rows = {name: read[name].to_pylist() if name in read else [] for name in _TABLES}
        films = [_film(row) for row in rows["cxr"] if _can_be_asked_about(row)]
        return Patient(
            films=sorted(films, key=lambda film: (film.time, film.study_id, film.dicom_id)),
            stays={
                row["stay_id"]: StoredStay(row["hadm_id"], row["intime"], row["outtime"])
                for row in rows["icustays"]
            },
            admissions=frozenset(row["hadm_id"] for row in rows["admissions"]),
        )


def _can_be_asked_about(row: Mapping[str, Any]) -> bool:
    """Whether an X-ray has a time, a study, a file and a DICOM id that can be a file's name."""
    has = all(row[name] is not None for name in ("studydatetime", "study_id", "image_path"))
    return has and _ID.fullmatch(row["dicom_id"] or "") is not None


def _film(row: Mapping[str, Any]) -> Film:
    present = [name for name in FINDINGS if row[label_column("chexpert", name)] == _PRESENT]
    return Film(
        subject_id=row["subject_id"],
        study_id=row["study_id"],
        dicom_id=row["dicom_id"],
        time=row["studydatetime"],
        view=row["viewposition"],
        image_path=row["image_path"],
        report_path=row["report_path"],
        findings=tuple(present),
    )
