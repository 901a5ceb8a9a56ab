"""Times as a model writes them, read into the text in which a case holds them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from clinseek.errors import Refusal

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?")
_FORMAT = "YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, without a zone"
EARLIEST, LATEST = "", "9999"
FRACTIONS = ".999999"


class Window(NamedTuple):
    """A span of time, both ends inclusive; EARLIEST and LATEST where an end is open."""

    start: str = EARLIEST
    end: str = LATEST

    @property
    def words(self) -> str:
        """The span as it stands in a sentence; empty when it is open on both sides.

        >>> Window("2150-03-01 00:00:00").words
        'from 2150-03-01 00:00:00'
        """
        start = "" if self.start == EARLIEST else f"from {self.start}"
        end = "" if self.end == LATEST else f"to {self.end}"
        return " ".join(filter(None, (start, end)))

    @property
    def through(self) -> str:
        """The last moment within the span; some stored times have fractions of a second."""
        return self.end if self.end == LATEST else f"{self.end}{FRACTIONS}"

    def of_days(self) -> Window:
        """The same span for a column that knows only the day."""
        return Window(self.start[:10], self.end[:10])


def moment(text: str, *, argument: str, end_of_day: bool = False) -> str:
    """`YYYY-MM-DD HH:MM:SS` of a date or a time; Refusal that names `argument` when it is neither.

    >>> moment("2150-03-05T08:00", argument="start_time")
    '2150-03-05 08:00:00'
    >>> moment("2150-03-05", argument="end_time", end_of_day=True)
    '2150-03-05 23:59:59'
    """
    written = text.strip()
    if not _WRITTEN.fullmatch(written):
        raise Refusal(f"{argument} {text!r} cannot be read; write it as {_FORMAT}")
    try:
        if len(written) == len("2150-03-05"):
            day = date.fromisoformat(written).isoformat()
            return f"{day} 23:59:59" if end_of_day else f"{day} 00:00:00"
        day, hour = written[:10], written[11:]
        padded = hour if hour.index(":") == 2 else f"0{hour}"
        read = datetime.fromisoformat(f"{day} {padded}".split(".")[0])
    except ValueError as error:
        raise Refusal(f"{argument} {text!r} is no date or time: {error}") from error
    return f"{read:%Y-%m-%d %H:%M:%S}"


def window(start_time: str | None, end_time: str | None) -> Window:
    """The span between two times, either of which may be open; Refusal when it runs backwards."""
    start = moment(start_time, argument="start_time") if start_time else EARLIEST
    end = moment(end_time, argument="end_time", end_of_day=True) if end_time else LATEST
    if end < start:
        raise Refusal(f"end_time {end} lies before start_time {start}; swap them or widen the span")
    return Window(start, end)


def beyond(span: Window, cutoff: str) -> str:
    """A remark when a span reaches past the end of the record, else an empty text."""
    if (span.end != LATEST and span.end > cutoff) or span.start > cutoff:
        return f"the record ends at {cutoff}"
    return ""
