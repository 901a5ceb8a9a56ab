"""At which moments of a stay questions are asked."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

RawRows = Mapping[str, Sequence[Mapping[str, Any]]]

TABLES = ("admissions", "labevents", "microbiologyevents")
"""What must be read to draw a cutoff."""
_IN_STAY, _PENDING = 0.55, 0.85
"""Shares, one upon the other: within a stay; while a result is awaited. The rest: after a stay."""
_DAYS_AFTER = 30


def drawn_cutoff(rows: RawRows, rng: random.Random) -> str | None:
    """A cutoff of this patient, to the minute; None for one who was never admitted.

    Some 55 % lie anywhere between admission and discharge, 30 % between a draw and its result (so
    that there is something to wait for), 15 % up to 30 days after a discharge.
    """
    stays = sorted(
        (stay["admittime"], end)
        for stay in rows["admissions"]
        if stay["admittime"] is not None and (end := _end(stay)) is not None
    )
    if not stays:
        return None
    kind = rng.random()
    begun, ended = rng.choice(stays)
    if kind < _IN_STAY:
        return _minute(begun + (ended - begun) * rng.random())
    if kind < _PENDING and (awaited := _awaited(rows)):
        drawn, stored = rng.choice(awaited)
        return _minute(drawn + (stored - drawn) * rng.random())
    return _minute(ended + timedelta(days=_DAYS_AFTER) * rng.random())


def _awaited(rows: RawRows) -> list[tuple[datetime, datetime]]:
    """From when to when each result was awaited; cultures as often as everything else."""
    found: list[list[tuple[datetime, datetime]]] = []
    for table in ("labevents", "microbiologyevents"):
        spans = {
            (row["charttime"], row["storetime"])
            for row in rows[table]
            if row["charttime"] is not None
            and row["storetime"] is not None
            and row["storetime"] - row["charttime"] > timedelta(minutes=10)
        }
        found.append(sorted(spans))
    labs, cultures = found
    return labs + cultures * (len(labs) // max(1, len(cultures)))


def _end(stay: Mapping[str, Any]) -> datetime | None:
    ends = [stay[name] for name in ("dischtime", "deathtime") if stay[name] is not None]
    end: datetime | None = max(ends) if ends else None
    return end if end is not None and end > stay["admittime"] else None


def _minute(moment: datetime) -> str:
    return moment.replace(second=0, microsecond=0).isoformat(sep=" ")
