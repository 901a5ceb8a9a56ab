"""The risk tasks of an admission: death, length, and coming back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from tests.evals.benchmarks.label_reading.raw import (
    Answer,
    Key,
    Questions,
    RawRecord,
    asked,
    yes_or_no,
)

_DAY = pd.Timedelta(days=1)


class Admission(NamedTuple):
    """One row of admissions; a time that is not there is NaT."""

    subject_id: str
    hadm_id: str
    admittime: pd.Timestamp
    dischtime: pd.Timestamp
    deathtime: pd.Timestamp
    hospital_expire_flag: str

    @property
    def died(self) -> bool:
        return self.hospital_expire_flag == "1" or pd.notna(self.deathtime)

    @property
    def end(self) -> pd.Timestamp:
        return self.dischtime if pd.isna(self.deathtime) else self.deathtime


def _admissions(record: RawRecord) -> list[Admission]:
    rows = record.table("admissions", " ".join(Admission._fields))
    return [Admission(*row) for row in rows.itertuples(index=False, name=None)]


def _a_day_after_admission(
    record: RawRecord,
    yes: Callable[[Admission], bool],
    *,
    excluded: Callable[[Admission], str] = lambda _: "",
) -> Questions:
    def anchors() -> Iterator[tuple[Key, Answer]]:
        for stay in _admissions(record):
            if pd.isna(stay.admittime):
                continue
            cutoff = stay.admittime + _DAY
            over = pd.isna(stay.end) or cutoff >= stay.end
            reason = "the admission had ended" if over else excluded(stay)
            key = Key(stay.subject_id, stay.hadm_id, cutoff)
            yield key, yes_or_no(yes=yes(stay), excluded=reason)

    return asked(anchors())


def inpatient_mortality(record: RawRecord) -> Questions:
    return _a_day_after_admission(record, lambda stay: stay.died)


def _longer_than(record: RawRecord, days: int) -> Questions:
    return _a_day_after_admission(
        record,
        lambda stay: stay.dischtime - stay.admittime > days * _DAY,
        excluded=lambda stay: "no dischtime" if pd.isna(stay.dischtime) else "",
    )


def length_of_stay_3day(record: RawRecord) -> Questions:
    return _longer_than(record, 3)


def length_of_stay_7day(record: RawRecord) -> Questions:
    return _longer_than(record, 7)


def _readmission(record: RawRecord, days: int) -> Questions:
    stays = _admissions(record)

    def back(stay: Admission) -> bool:
        return any(
            stay.dischtime < other.admittime <= stay.dischtime + days * _DAY
            for other in stays
            if other.subject_id == stay.subject_id and other.hadm_id != stay.hadm_id
        )

    return asked(
        (
            Key(stay.subject_id, stay.hadm_id, stay.dischtime),
            yes_or_no(yes=back(stay), excluded="died in the stay" if stay.died else ""),
        )
        for stay in stays
        if pd.notna(stay.dischtime)
    )


def readmission_30day(record: RawRecord) -> Questions:
    return _readmission(record, 30)


def readmission_60day(record: RawRecord) -> Questions:
    return _readmission(record, 60)
