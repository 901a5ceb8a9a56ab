"""When measurements and results are known: laboratory, microbiology, bedside charts, omr."""

from __future__ import annotations

from clinseek.validity.oracle.clocks import Clocks
from clinseek.validity.oracle.model import Moment, RawRow
from clinseek.validity.oracle.moments import after, later, moment_in

_HOURS_WITHOUT_STORETIME = 24
_DAYS_OF_A_CULTURE_WITHOUT_STORETIME = 7


def laboratory(row: RawRow, clocks: Clocks) -> Moment:
    """The later of drawing and storing; a result without storetime 24 hours after drawing.

    Under `strict` such a result waits for D of its admission too, and without one for ever.
    """
    drawn, stored = moment_in(row, "charttime"), moment_in(row, "storetime")
    if clocks.profile == "event":
        return drawn or stored
    if stored is not None:
        return later(drawn, stored)
    guessed = after(drawn, hours=_HOURS_WITHOUT_STORETIME)
    if clocks.profile == "available":
        return guessed
    end = clocks.ended.get(row["hadm_id"])
    return None if end is None else later(guessed, end)


def microbiology(row: RawRow, clocks: Clocks) -> Moment:
    """The later of drawing and the last update; a date counts from the next midnight on.

    A culture without any date of storing is known 7 days after its chartdate.
    """
    drawn = _moment_or_next_day(row, "charttime", "chartdate")
    if clocks.profile == "event":
        return drawn
    stored = _moment_or_next_day(row, "storetime", "storedate")
    if stored is None:
        return after(moment_in(row, "chartdate"), days=_DAYS_OF_A_CULTURE_WITHOUT_STORETIME)
    return later(drawn, stored)


def _moment_or_next_day(row: RawRow, time: str, date: str) -> Moment:
    return moment_in(row, time) or after(moment_in(row, date), days=1)


def bedside(row: RawRow, clocks: Clocks) -> Moment:
    """chartevents: the later of both clocks.

    Without storetime a bedside item is known at once, but one of category Labs (it repeats
    labevents) or of an unknown category 24 hours later.
    """
    charted, stored = moment_in(row, "charttime"), moment_in(row, "storetime")
    if clocks.profile == "event":
        return charted or stored
    if stored is None and row["itemid"] not in clocks.bedside_items:
        return after(charted, hours=_HOURS_WITHOUT_STORETIME)
    return later(charted, stored)


def charted(row: RawRow, clocks: Clocks) -> Moment:
    """datetimeevents, outputevents, emar: the later of both clocks; the event's own first."""
    happened, stored = moment_in(row, "charttime"), moment_in(row, "storetime")
    return happened or stored if clocks.profile == "event" else later(happened, stored)


def outpatient(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001  (every rule has one shape)
    """omr: the end of its day."""
    return after(moment_in(row, "chartdate"), days=1)
