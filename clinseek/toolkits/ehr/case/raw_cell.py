"""A raw value as a person or a benchmark writes it, read into the cell that a sheet holds."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.tables import TABLES, ColumnType

_END_OF_DAY = time(23, 59, 59)
_MOST = 2**63
"""SQLite keeps an integer in 64 bits."""


def raw_cell(table: str, column: str, value: Any) -> str | int | float | None:
    """The raw cell of `table.column` that is written as `value`, as a sheet holds it.

    Integers and numbers may come as text, times as text, datetime or date; None is an empty cell.
    SettingError where the column cannot hold the value.

    >>> raw_cell("admissions", "admittime", "2150-03-05T08:00"), raw_cell("omr", "seq_num", "1.0")
    ('2150-03-05 08:00:00', 1)
    """
    if value is None:
        return None
    type_ = TABLES[table].type_of(column)
    try:
        return _typed(value, type_)
    except (ArithmeticError, TypeError, ValueError):
        raise SettingError(f"{table}.{column}: {value!r} is no {type_}") from None


def _typed(value: Any, type_: ColumnType) -> str | int | float:
    """As ingest types a raw cell: a bare date in a time column is the end of its day.

    >>> _typed("2150-03-05", "time"), _typed("2150-03-05 00:00:00", "date")
    ('2150-03-05 23:59:59', '2150-03-05')
    """
    if type_ == "text":
        return str(value)
    if type_ == "number":
        return float(value)
    if type_ == "integer":
        return _whole(value)
    moment, is_day = _moment(value)
    if type_ == "date":
        return moment.date().isoformat()
    return datetime.combine(moment, _END_OF_DAY if is_day else moment.time()).isoformat(sep=" ")


def _whole(value: Any) -> int:
    number = Decimal(str(value))
    if number != number.to_integral_value() or abs(number) >= _MOST:
        raise ValueError(value)
    return int(number)


def _moment(value: Any) -> tuple[datetime, bool]:
    """A raw time, and whether it is a bare date."""
    if isinstance(value, str):
        text = value.strip()
        moment, is_day = datetime.fromisoformat(text), len(text) == len("2150-03-05")
    elif isinstance(value, datetime):
        moment, is_day = value, False
    elif isinstance(value, date):
        moment, is_day = datetime.combine(value, time()), True
    else:
        raise TypeError(value)
    if moment.tzinfo is not None:
        raise ValueError(value)
    return moment, is_day
