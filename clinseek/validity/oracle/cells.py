"""One raw text cell, read as the type that the schema gives its column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime

from clinseek.toolkits.ehr.tables import ColumnType
from clinseek.validity.oracle.model import Cell

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,6}))?", re.ASCII)
_WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?", re.ASCII)
_END_OF_DAY = "23:59:59"


def read_time(text: str) -> str:
    """A moment as `YYYY-MM-DD HH:MM:SS`, with parts of a second only where there are any.

    A bare date means some hour of that day, so it is its last second (mimic-code#354).
    Raises ValueError for anything else.

    >>> read_time("2150-03-05"), read_time("2150-03-05T08:00:00.500"), read_time("2150-03-05 08:00")
    ('2150-03-05 23:59:59', '2150-03-05 08:00:00.500000', '2150-03-05 08:00:00')
    """
    if _DATE.fullmatch(text):
        return f"{read_date(text)} {_END_OF_DAY}"
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is no moment")
    date, minute, second, fraction = parts.groups()
    moment = f"{date} {minute}{second or ':00'}"
    datetime.fromisoformat(moment)  # refuses a 13th month and a 25th hour
    fraction = (fraction or "").ljust(6, "0")
    return moment if fraction == "000000" else f"{moment}.{fraction}"


def read_date(text: str) -> str:
    """A date as `YYYY-MM-DD`; the hour of a full moment is dropped. Raises ValueError.

    >>> read_date("2150-03-05 00:00:00")
    '2150-03-05'
    """
    if not _DATE.fullmatch(text):
        return read_time(text)[:10]
    datetime.fromisoformat(text)
    return text


def read_integer(text: str) -> int:
    """A whole number, also one written as `30.0`. Raises ValueError.

    >>> read_integer("225158.0")
    225158
    """
    whole = _WHOLE.fullmatch(text.strip())
    if whole is None:
        raise ValueError(f"{text!r} is no whole number")
    return int(whole[1])


def read_number(text: str) -> float:
    """A finite number. Raises ValueError.

    >>> read_number("7.40")
    7.4
    """
    number = float(text)
    if "_" in text or not math.isfinite(number):
        raise ValueError(f"{text!r} is no number")
    return number


def _read_text(text: str) -> str:
    return text


READERS: dict[ColumnType, Callable[[str], Cell]] = {
    "integer": read_integer,
    "number": read_number,
    "text": _read_text,
    "time": read_time,
    "date": read_date,
}
"""How a cell that is not empty is read, by the column's type; each raises ValueError."""
