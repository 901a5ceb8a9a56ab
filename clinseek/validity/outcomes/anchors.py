"""Who is asked about and when: the prediction times of the published benchmarks.

They are those of EHR-Bench (risk tasks) and AgentEHR (decision tasks), as their rows are made.
Three are set by looking at what comes, since the end of an ED visit, the discharge and the transfer
must be known to ask right before them; their docstrings say so. The first day in hospital or ICU
and the first hour in the ED look at nothing later but whether the stay still goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from clinseek.validity.outcomes.model import Anchor, RawRow, RawRows

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def after(moment: datetime | None, gap: timedelta) -> datetime | None:
    """The moment moved by `gap`; None where there is none."""
    return None if moment is None else moment + gap


def end_of_stay(admission: RawRow) -> datetime | None:
    """When the stay ended: death where there is one, else discharge."""
    end: datetime | None = admission["deathtime"] or admission["dischtime"]
    return end


def admission_of(row: RawRow, rows: RawRows) -> RawRow | None:
    """The admission that a row names by hadm_id; None where there is none of that id."""
    return next((a for a in rows["admissions"] if a["hadm_id"] == row["hadm_id"]), None)


def admitted_by(row: RawRow, rows: RawRows, moment: datetime) -> bool:
    """True when the admission that the row names had begun by the moment."""
    named = admission_of(row, rows)
    begun: datetime | None = named["admittime"] if named is not None else None
    return begun is not None and begun <= moment


def _still_there(row: RawRow, _rows: RawRows, moment: datetime) -> bool:
    end = end_of_stay(row)
    return end is not None and moment < end


def _still_in_unit(row: RawRow, _rows: RawRows, moment: datetime) -> bool:
    return row["outtime"] is not None and moment < row["outtime"]


def _alive_in_icu(row: RawRow, rows: RawRows, moment: datetime) -> bool:
    admission = admission_of(row, rows)
    death: datetime | None = None if admission is None else admission["deathtime"]
    return _still_in_unit(row, rows, moment) and (death is None or moment < death)


def _still_in_ed_unadmitted(row: RawRow, rows: RawRows, moment: datetime) -> bool:
    return _still_in_unit(row, rows, moment) and not admitted_by(row, rows, moment)


def _not_admitted(row: RawRow, rows: RawRows, moment: datetime) -> bool:
    return not admitted_by(row, rows, moment)


def _died_in_visit(row: RawRow) -> str | None:
    return "died in the visit" if row["disposition"] == "EXPIRED" else None


def _always(_row: RawRow, _rows: RawRows, _moment: datetime) -> bool:
    return True


def _died_in_stay(row: RawRow) -> str | None:
    died = row["deathtime"] is not None or row["hospital_expire_flag"] == 1
    return "died in the stay" if died else None


def _before_transfer(row: RawRow, _rows: RawRows) -> datetime | None:
    moved = row["eventtype"] == "transfer" and row["careunit"] is not None
    return after(row["intime"], -MINUTE) if moved else None


FIRST_DAY = Anchor(
    table="admissions",
    ids=("hadm_id",),
    tables=(),
    words="24 h after admittime, while still in hospital",
    at=lambda row, _rows: after(row["admittime"], DAY),
    open_at=_still_there,
)
"""EHR-Bench: the first 24 h of an admission, "only if still in hospital"."""

FIRST_ICU_DAY = Anchor(
    table="icustays",
    ids=("stay_id", "hadm_id"),
    tables=("admissions",),
    words="24 h after the ICU intime, while alive and still in the ICU",
    at=lambda row, _rows: after(row["intime"], DAY),
    open_at=_alive_in_icu,
)
"""EHR-Bench: the first 24 h of an ICU stay; asked here only while it goes on and nobody died."""


def icu_hours(hours: int) -> Anchor:
    """So many hours after the start of an ICU stay: set without a look at how it goes on."""
    return Anchor(
        table="icustays",
        ids=("stay_id", "hadm_id"),
        tables=("admissions",),
        words=f"{hours} h after the ICU intime, while alive and still in the ICU",
        at=lambda row, _rows: after(row["intime"], hours * HOUR),
        open_at=_alive_in_icu,
    )


FIRST_ED_HOUR = Anchor(
    table="edstays",
    ids=("stay_id",),
    tables=("admissions",),
    words="1 h after arrival in the ED, before any admission",
    at=lambda row, _rows: after(row["intime"], HOUR),
    open_at=_still_in_ed_unadmitted,
)
"""Not published: a moment in the ED at which nothing is decided yet (see LAST_ED_MOMENT)."""

LAST_ED_MOMENT = Anchor(
    table="edstays",
    ids=("stay_id",),
    tables=("admissions",),
    words="the last second before leaving the ED",
    at=lambda row, _rows: after(row["outtime"], -SECOND),
    open_at=_always,
)
"""EHR-Bench: from ED in to the last event before ED out. Set by looking at the end of the visit.

An admission is mostly registered before the patient leaves the ED (on the open demo for 171 of
172), so that at this time the record itself says most answers about admission.
"""

AT_ED_DEPARTURE = Anchor(
    table="edstays",
    ids=("stay_id",),
    tables=("admissions",),
    words="at the ED outtime, of those who left alive and were not admitted",
    at=lambda row, _rows: row["outtime"],
    open_at=_not_admitted,
    excludes=_died_in_visit,
)
"""EHR-Bench asks at the last event before ED out; who lies in hospital cannot come back."""

AT_DISCHARGE = Anchor(
    table="admissions",
    ids=("hadm_id",),
    tables=(),
    words="at dischtime, of those who left alive",
    at=lambda row, _rows: row["dischtime"],
    open_at=_always,
    excludes=_died_in_stay,
)
"""EHR-Bench asks at the discharge note, which is stamped with the day of discharge."""

BEFORE_DISCHARGE = Anchor(
    table="admissions",
    ids=("hadm_id",),
    tables=(),
    words="2 min before dischtime",
    at=lambda row, _rows: after(row["dischtime"], -2 * MINUTE),
    open_at=_still_there,
)
"""AgentEHR: dischtime - 2 min. Set by looking at the discharge."""

BEFORE_TRANSFER = Anchor(
    table="transfers",
    ids=("transfer_id",),
    tables=(),
    words="1 min before a transfer",
    at=_before_transfer,
    open_at=_always,
)
"""AgentEHR: intime - 1 min of a row of eventtype transfer. Set by looking at the transfer."""
