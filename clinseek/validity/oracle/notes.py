"""When notes and what is coded of them are known."""

from __future__ import annotations

from clinseek.validity.oracle.clocks import Clocks
from clinseek.validity.oracle.model import Moment, RawRow
from clinseek.validity.oracle.moments import after, both, later, moment_in

OTHER_NOTE_FIELDS = ("addendum_note_id", "parent_note_id")
"""Fields of radiology_detail whose value is the id of another radiology note."""

_DAYS_WITHOUT_STORETIME = 2
_HOURS_WITHOUT_STORETIME = 24


def discharge_note(row: RawRow, clocks: Clocks) -> Moment:
    """The later of D and storing; never by charttime, which is the midnight before it was written.

    Source: mimic-code#1817. Under `event` the day after charttime.
    """
    end = clocks.ended.get(row["hadm_id"])
    if end is None:
        return None
    charted = moment_in(row, "charttime")
    if clocks.profile == "event":
        return after(charted, days=1)
    stored = moment_in(row, "storetime") or after(charted, days=_DAYS_WITHOUT_STORETIME)
    return later(end, stored)


def radiology_note(row: RawRow, clocks: Clocks) -> Moment:
    """When it is signed; under `event` when the examination was."""
    if clocks.profile == "event":
        return moment_in(row, "charttime") or moment_in(row, "storetime")
    return signed(row)


def signed(row: RawRow) -> Moment:
    """The later of examination and storing; without storetime 24 hours after the examination."""
    examined, stored = moment_in(row, "charttime"), moment_in(row, "storetime")
    return later(examined, stored or after(examined, hours=_HOURS_WITHOUT_STORETIME))


def discharge_detail(row: RawRow, clocks: Clocks) -> Moment:
    """With its note."""
    return clocks.rows_known["discharge"].get(row["note_id"])


def radiology_detail(row: RawRow, clocks: Clocks) -> Moment:
    """With its note, and with the other note where it names one; billing codes never."""
    if row["field_name"] == "cpt_code":
        return None
    notes = clocks.rows_known["radiology"]
    known = notes.get(row["note_id"])
    if row["field_name"] in OTHER_NOTE_FIELDS:
        return both(known, notes.get(row["field_value"]))
    return known
