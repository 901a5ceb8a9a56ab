"""Units as they are said and as the record writes them."""

from __future__ import annotations

import re

UNITS = (
    r"(?:(?:[µu]|micro|milli|m|n|p)?mol|m?eq|[mµunpk]?g|mcg|m?iu|units?|u|k|m|#)"
    r"/(?:[dmµu]?l|k?g|mmol|mol|hours?|hr|h|min(?:ute)?|day|d)(?:/(?:min|h|hr|hour|kg))?\b|"
    r"(?:degrees? |° ?)?(?:celsius|centigrade|fahrenheit|kelvin)\b|(?:degrees? |° ?)?[cf]\b|"
    r"mm ?hg\b|k?pa\b|cm ?h2o\b|kg\b|kilograms?\b|lbs?\b|pounds?\b|stones?\b|ounces?\b|bpm\b|"
    r"grams?\b|lit(?:re|er)s?\b|m?l\b|percent\b|%"
)
"""Pieces of a regular expression: any unit that a question may name."""

_WRITTEN = {
    "celsius": "c", "centigrade": "c", "fahrenheit": "f", "percent": "%", "kilogram": "kg",
    "kilograms": "kg", "liter": "l", "litre": "l", "liters": "l", "litres": "l",
}  # fmt: skip


def same_unit(asked: str, stored: str | None) -> bool:
    """Whether two units are one, however they are spelt; nothing is converted.

    >>> same_unit("mEq/L", "mEq/l"), same_unit("degrees Fahrenheit", "°F"), same_unit("C", "°F")
    (True, True, False)
    """
    return stored is not None and _plain(asked) == _plain(stored)


def _plain(unit: str) -> str:
    bare = re.sub(r"degrees?|°|\s", "", unit.lower()).replace("µ", "u").replace("mcg", "ug")
    return _WRITTEN.get(bare, bare)
