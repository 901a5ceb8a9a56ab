"""What the raw record answers to the further risk questions of the published benchmarks. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise

from clinseek.validity.outcomes.anchors import DAY, HOUR, admission_of
from clinseek.validity.outcomes.answers import Truth, died_in_stay, icu_within, yes_or_no
from clinseek.validity.outcomes.model import Answer, RawRow, RawRows

REMAINING_STAYS: tuple[str, ...] = (
    "less than 1 day",
    *(f"{first} to {last} days" for first, last in pairwise(range(1, 9))),
    "8 to 14 days",
    "more than 14 days",
)
"""The ten classes of remaining ICU stay of Harutyunyan et al. (Scientific Data 2019, 6:96)."""


def died_of_visit(visit: RawRow, rows: RawRows) -> Answer | None:
    """Whether the patient died in an ED visit or in the admission that it led to."""
    if visit["disposition"] == "EXPIRED":
        return "yes"
    admission = admission_of(visit, rows)
    return "no" if admission is None else died_in_stay(admission, rows)


def critical_visit(visit: RawRow, rows: RawRows) -> Answer | None:
    """Whether the patient of an ED visit dies of it or is in the ICU within 12 h of leaving."""
    answers = {died_of_visit(visit, rows), icu_within(12)(visit, rows)}
    if "yes" in answers:
        return "yes"
    return None if None in answers else "no"


def back_in_ed_within(days: int) -> Truth:
    """Whether another ED visit begins less than so many days after this one ended."""

    def truth(visit: RawRow, rows: RawRows) -> Answer | None:
        left = visit["outtime"]
        return yes_or_no(
            any(
                other["intime"] is not None and left < other["intime"] < left + days * DAY
                for other in rows["edstays"]
                if other["stay_id"] != visit["stay_id"]
            )
        )

    return truth


def dies_within(days: int, *, after_hours: int = 24) -> Truth:
    """Whether midnight of the day of death comes less than so many days after the question.

    The day is patients.dod, else that of the deathtime of the stay's admission.
    """

    def truth(stay: RawRow, rows: RawRows) -> Answer | None:
        day = _day_of_death(stay, rows)
        asked = stay["intime"] + after_hours * HOUR
        return yes_or_no(day is not None and day - asked < days * DAY)

    return truth


def _day_of_death(stay: RawRow, rows: RawRows) -> datetime | None:
    told = next((patient["dod"] for patient in rows["patients"]), None)
    if told is not None:
        return datetime.combine(told, time())
    admission = admission_of(stay, rows)
    death: datetime | None = None if admission is None else admission["deathtime"]
    return None if death is None else datetime.combine(death.date(), time())


def dies_in_hours(hours: int, *, after_hours: int) -> Truth:
    """Whether the deathtime of the admission is within so many hours of the question."""

    def truth(stay: RawRow, rows: RawRows) -> Answer | None:
        admission = admission_of(stay, rows)
        if admission is None:
            return None
        death, asked = admission["deathtime"], stay["intime"] + after_hours * HOUR
        return yes_or_no(death is not None and death <= asked + timedelta(hours=hours))

    return truth


def dies_in_admission(stay: RawRow, rows: RawRows) -> Answer | None:
    """Whether the patient of an ICU stay dies in the admission."""
    admission = admission_of(stay, rows)
    return None if admission is None else died_in_stay(admission, rows)


def back_in_icu(stay: RawRow, rows: RawRows) -> Answer | None:
    """Whether a later ICU stay of the same admission begins."""
    if stay["outtime"] is None:
        return None
    return yes_or_no(
        any(
            other["hadm_id"] == stay["hadm_id"]
            and other["intime"] is not None
            and other["intime"] >= stay["outtime"]
            for other in rows["icustays"]
            if other["stay_id"] != stay["stay_id"]
        )
    )


def remaining_stay(*, after_hours: int) -> Truth:
    """The class of what is left of an ICU stay."""

    def truth(stay: RawRow, _rows: RawRows) -> Answer | None:
        if stay["outtime"] is None:
            return None
        return remaining_class(stay["outtime"] - stay["intime"] - after_hours * HOUR)

    return truth


def remaining_class(left: timedelta) -> str:
    """The class of a remaining stay; a bound belongs to the class that it begins.

    >>> remaining_class(timedelta(hours=23)), remaining_class(timedelta(days=3))
    ('less than 1 day', '3 to 4 days')
    >>> remaining_class(timedelta(days=8)), remaining_class(timedelta(days=14))
    ('8 to 14 days', '8 to 14 days')
    """
    days = left / DAY
    if days < 8:
        return REMAINING_STAYS[int(days)]
    return REMAINING_STAYS[8] if days <= 14 else REMAINING_STAYS[9]
