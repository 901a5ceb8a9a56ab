"""Dates and times as people write them, each with the precision that was given."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, NamedTuple

Precision = Literal["year", "month", "day", "minute", "second"]

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_CLOCK = r"(?:[T ,]+(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?)?"
_FORMS = tuple(
    re.compile(form + _CLOCK, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<word>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)? (?P<word>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})",
    )
)
_LESS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})"),
    re.compile(r"(?P<word>[A-Za-z]{3,9})\.? (?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})"),
)
_ORDER: tuple[Precision, ...] = ("year", "month", "day", "minute", "second")


class Moment(NamedTuple):
    """A moment, and how finely it was given."""

    at: datetime
    precision: Precision

    def cut_to(self, precision: Precision) -> Moment:
        """The same with the finer parts taken away; itself where it is no finer."""
        if _ORDER.index(self.precision) <= _ORDER.index(precision):
            return self
        at = self.at.replace(second=0)
        if precision != "minute":
            at = at.replace(hour=0, minute=0)
        if precision in ("month", "year"):
            at = at.replace(day=1)
        return Moment(at.replace(month=1) if precision == "year" else at, precision)

    def is_finer_than(self, other: Moment) -> bool:
        """Whether it says more than `other`."""
        return _ORDER.index(self.precision) > _ORDER.index(other.precision)


def read_moment(text: str) -> Moment | None:
    """The date or time that `text` is, or None; figures of day and month alone are not guessed.

    >>> read_moment("March 5, 2150 08:30"), read_moment("03/05/2150")
    (Moment(at=datetime.datetime(2150, 3, 5, 8, 30), precision='minute'), None)
    """
    plain = " ".join(text.split()).strip(" .,;()[]\"'")
    for form in (*_FORMS, *_LESS):
        if found := form.fullmatch(plain):
            return _moment(found.groupdict())
    return None


def _moment(parts: dict[str, str | None]) -> Moment | None:
    month = parts.get("month") or _month(parts.get("word"))
    fields = [parts.get("year"), month, parts.get("day"), parts.get("hour"), parts.get("minute")]
    given = [int(each) for each in fields if each is not None]
    second = parts.get("second")
    precision: Precision = "second" if second else _ORDER[(1, 2, 3, 3, 4)[len(given) - 1] - 1]
    if parts.get("word") and month is None:
        return None
    year, month_number, day, hour, minute = (*given, *(1, 1, 1, 0, 0)[len(given) :])
    try:
        at = datetime(year, month_number, day, hour, minute, int(second or 0))
    except ValueError:
        return None
    return Moment(at, precision)


def _month(word: str | None) -> str | None:
    matching = [n for n, name in enumerate(_MONTHS, 1) if word and name.startswith(word.lower())]
    return str(matching[0]) if len(matching) == 1 else None
