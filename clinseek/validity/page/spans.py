"""Spans of time, counted: how long rows and cells are early or late, and their quantiles."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from math import ceil

_MINUTE = timedelta(minutes=1)


class Spans(Counter[timedelta]):
    """How often each span of time occurs."""

    def minutes(self, share: float) -> float | None:
        """The span, in minutes, that `share` of all do not exceed; None where there are none.

        Always a span that occurs (Hyndman and Fan 1996, definition 1).

        >>> counted = Spans({timedelta(minutes=5): 9, timedelta(hours=1): 1})
        >>> counted.minutes(0.5), counted.minutes(0.9), counted.minutes(1.0)
        (5.0, 5.0, 60.0)
        """
        rank = max(ceil(share * self.total()), 1)
        passed = 0
        for span in sorted(self):
            passed += self[span]
            if passed >= rank:
                return span / _MINUTE
        return None


def between(one: str, other: str) -> timedelta:
    """From one moment to another, both ISO text.

    >>> between("2150-03-05 07:50:00", "2150-03-05 09:10:00")
    datetime.timedelta(seconds=4800)
    """
    return datetime.fromisoformat(other) - datetime.fromisoformat(one)
