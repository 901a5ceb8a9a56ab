"""The span of time that a question speaks of, taken out of its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from clinseek.offline.task.intent import Window

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "ten": 10, "twelve": 12, "twenty-four": 24, "twenty four": 24, "forty-eight": 48,
}  # fmt: skip
_HOURS = {"hour": 1.0, "hr": 1.0, "h": 1.0, "day": 24.0, "d": 24.0, "week": 168.0, "month": 730.0,
          "year": 8766.0, "minute": 1 / 60, "min": 1 / 60}  # fmt: skip
_COUNT = r"(?P<count>\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")?"
_UNIT = r"(?P<unit>minute|min|hour|hr|h|day|d|week|month|year)s?"
_TIME = r"\d{4}-\d\d-\d\d(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
_STAY = (
    r"(?P<stay>icu stay|intensive care stay|icu admission|icu|ed visit|ed stay|ed|emergency "
    r"department(?: visit| stay)?|hospital admission|hospital stay|hospitali[sz]ation|admission|"
    r"stay|encounter)"
)
_THIS = r"(?:this|the|the current|his|her|their|the present|current|the last|the latest)"


class Spoken(NamedTuple):
    """A window, and the text with the words that said it taken out."""

    window: Window
    text: str


def take_window(text: str, *, cutoff: datetime) -> Spoken:
    """The window that `text` speaks of (open on both sides when of none) and what is left.

    >>> spoken = take_window("lactate in the last 24 hours?", cutoff=datetime(2150, 3, 5, 8))
    >>> str(spoken.window.start), spoken.text
    ('2150-03-04 08:00:00', 'lactate ?')
    """
    for pattern, read in _READERS:
        found = pattern.search(text)
        if found is None:
            continue
        window = read(found, cutoff)
        left = re.sub(r"\s+", " ", f"{text[: found.start()]} {text[found.end() :]}").strip()
        return Spoken(window._replace(said=found[0].strip().lower()), left)
    return Spoken(Window(), text)


def read_time(text: str) -> datetime:
    """A date or time as it is written, on the minute or the second.

    >>> read_time("2150-03-04T7:05")
    datetime.datetime(2150, 3, 4, 7, 5)
    """
    day, _, hour = text.replace("T", " ").partition(" ")
    return datetime.fromisoformat(f"{day} {hour.zfill(len(hour) + (hour.find(':') == 1))}".strip())


def _hours(found: re.Match[str]) -> float:
    count = found["count"]
    many = _NUMBERS.get(count.lower(), 0) if count and not count[0].isdigit() else float(count or 1)
    return many * _HOURS[found["unit"].lower()]


def _past(found: re.Match[str], cutoff: datetime) -> Window:
    return Window(cutoff - timedelta(hours=_hours(found)), cutoff)


def _first_of(found: re.Match[str], cutoff: datetime) -> Window:
    return _stay(found, cutoff)._replace(first_hours=_hours(found))


def _stay(found: re.Match[str], _: datetime) -> Window:
    stay = found["stay"].lower()
    if stay.startswith(("icu", "intensive")):
        return Window(anchor="icu")
    if stay.startswith(("ed", "emergency")):
        return Window(anchor="ed")
    return Window(anchor="admission")


def _arrival(found: re.Match[str], cutoff: datetime) -> Window:
    return _stay(found, cutoff)._replace(first_hours=24.0)


def _previous(_: re.Match[str], __: datetime) -> Window:
    return Window(anchor="previous_admission")


def _end_of(written: str) -> datetime:
    time = read_time(written)
    if len(written) == len("2150-03-04"):
        return time + timedelta(hours=23, minutes=59, seconds=59)
    return time + timedelta(seconds=59) if written.count(":") == 1 else time


def _between(found: re.Match[str], _: datetime) -> Window:
    return Window(read_time(found["start"]), _end_of(found["end"]))


def _since(found: re.Match[str], _: datetime) -> Window:
    return Window(start=read_time(found["start"]))


def _after(found: re.Match[str], _: datetime) -> Window:
    return Window(start=_end_of(found["start"]) + timedelta(seconds=1))


def _before(found: re.Match[str], _: datetime) -> Window:
    return Window(end=read_time(found["end"]) - timedelta(seconds=1))


def _on(found: re.Match[str], _: datetime) -> Window:
    return Window(read_time(found["start"]), _end_of(found["start"]))


def _day(found: re.Match[str], cutoff: datetime) -> Window:
    midnight = cutoff.replace(hour=0, minute=0, second=0, microsecond=0)
    if found[0].strip().lower() == "yesterday":
        return Window(midnight - timedelta(days=1), midnight - timedelta(seconds=1))
    return Window(midnight, cutoff)


def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){written}(?!\w)", re.IGNORECASE)


_Reader = Callable[[re.Match[str], datetime], Window]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_pattern(rf"(?:with)?(?:in|during|over|of|for) the first {_COUNT}[ -]?{_UNIT} "
              rf"(?:of|in|after|on|since) (?:{_THIS} )?{_STAY}"), _first_of),
    (_pattern(rf"between (?P<start>{_TIME}) and (?P<end>{_TIME})"), _between),
    (_pattern(rf"from (?P<start>{_TIME}) (?:to|until|till) (?P<end>{_TIME})"), _between),
    (_pattern(rf"(?:(?:with)?in|during|over|for|of) (?:the |his |her |their )?"
              rf"(?:last|past|previous|preceding|prior) {_COUNT}[ -]?{_UNIT}"), _past),
    (_pattern(r"(?:(?:with)?in|during|over|from|of|at) (?:the |his |her |their |any )?"
              r"(?:previous|prior|last|earlier|past) "
              r"(?:admission|hospital stay|hospitali[sz]ation|stay)"), _previous),
    (_pattern(rf"(?:since|from) (?:the )?(?:start of )?(?:{_THIS} )?{_STAY}"), _stay),
    (_pattern(rf"(?:so far )?(?:during|in|on|within|throughout|for|over|of) {_THIS} {_STAY}"
              r"(?: so far)?"), _stay),
    (_pattern(rf"(?:on|at|upon) (?:{_THIS} )?(?P<stay>(?:icu |hospital )?admission|arrival)"),
     _arrival),
    (_pattern(rf"since (?P<start>{_TIME})"), _since),
    (_pattern(rf"after (?P<start>{_TIME})"), _after),
    (_pattern(rf"(?:before|prior to|until) (?P<end>{_TIME})"), _before),
    (_pattern(r"on (?P<start>\d{4}-\d\d-\d\d)(?! ?\d{1,2}:)"), _on),
    (_pattern(r"(?:the |his |her |their )?(?:previous|prior) "
              r"(?:admission|hospital stay|hospitali[sz]ation|stay)"), _previous),
    (_pattern(r"today|yesterday"), _day),
)  # fmt: skip
