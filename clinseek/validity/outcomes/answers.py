"""What the raw record answers: one small function an outcome. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from clinseek.validity.outcomes.anchors import DAY, admission_of, admitted_by, end_of_stay
from clinseek.validity.outcomes.model import Answer, RawRow, RawRows

Truth = Callable[[RawRow, RawRows], Answer | None]


def yes_or_no(holds: bool) -> str:  # noqa: FBT001
    """The answer to a question that can be answered by yes or no.

    >>> yes_or_no(True)
    'yes'
    """
    return "yes" if holds else "no"


def died_in_stay(admission: RawRow, _rows: RawRows) -> Answer | None:
    """Whether the patient died in this admission."""
    if admission["hospital_expire_flag"] is None and admission["deathtime"] is None:
        return None
    return yes_or_no(admission["hospital_expire_flag"] == 1 or admission["deathtime"] is not None)


def died_in_icu(stay: RawRow, rows: RawRows) -> Answer | None:
    """Whether the patient died in this ICU stay."""
    admission = admission_of(stay, rows)
    died = None if admission is None else died_in_stay(admission, rows)
    if admission is None or died is None or stay["outtime"] is None:
        return None
    end = end_of_stay(admission)
    return yes_or_no(died == "yes" and end is not None and end <= stay["outtime"])


def stays_longer(days: int) -> Truth:
    """Whether an admission lasts longer than so many days."""

    def truth(admission: RawRow, _rows: RawRows) -> Answer | None:
        begin, end = admission["admittime"], admission["dischtime"]
        if begin is None or end is None:
            return None
        return yes_or_no(end - begin > days * DAY)

    return truth


def icu_at_least(days: int) -> Truth:
    """Whether an ICU stay lasts so many days or more."""

    def truth(stay: RawRow, _rows: RawRows) -> Answer | None:
        if stay["intime"] is None or stay["outtime"] is None:
            return None
        return yes_or_no(stay["outtime"] - stay["intime"] >= days * DAY)

    return truth


def admitted_from_ed(visit: RawRow, rows: RawRows) -> Answer | None:
    """Whether an ED visit ends in an admission."""
    return yes_or_no(admission_of(visit, rows) is not None)


def icu_within(hours: int) -> Truth:
    """Whether the patient is in the ICU within so many hours of leaving the ED."""

    def truth(visit: RawRow, rows: RawRows) -> Answer | None:
        if visit["intime"] is None or visit["outtime"] is None:
            return None
        last = visit["outtime"] + timedelta(hours=hours)
        return yes_or_no(bool(_icu_starts(visit, rows, until=last)))

    return truth


def in_icu_already(visit: RawRow, rows: RawRows, moment: datetime) -> bool:
    """Whether the patient of an ED visit has reached the ICU by the moment."""
    return bool(_icu_starts(visit, rows, until=moment + timedelta(seconds=1)))


def _icu_starts(visit: RawRow, rows: RawRows, *, until: datetime) -> list[datetime]:
    return [
        stay["intime"]
        for stay in rows["icustays"]
        if stay["intime"] is not None and visit["intime"] <= stay["intime"] < until
    ]


def admitted_or_not(visit: RawRow, rows: RawRows, moment: datetime) -> str:
    """Whether an ED visit's admission has begun by the moment, in a word."""
    return "admitted" if admitted_by(visit, rows, moment) else "not admitted"


def back_within(days: int) -> Truth:
    """Whether another admission begins within so many days of discharge."""

    def truth(admission: RawRow, rows: RawRows) -> Answer | None:
        left = admission["dischtime"]
        return yes_or_no(
            any(
                other["admittime"] is not None and left < other["admittime"] <= left + days * DAY
                for other in rows["admissions"]
                if other["hadm_id"] != admission["hadm_id"]
            )
        )

    return truth


def discharge_location(admission: RawRow, _rows: RawRows) -> Answer | None:
    """Where to the patient was discharged."""
    location: str | None = admission["discharge_location"]
    return location


def careunit(transfer: RawRow, _rows: RawRows) -> Answer | None:
    """The unit to which the patient was moved."""
    unit: str | None = transfer["careunit"]
    return unit


def present_careunit(_transfer: RawRow, rows: RawRows, moment: datetime) -> str:
    """The unit that the patient is in at the moment; empty where none is known."""
    known = [
        row
        for row in rows["transfers"]
        if row["intime"] is not None and row["intime"] <= moment and row["careunit"] is not None
    ]
    last = max(known, key=lambda row: row["intime"], default=None)
    return "" if last is None else str(last["careunit"])


def diagnosis_codes(admission: RawRow, rows: RawRows) -> Answer | None:
    """The ICD codes that the admission was billed with."""
    codes = frozenset(
        row["icd_code"]
        for row in rows["diagnoses_icd"]
        if row["hadm_id"] == admission["hadm_id"] and row["icd_code"] is not None
    )
    return codes or None


def era_and_icu(admission: RawRow, rows: RawRows, moment: datetime) -> str:
    """What foretells codes rightly: the years (which ICD), and whether there was an ICU stay."""
    era = next((patient["anchor_year_group"] for patient in rows["patients"]), None)
    icu = any(
        stay["hadm_id"] == admission["hadm_id"]
        and stay["intime"] is not None
        and stay["intime"] <= moment
        for stay in rows["icustays"]
    )
    return f"{era}, {'ICU' if icu else 'no ICU'}"
