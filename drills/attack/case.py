"""A case of an attack table: what is tried, and what says whether it held."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from drills.drill import Line

_SHOWN = 80


class Tried(NamedTuple):
    """A case and what tells how it went: None where the promise held, else a sentence."""

    name: str
    broke: Callable[[], str | None]


def line_of(done: str, cases: Iterable[Tried], *, note: str = "") -> Line:
    """Try every case; an exception that the case did not expect breaks the promise as well."""
    broken, count = [], 0
    for case in cases:
        count += 1
        try:
            found = case.broke()
        except Exception as error:
            found = f"{type(error).__name__}: {str(error)[:200]}"
        if found is not None:
            broken.append(f"{shown(case.name)}: {found}")
    return Line(done, count=count, broken=broken, note=note)


def shown(text: str) -> str:
    r"""A case in few letters, fit for a table.

    >>> shown("SELECT\0 1")
    "'SELECT\\x00 1'"
    """
    told = ascii(text)
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."
