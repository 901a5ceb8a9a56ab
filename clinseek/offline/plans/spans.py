"""Stays as windows of time: this admission, the one before, the ICU stay, the ED visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from clinseek.offline.plans.plan import Asks, Desk, Observed
from clinseek.offline.plans.reading import whole_table
from clinseek.offline.sheets import Line, moment
from clinseek.offline.task.intent import Anchor, Window


class _Stays(NamedTuple):
    table: str
    begins: str
    ends: str
    named: str


_STAYS: dict[Anchor, _Stays] = {
    "admission": _Stays("admissions", "admittime", "dischtime", "admission"),
    "previous_admission": _Stays("admissions", "admittime", "dischtime", "previous admission"),
    "icu": _Stays("icustays", "intime", "outtime", "ICU stay"),
    "ed": _Stays("edstays", "intime", "outtime", "ED visit"),
}


def stay_asks(desk: Desk, window: Window) -> Asks:
    """The call that a window needs to become times; none where it already is."""
    if window.anchor is None:
        return ()
    stays = _STAYS[window.anchor]
    return whole_table(desk, stays.table, (stays.begins, stays.ends), order=stays.begins)


def resolved(window: Window, seen: Sequence[Observed], *, cutoff: datetime) -> Window | None:
    """The window in times, ending at the cutoff at the latest; None where there was no such stay.

    A stay runs from its beginning to its end, or to the cutoff while it lasts: laboratory tests
    drawn in the emergency department before the admission are outside of it.
    """
    if window.anchor is None:
        return window
    stays = _STAYS[window.anchor]
    lines = sorted(
        (line for one in seen for line in one.lines if moment(line.get(stays.begins))),
        key=lambda line: line.get(stays.begins) or "",
    )
    if window.anchor == "previous_admission":
        lines = [line for line in lines if moment(line.get(stays.ends))]
    if not lines:
        return None
    return _span(lines[-1], stays, window, cutoff)


def missing_stay(window: Window) -> str:
    """The sentence for a window of a stay that the record does not hold."""
    named = _STAYS[window.anchor].named if window.anchor else "stay"
    return f"The record holds no {named}, so there is nothing to look through."


def _span(line: Line, stays: _Stays, window: Window, cutoff: datetime) -> Window:
    start = moment(line.get(stays.begins))
    end = moment(line.get(stays.ends)) or cutoff
    if start is not None and window.first_hours is not None:
        end = min(end, start + timedelta(hours=window.first_hours))
    return window._replace(start=start, end=end)
