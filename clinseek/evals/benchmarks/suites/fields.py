"""The fields of published rows as they may be written, and the row that they make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.evals.rows import Row


def whole(value: Any, name: str, *, at: str) -> int | None:
    """An id as it may be written: 10000032, "10000032", 10000032.0; None for null, "" and nan.

    >>> whole("10000032.0", "hadm_id", at="line 1"), whole("nan", "hadm_id", at="line 1")
    (10000032, None)
    """
    if value is None or str(value).strip().lower() in ("", "nan", "none", "null"):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise SettingError(f"{at}: {name} {str(value)[:40]!r} is no number") from None
    if not number.is_integer():
        raise SettingError(f"{at}: {name} {value!r} is no whole number")
    return int(number)


def moment_of(value: Any, *, at: str) -> str:
    """The prediction time, as `YYYY-MM-DD HH:MM:SS`.

    >>> moment_of("2150-03-04T05:06", at="line 1")
    '2150-03-04 05:06:00'
    """
    try:
        return datetime.fromisoformat(str(value)).isoformat(sep=" ", timespec="seconds")
    except ValueError:
        raise SettingError(f"{at}: prediction_time {value!r} is no moment") from None


def label_texts(label: Any, *, at: str) -> list[str]:
    """The names of a label: one text, texts, or objects with a `name`; those without one are left.

    >>> label_texts([{"name": "Aspirin", "ndc_code": "1"}, {"name": None}], at="line 1")
    ['Aspirin']
    """
    if label is None:
        raise SettingError(f"{at}: no label (label, ground_truth or output)")
    if isinstance(label, str | int | float):
        return [part for part in str(label).split("\n") if part.strip()]
    names = [each.get("name") if isinstance(each, Mapping) else each for each in label]
    return list(dict.fromkeys(str(name) for name in names if name not in (None, "")))


def row_of(fields: Mapping[str, Any], *, at: str) -> Row:
    """The row; SettingError with `at` names the first field that cannot be."""
    try:
        return Row.model_validate(dict(fields))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or f"row {fields.get('qid')}"
        raise SettingError(f"{at}: {where} cannot be read ({fault['msg']})") from None
