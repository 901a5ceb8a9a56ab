"""When a study was made, out of the two cells in which its DICOM files tell it."""

from __future__ import annotations

import re

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0*)?", re.ASCII)
_TIME = re.compile(r"(\d{1,6})(?:\.(\d*))?", re.ASCII)
_MICROSECONDS = 6


def study_time(date: str | None, time: str | None) -> str | None:
    """StudyDate and StudyTime as one moment; the bare date where there is no time.

    StudyTime is HHMMSS with a fraction, and was a number for a while, so zeros at its head are
    lost. What cannot be read is handed on as it is, for whoever types the cell to refuse.

    >>> study_time("21800506", "213014.531"), study_time("21800506", "75321")
    ('2180-05-06 21:30:14.531', '2180-05-06 07:53:21')
    >>> study_time("21800506", "530.0"), study_time("21800506", None), study_time("5/6/80", "530")
    ('2180-05-06 00:05:30', '2180-05-06', '5/6/80 530')
    """
    if date is None:
        return None
    day = _DATE.fullmatch(date.strip())
    clock = _TIME.fullmatch(time.strip()) if time is not None else None
    if day is None or (time is not None and clock is None):
        return date if time is None else f"{date} {time}"
    written = "-".join(day.groups())
    if clock is None:
        return written
    whole = clock[1].zfill(6)
    parts = (clock[2] or "").rstrip("0")[:_MICROSECONDS]
    fraction = f".{parts}" if parts else ""
    return f"{written} {whole[:2]}:{whole[2:4]}:{whole[4:]}{fraction}"
