"""Moments of the record in whole seconds, as cutoffs are written."""

from __future__ import annotations

from datetime import datetime, timedelta

_FORM = "%Y-%m-%d %H:%M:%S"
_LENGTH = len("2150-01-01 08:00:00")


def whole_second_from(moment: str) -> str:
    """The first whole second that is not before `moment`; a date is its midnight.

    >>> whole_second_from("2150-01-01 08:00:00.250000"), whole_second_from("2150-01-01")
    ('2150-01-01 08:00:01', '2150-01-01 00:00:00')
    """
    if len(moment) == _LENGTH:
        return moment
    at = datetime.fromisoformat(moment)
    if at.microsecond:
        at += timedelta(seconds=1)
    return at.strftime(_FORM)


def second_before(moment: str) -> str:
    """The last whole second before `moment`.

    >>> second_before("2150-01-01 00:00:00"), second_before("2150-01-01 00:00:00.250000")
    ('2149-12-31 23:59:59', '2150-01-01 00:00:00')
    """
    return shifted(whole_second_from(moment), timedelta(seconds=-1))


def shifted(moment: str, by: timedelta) -> str:
    """`moment` moved by `by`, in whole seconds."""
    return (datetime.fromisoformat(moment) + by).strftime(_FORM)


def between(begins: str, ends: str, share: float) -> str:
    """The whole second at `share` of the way from one moment to another."""
    first, last = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    return (first + (last - first) * share).strftime(_FORM)
