"""When a patient, a stay, a transfer and what is coded after discharge are known."""

from __future__ import annotations

from clinseek.validity.oracle.clocks import Clocks, end_of_stay
from clinseek.validity.oracle.model import Moment, RawRow
from clinseek.validity.oracle.moments import ALWAYS, after, both, later, moment_in

_CODING_LAG_DAYS = {"available": 0, "strict": 3, "event": 0}
"""Days from discharge to the codes: 0 is the documented lower bound (mimic-code#918)."""

_STRICT_TRIAGE_MINUTES = 15


def patient(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001  (every rule has one shape)
    """Always."""
    return ALWAYS


def admission(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    """Admission time."""
    return moment_in(row, "admittime")


def arrival(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    """Arrival in a unit: transfers, icustays, edstays."""
    return moment_in(row, "intime")


def service(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    """When the service took over."""
    return moment_in(row, "transfertime")


def end_of_own_stay(row: RawRow, clocks: Clocks) -> Moment:
    """D of the admission that a row of `admissions` is."""
    return later(clocks.ended.get(row["hadm_id"]), end_of_stay(row))


def departure(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    """When the patient left the unit."""
    return moment_in(row, "outtime")


def hospital_code(row: RawRow, clocks: Clocks) -> Moment:
    """D of the admission and the coding lag: a code dates from an act but is billed later."""
    lag = _CODING_LAG_DAYS[clocks.profile]
    end = clocks.ended.get(row["hadm_id"])
    return after(end, days=lag) if lag else end


def hcpcs_code(row: RawRow, clocks: Clocks) -> Moment:
    """As a hospital code, and not before its chartdate is over."""
    coded = hospital_code(row, clocks)
    return None if coded is None else later(coded, after(moment_in(row, "chartdate"), days=1))


def ed_code(row: RawRow, clocks: Clocks) -> Moment:
    """Determined after discharge from the ED."""
    lag = _CODING_LAG_DAYS[clocks.profile]
    end = clocks.ed_out.get(row["stay_id"])
    return after(end, days=lag) if lag else end


def triage(row: RawRow, clocks: Clocks) -> Moment:
    """Arrival of its ED stay; triage has no clock of its own."""
    arrived = clocks.ed_in.get(row["stay_id"])
    return after(arrived, minutes=_STRICT_TRIAGE_MINUTES) if clocks.profile == "strict" else arrived


def in_the_ed(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    """Charttime, for vitalsign and pyxis."""
    return moment_in(row, "charttime")


def reconciled(row: RawRow, clocks: Clocks) -> Moment:
    """medrecon: charttime, else the end of the ED stay."""
    return moment_in(row, "charttime") or clocks.ed_out.get(row["stay_id"])


def death_told(row: RawRow, clocks: Clocks) -> Moment:
    """When dod shows: the day after it, and D of a death in hospital (the first such) has come.

    The first: a stay after it, such as an organ donor's, must not hide what was known already.
    """
    told = after(moment_in(row, "dod"), days=1)
    ended = [end for end in clocks.deaths if end is not None]
    return both(told, min(ended)) if ended else told
