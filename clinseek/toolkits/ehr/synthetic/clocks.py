"""Moments, dates, and the habits of the hospital's clocks.

A moment is a whole number of seconds since the start of the proleptic calendar (ordinal day times
86,400), which is cheap to add to and to compare. `LAGS` holds how late each table is written, as
measured on the open MIMIC-IV demo: minutes at the 1, 10, 50, 90 and 99 % quantile.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.streams import Stream

MINUTE = 60
HOUR = 3600
DAY = 86_400


def moment_of(year: int, month: int, day: int, *, hour: int = 0, minute: int = 0) -> int:
    """The moment of a calendar date and a time of day.

    >>> text_of(moment_of(2150, 3, 5, hour=8))
    '2150-03-05 08:00:00'
    """
    return date(year, month, day).toordinal() * DAY + hour * HOUR + minute * MINUTE


@lru_cache(maxsize=200_000)
def _date_text(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def date_of(moment: int) -> str:
    """The date alone, `YYYY-MM-DD`."""
    return _date_text(moment // DAY)


def year_of(moment: int) -> int:
    """The calendar year."""
    return date.fromordinal(moment // DAY).year


def midnight_of(moment: int) -> int:
    """The start of the day in which the moment lies."""
    return moment - moment % DAY


def whole_minute(moment: int) -> int:
    """The moment without its seconds, as most clocks of the record show it."""
    return moment - moment % MINUTE


def text_of(moment: int) -> str:
    """`YYYY-MM-DD HH:MM:SS`."""
    ordinal, seconds = divmod(moment, DAY)
    hour, rest = divmod(seconds, HOUR)
    return f"{_date_text(ordinal)} {hour:02d}:{rest // 60:02d}:{rest % 60:02d}"


def moment_at(text: str) -> int:
    """The moment that a text tells; fractions of a second are dropped.

    >>> text_of(moment_at("2150-03-05 08:00:07.250"))
    '2150-03-05 08:00:07'
    """
    hour, minute, second = text[11:19].split(":")
    day = date.fromisoformat(text[:10]).toordinal() * DAY
    return day + int(hour) * HOUR + int(minute) * MINUTE + int(second)


class Lag(NamedTuple):
    """How many minutes later something is written, by the quantiles of a measurement."""

    quantiles: tuple[float, float, float, float, float]

    def minutes(self, stream: Stream) -> int:
        """One draw, linear between the measured quantiles and a little beyond the outer ones."""
        first, low, middle, high, last = self.quantiles
        ends = (first - 0.2 * abs(first) - 1, last * 1.3 + 1)
        knots = (ends[0], first, low, middle, high, last, ends[1])
        share = stream.unit()
        step = min(bisect_right(_SHARES, share) - 1, len(_SHARES) - 2)
        within = (share - _SHARES[step]) / (_SHARES[step + 1] - _SHARES[step])
        return round(knots[step] + within * (knots[step + 1] - knots[step]))


_SHARES = (0.0, 0.01, 0.10, 0.50, 0.90, 0.99, 1.0)

LAGS: dict[str, Lag] = {
    "labevents": Lag((1, 13, 65, 177, 617)),
    "microbiologyevents": Lag((152, 899, 4392, 8843, 42974)),
    "emar": Lag((-58, 0, 1, 23, 275)),
    "outputevents": Lag((-23, -5, 17, 102, 271)),
    "datetimeevents": Lag((-23, 0, 0, 120, 370)),
    "inputevents": Lag((-13, 0, 5, 258, 1236)),
    "procedureevents after endtime": Lag((-1971, -1, 2, 163, 609)),
    "chartevents vitals": Lag((-22, -4, 11, 55, 240)),
    "chartevents labs": Lag((2, 15, 60, 170, 560)),
    "prescriptions starttime after order": Lag((-12840, -1208, 40, 378, 1693)),
    "pharmacy starttime after entertime": Lag((-520, 2, 34, 456, 1410)),
    "radiology": Lag((20, 60, 210, 1200, 4000)),
    "discharge note": Lag((-400, 90, 1500, 9000, 40000)),
}
"""Storetime after charttime unless the name says otherwise.

chartevents, radiology and discharge notes are absent from the demo: for them the lags are chosen
so that more than 8 % of charttimes lie after their storetime, as users of MIMIC report.
"""
