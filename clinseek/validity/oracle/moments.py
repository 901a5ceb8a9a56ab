"""Moments as ISO text: the later of two clocks, shifts, the day after a date."""

from __future__ import annotations

from datetime import datetime, timedelta

from clinseek.validity.oracle.model import Moment, RawRow

ALWAYS = ""
_SECONDS = 19


def moment_in(row: RawRow, column: str) -> Moment:
    """The time or date in a cell as text; None when the cell is empty."""
    cell = row[column]
    return cell if isinstance(cell, str) else None


def later(one: Moment, other: Moment) -> Moment:
    """The later of two clocks; a clock that is missing is passed over.

    >>> later("2150-03-05 07:50:00", "2150-03-05 09:10:00")
    '2150-03-05 09:10:00'
    >>> later("2150-03-05 07:50:00", None)
    '2150-03-05 07:50:00'
    """
    if one is None:
        return other
    if other is None or one > other:
        return one
    return other


def both(one: Moment, other: Moment) -> Moment:
    """The moment from which two conditions hold; never when one of them never does.

    >>> both("2150-03-05 07:50:00", None) is None
    True
    """
    if one is None or other is None:
        return None
    return max(one, other)


def after(moment: Moment, *, days: int = 0, hours: int = 0, minutes: int = 0) -> Moment:
    """A moment or a date (its midnight) shifted, parts of a second kept; None for a missing one.

    A shift beyond the year 9999 is never.

    >>> after("2150-02-28", days=1)
    '2150-03-01 00:00:00'
    >>> after("2150-03-05 07:50:00", hours=24)
    '2150-03-06 07:50:00'
    >>> after("2150-03-05 07:50:00.531", hours=24)
    '2150-03-06 07:50:00.531'
    """
    if moment is None:
        return None
    start = datetime.fromisoformat(moment[:_SECONDS])
    try:
        shifted = start + timedelta(days=days, hours=hours, minutes=minutes)
    except OverflowError:
        return None
    return shifted.isoformat(sep=" ") + moment[_SECONDS:]


def midnight(date: str) -> str:
    """The first moment of a date.

    >>> midnight("2150-03-05")
    '2150-03-05 00:00:00'
    """
    return f"{date} 00:00:00"
