"""The few SQL phrases that the rules are written in.

The order of trust when clocks disagree: the latest wins, a NULL never means now, a date means the
end of that day. SQLite's scalar `max(a, b)` is NULL when any argument is, hence `latest`.
"""

from __future__ import annotations

ALWAYS = "''"
"""Sorts before every moment."""

NEVER = "NULL"


def latest(*moments: str) -> str:
    """The latest of the moments that are there; NULL when none is.

    >>> latest("r.charttime", "r.storetime")
    "nullif(max(coalesce(r.charttime, ''), coalesce(r.storetime, '')), '')"
    """
    return f"nullif(max({', '.join(_or(moment, ALWAYS) for moment in moments)}), '')"


def first_there(*moments: str) -> str:
    """The first of the moments that is not NULL."""
    return f"coalesce({', '.join(moments)})"


def later(moment: str, by: str) -> str:
    """`moment` moved by `by` ("+1 day", "+24 hours"); a date becomes that day's midnight first."""
    return f"datetime({moment}, '{by}')"


def day_after(date: str) -> str:
    """The first moment at which all of `date` is past."""
    return later(date, "+1 day")


def both(needed: str, moment: str) -> str:
    """`moment`, but NULL where `needed` is NULL."""
    return f"CASE WHEN {needed} IS NOT NULL THEN {moment} END"


def _or(moment: str, otherwise: str) -> str:
    return f"coalesce({moment}, {otherwise})"
