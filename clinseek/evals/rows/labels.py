"""The texts that the label of a row holds."""

from __future__ import annotations

from typing import Any

_EXACT = 2**53
"""Up to here every whole number is a float of its own."""


def number_text(number: float) -> str:
    """A number with all its digits, and a whole one without a point.

    >>> number_text(12345678.0), number_text(0.1), number_text(1e300)
    ('12345678', '0.1', '1e+300')
    """
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    return repr(number)


def names_of_label(label: Any) -> list[str]:
    """The names that a label holds: of a text, a number, a list of texts, or objects with a name.

    If any object has an `atc_name`, the `atc_name`s are the names, and nothing else (published
    rule). What is no text is left out.

    >>> names_of_label([{"name": "Sepsis"}, {"name": None}]), names_of_label("yes")
    (['Sepsis'], ['yes'])
    """
    if isinstance(label, str):
        return [label]
    if isinstance(label, float):
        return [number_text(label)]
    if not isinstance(label, list):
        return []
    objects = [each for each in label if isinstance(each, dict)]
    if any("atc_name" in each for each in objects):
        held = [each.get("atc_name") for each in objects]
    else:
        held = [each.get("name") if isinstance(each, dict) else each for each in label]
    return [each for each in held if isinstance(each, str)]
