"""The few SQL phrases that the rules are written in.

The order of trust when clocks disagree: the latest wins, a NULL never means now, a date means the
end of that day. SQLite's scalar `max(a, b)` is NULL when any argument is, hence `latest`.
"""

from __future__ import annotations


class Moment(str):
    """A moment as SQL that also says for which of the row's own times it waits, if they are there.

    Of a row that is known at such a moment, those times have come.
    """

    __slots__ = ("waits_for",)
    waits_for: frozenset[str]

    def __new__(cls, sql: str, *waits_for: str) -> Moment:
        """`sql`, which never comes before any of the columns `waits_for`."""
        made = super().__new__(cls, sql)
        made.waits_for = frozenset(waits_for)
        return made


def waits_for(moment: str) -> frozenset[str]:
    """The row's own times for which a moment is known to wait; none where it cannot be told.

    >>> sorted(waits_for(latest("r.charttime", "r.storetime")))
    ['charttime', 'storetime']
    >>> sorted(waits_for("r.intime")), sorted(waits_for(first_there("r.charttime", "r.storetime")))
    (['intime'], ['charttime'])
    """
    if isinstance(moment, Moment):
        return moment.waits_for
    return frozenset({moment[2:]} if moment.startswith("r.") and moment[2:].isidentifier() else ())


ALWAYS = "''"
"""Sorts before every moment."""

NEVER = "NULL"


def latest(*moments: str) -> Moment:
    """The latest of the moments that are there; NULL when none is.

    >>> latest("r.charttime", "r.storetime")
    "nullif(max(coalesce(r.charttime, ''), coalesce(r.storetime, '')), '')"
    """
    sql = f"nullif(max({', '.join(_or(moment, ALWAYS) for moment in moments)}), '')"
    return Moment(sql, *(column for moment in moments for column in waits_for(moment)))


def first_there(*moments: str) -> Moment:
    """The first of the moments that is not NULL."""
    return Moment(f"coalesce({', '.join(moments)})", *waits_for(moments[0]))


def later(moment: str, by: str) -> Moment:
    """`moment` moved by `by` ("+1 day", "+24 hours"); a date becomes that day's midnight first.

    Parts of a second, which X-rays carry, are kept: SQLite's datetime() would drop them.
    """
    moved = f"datetime(substr({moment}, 1, 19), '{by}') || substr({moment}, 20)"
    return Moment(f"({moved})", *waits_for(moment))


def day_after(date: str) -> Moment:
    """The first moment at which all of `date` is past."""
    return later(date, "+1 day")


def both(needed: str, moment: str) -> Moment:
    """`moment`, but NULL where `needed` is NULL."""
    return Moment(f"CASE WHEN {needed} IS NOT NULL THEN {moment} END", *waits_for(moment))


def _or(moment: str, otherwise: str) -> str:
    return f"coalesce({moment}, {otherwise})"
