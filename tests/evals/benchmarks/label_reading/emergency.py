"""The risk tasks of a visit to the emergency department."""

from __future__ import annotations

from collections import defaultdict
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

_HOUR = pd.Timedelta(hours=1)
_ICU_WITHIN = pd.Timedelta(hours=12)
_BACK_WITHIN = pd.Timedelta(days=3)
_ENDED = "the visit had ended or its admission had begun"


class Visit(NamedTuple):
    """A visit, the admission that it names (if there is one), and the patient's other times."""

    subject_id: str
    stay_id: str
    intime: pd.Timestamp
    outtime: pd.Timestamp
    disposition: str
    admitted: bool
    admittime: pd.Timestamp
    """NaT where it names no admission, which compares as neither before nor after."""
    died: bool
    icu_intimes: tuple[pd.Timestamp, ...]
    other_intimes: tuple[pd.Timestamp, ...]


def _visits(record: RawRecord) -> Iterator[Visit]:
    stays = record.table("edstays", "subject_id hadm_id stay_id intime outtime disposition")
    admissions = record.table("admissions", "hadm_id admittime deathtime hospital_expire_flag")
    admitted = admissions.set_index("hadm_id").to_dict("index")
    icu = record.table("icustays", "subject_id intime").dropna().groupby("subject_id")
    icu_intimes = icu["intime"].agg(tuple).to_dict()
    intimes: dict[str, dict[str, pd.Timestamp]] = defaultdict(dict)
    for row in stays.dropna(subset=["intime"]).itertuples():
        intimes[row.subject_id][row.stay_id] = row.intime
    for row in stays.itertuples():
        admission = admitted.get(row.hadm_id)
        others = intimes[row.subject_id].items()
        yield Visit(
            subject_id=row.subject_id,
            stay_id=row.stay_id,
            intime=row.intime,
            outtime=row.outtime,
            disposition=row.disposition,
            admitted=admission is not None,
            admittime=pd.NaT if admission is None else admission["admittime"],
            died=row.disposition == "EXPIRED"
            or (
                admission is not None
                and (admission["hospital_expire_flag"] == "1" or pd.notna(admission["deathtime"]))
            ),
            icu_intimes=icu_intimes.get(row.subject_id, ()),
            other_intimes=tuple(intime for stay_id, intime in others if stay_id != row.stay_id),
        )


def _to_the_icu(visit: Visit) -> bool:
    return any(visit.intime <= icu < visit.outtime + _ICU_WITHIN for icu in visit.icu_intimes)


def _over(visit: Visit, cutoff: pd.Timestamp) -> str:
    over = pd.isna(visit.outtime) or cutoff >= visit.outtime or cutoff >= visit.admittime
    return _ENDED if over else ""


def _over_or_in_the_icu(visit: Visit, cutoff: pd.Timestamp) -> str:
    there = any(visit.intime <= icu <= cutoff for icu in visit.icu_intimes)
    return _over(visit, cutoff) or ("in the ICU by the cutoff" if there else "")


def _an_hour_after_arrival(
    record: RawRecord,
    yes: Callable[[Visit], bool],
    excluded: Callable[[Visit, pd.Timestamp], str],
) -> Questions:
    def anchors() -> Iterator[tuple[Key, Answer]]:
        for visit in _visits(record):
            if pd.isna(visit.intime):
                continue
            cutoff = visit.intime + _HOUR
            answer = yes_or_no(yes=yes(visit), excluded=excluded(visit, cutoff))
            yield Key(visit.subject_id, visit.stay_id, cutoff), answer

    return asked(anchors())


def hospitalization(record: RawRecord) -> Questions:
    return _an_hour_after_arrival(record, lambda visit: visit.admitted, _over)


def inpatient_mortality(record: RawRecord) -> Questions:
    return _an_hour_after_arrival(record, lambda visit: visit.died, _over)


def icu_transfer_12hour(record: RawRecord) -> Questions:
    return _an_hour_after_arrival(record, _to_the_icu, _over_or_in_the_icu)


def critical_outcomes(record: RawRecord) -> Questions:
    return _an_hour_after_arrival(
        record, lambda visit: visit.died or _to_the_icu(visit), _over_or_in_the_icu
    )


def reattendance_3day(record: RawRecord) -> Questions:
    def anchors() -> Iterator[tuple[Key, Answer]]:
        for visit in _visits(record):
            cutoff = visit.outtime
            if pd.isna(cutoff):
                continue
            back = any(cutoff < other < cutoff + _BACK_WITHIN for other in visit.other_intimes)
            reason = "died in the visit" if visit.disposition == "EXPIRED" else ""
            if visit.admittime <= cutoff:
                reason = "admitted by then"
            key = Key(visit.subject_id, visit.stay_id, cutoff)
            yield key, yes_or_no(yes=back, excluded=reason)

    return asked(anchors())
