"""The risk tasks of a stay in the intensive care unit, and those after MedMod."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

_HOUR = pd.Timedelta(hours=1)
_DAY = pd.Timedelta(days=1)


class IcuStay(NamedTuple):
    """A stay, its admission's death and flag, and the later stays of the same admission."""

    subject_id: str
    stay_id: str
    intime: pd.Timestamp
    outtime: pd.Timestamp
    deathtime: pd.Timestamp
    expired: bool
    dod: pd.Timestamp
    other_intimes: tuple[pd.Timestamp, ...]


def _stays(record: RawRecord) -> Iterator[IcuStay]:
    stays = record.table("icustays", "subject_id hadm_id stay_id intime outtime")
    admissions = record.table("admissions", "hadm_id deathtime hospital_expire_flag")
    rows = stays.merge(admissions, on="hadm_id", how="left")
    rows = rows.merge(record.table("patients", "subject_id dod"), on="subject_id", how="left")
    for row in rows.dropna(subset=["intime"]).itertuples():
        same = stays[(stays["hadm_id"] == row.hadm_id) & (stays["stay_id"] != row.stay_id)]
        yield IcuStay(
            subject_id=row.subject_id,
            stay_id=row.stay_id,
            intime=row.intime,
            outtime=row.outtime,
            deathtime=row.deathtime,
            expired=row.hospital_expire_flag == "1",
            dod=row.dod,
            other_intimes=tuple(same["intime"].dropna()),
        )


def _after_hours(
    record: RawRecord,
    hours: Sequence[int],
    answer: Callable[[IcuStay, pd.Timestamp], str],
) -> Questions:
    """A question at each of some hours after intime; out are those that have left or died."""

    def anchors() -> Iterator[tuple[Key, Answer]]:
        for stay in _stays(record):
            for hour in hours:
                cutoff = stay.intime + hour * _HOUR
                out = pd.isna(stay.outtime) or cutoff >= stay.outtime or cutoff >= stay.deathtime
                reason = "the ICU stay had ended, or the patient had died" if out else ""
                # Of a stay without an outtime there is nothing to answer.
                label = "" if pd.isna(stay.outtime) else answer(stay, cutoff)
                yield Key(stay.subject_id, stay.stay_id, cutoff), Answer(frozenset({label}), reason)

    return asked(anchors())


def _yes(holds: Callable[[IcuStay, pd.Timestamp], bool]) -> Callable[[IcuStay, pd.Timestamp], str]:
    return lambda stay, cutoff: next(iter(yes_or_no(yes=holds(stay, cutoff)).label))


def mortality(days: int) -> Callable[[RawRecord], Questions]:
    """The reading of ICU_Mortality within some days."""

    def dead(stay: IcuStay, cutoff: pd.Timestamp) -> bool:
        day = stay.deathtime if pd.isna(stay.dod) else stay.dod
        return bool(pd.notna(day) and day.normalize() - cutoff < days * _DAY)

    return lambda record: _after_hours(record, [24], _yes(dead))


def lasting(days: int) -> Callable[[RawRecord], Questions]:
    """The reading of ICU_Stay of at least some days."""
    return lambda record: _after_hours(
        record, [24], _yes(lambda stay, _: stay.outtime - stay.intime >= days * _DAY)
    )


def readmission(record: RawRecord) -> Questions:
    def back(stay: IcuStay, _: pd.Timestamp) -> bool:
        return any(other >= stay.outtime for other in stay.other_intimes)

    return _after_hours(record, [24], _yes(back))


def medmod_in_hospital_mortality(record: RawRecord) -> Questions:
    def died(stay: IcuStay, _: pd.Timestamp) -> bool:
        return stay.expired or pd.notna(stay.deathtime)

    return _after_hours(record, [48], _yes(died))


def medmod_decompensation(record: RawRecord) -> Questions:
    def dies(stay: IcuStay, cutoff: pd.Timestamp) -> bool:
        return bool(stay.deathtime <= cutoff + _DAY)

    return _after_hours(record, [12, 24, 36, 48, 72, 96, 120, 168], _yes(dies))


def medmod_length_of_stay(record: RawRecord) -> Questions:
    def remaining(stay: IcuStay, cutoff: pd.Timestamp) -> str:
        left = (stay.outtime - cutoff) / _DAY
        if left < 1:
            return "less than 1 day"
        if left < 8:
            return f"{int(left)} to {int(left) + 1} days"
        return "8 to 14 days" if left <= 14 else "more than 14 days"

    return _after_hours(record, [24, 48, 72, 96, 120, 168], remaining)
