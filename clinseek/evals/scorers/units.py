"""Units of measurement as factors, so that 0.9 g/dL and 900 mg/dL are one quantity.

Only units that differ by a factor are converted. Molar and mass concentrations differ by substance
and temperatures by an offset: they are the same only where they are written the same.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MASS = {"kg": 1e3, "g": 1.0, "mg": 1e-3, "ug": 1e-6, "ng": 1e-9, "pg": 1e-12}
_VOLUME = {"l": 1.0, "dl": 1e-1, "ml": 1e-3, "ul": 1e-6, "fl": 1e-15}
_TIME = {"day": 86400.0, "hour": 3600.0, "min": 60.0, "s": 1.0}
_LENGTH = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_AMOUNT = {"mol": 1.0, "mmol": 1e-3, "umol": 1e-6}
_SCALES = {
    name: (dimension, factor)
    for dimension, units in (
        ("mass", _MASS),
        ("volume", _VOLUME),
        ("time", _TIME),
        ("length", _LENGTH),
        ("amount", _AMOUNT),
    )
    for name, factor in units.items()
}
_SPELLINGS = {
    "mcg": "ug", "µg": "ug", "μg": "ug", "µl": "ul", "μl": "ul", "µmol": "umol", "μmol": "umol",
    "cc": "ml", "d": "day", "days": "day", "h": "hour", "hr": "hour", "hrs": "hour",
    "hours": "hour", "minute": "min", "minutes": "min", "mins": "min", "sec": "s", "second": "s",
    "seconds": "s", "percent": "%", "liter": "l", "liters": "l", "litre": "l", "litres": "l",
    "gram": "g", "grams": "g", "iu": "u", "unit": "u", "units": "u", "miu": "mu", "uiu": "uu",
    "µiu": "uu", "μiu": "uu", "°c": "c", "ºc": "c", "degc": "c", "celsius": "c", "degreesc": "c",
    "°f": "f", "ºf": "f", "degf": "f", "fahrenheit": "f", "degreesf": "f",
}  # fmt: skip


_CAPITAL = {"M": "molar", "Mg": "megagram"}
"""Units that capitals set apart from others; elsewhere case is a matter of style (MG, ML)."""


class Unit(NamedTuple):
    """What a unit measures, part by part, and its factor to the base of these."""

    dimension: tuple[str, ...]
    factor: float


def read_unit(text: str) -> Unit:
    """The unit that `text` names; one that is not known is its own dimension.

    >>> read_unit("mg/dL").dimension, read_unit("mEq/L").dimension
    (('mass', 'volume'), ('meq', 'volume'))
    """
    dimension: list[str] = []
    factor = 1.0
    for place, written in enumerate(re.sub(r"\s+", "", text).split("/")):
        part = _CAPITAL.get(written, written.casefold())
        name = _SPELLINGS.get(part, part)
        kind, scale = _SCALES.get(name, (name, 1.0))
        dimension.append(kind)
        factor = factor * scale if place == 0 else factor / scale
    return Unit(tuple(dimension), factor)


def converted(number: float, *, unit: str, to: str) -> float | None:
    """`number` in another unit; None where the two measure different things.

    >>> round(converted(0.9, unit="g/dL", to="mg/dL"), 9), converted(4.0, unit="mEq/L", to="mg/dL")
    (900.0, None)
    """
    given, wanted = read_unit(unit), read_unit(to)
    if given.dimension != wanted.dimension:
        return None
    return number if given.factor == wanted.factor else number * given.factor / wanted.factor
