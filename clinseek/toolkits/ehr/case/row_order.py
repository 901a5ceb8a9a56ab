"""The order of a table's rows, on which every new id hangs: it must lean on nothing to come.

A row's place (its row_id, and every id that is re-numbered) must not move when the cutoff does, and
must not tell anything later than it. So rows run by known, then by the raw key. Where the raw table
has none, rows known at one moment run by the cells that are known with them, and rows that are
alike in these by what happens to them later, in the order of time: each cell that opens later is an
event (its moment, its column, what it shows), and of two rows the one to which something happens
first stands first. At any cutoff two rows that look different are told apart by events of before it
alone; two that look the same cannot be told apart by anyone. (Comparing column by column instead
lets a column that opens tomorrow decide before one that has opened today.) A detail, known exactly
when its parent is, runs in the order of its parents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_NEVER = "'~'"
"""Sorts after every moment: what never happens comes last."""
_APART = "char(31)"


class RowOrder(NamedTuple):
    """How rows run: by the SQL of `first`, then by the events `late`, compared in order of time."""

    first: tuple[str, ...]
    late: tuple[str, ...]


def event(known: str, opens: str, cells: Sequence[str]) -> str:
    """One event as sortable text: the moment at which `cells` open, which they are, what they show.

    What opens before its row is there opens with it. Cells that are all empty show nothing, ever.
    """
    number = "|".join(cells)
    shown = f" || {_APART} || ".join(f"ifnull({cell}, '')" for cell in cells)
    there = cells[0] if len(cells) == 1 else f"coalesce({', '.join(cells)})"
    return (
        f"CASE WHEN {there} IS NOT NULL AND {opens} IS NOT NULL "
        f"THEN max({opens}, {known}) || {_APART} || '{number}' || {_APART} || {shown} "
        f"ELSE {_NEVER} END"
    )


def in_time(events: Sequence[str]) -> list[str]:
    """The same values, the smallest first: a sorting network of SQLite's scalar min and max.

    >>> in_time(["a", "b"])
    ['min(a, b)', 'max(a, b)']
    """
    sorted_events = list(events)
    for end in range(len(sorted_events) - 1, 0, -1):
        for place in range(end):
            one, two = sorted_events[place], sorted_events[place + 1]
            sorted_events[place : place + 2] = [f"min({one}, {two})", f"max({one}, {two})"]
    return sorted_events
