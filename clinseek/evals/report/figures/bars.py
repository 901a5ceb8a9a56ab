"""Bars: one share, or a whole in parts, in per cent of the width of their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clinseek.evals.report.markup import Markup, element

_HEIGHT = 14


class Part(NamedTuple):
    """A part of a whole: its name, how much it is, and the class that colours it."""

    name: str
    amount: float
    colour: str


def bar(share: float, *, colour: str) -> Markup:
    """One bar, `share` of its place long (in [0, 1]).

    >>> bar(0.25, colour="run-0")
    '<svg width="100%" height="14" class="bar" aria-hidden="true"><rect x="0" y="1" \
width="25.00%" height="12" class="run-0"></rect></svg>'
    """
    return _drawn([_rectangle(0.0, share, colour)])


def stacked_bar(parts: Sequence[Part], *, longest: float | None = None) -> Markup:
    """Parts of a whole side by side, each with its name and amount when pointed at.

    They fill their place, or as much of it as their sum is of the `longest` of several bars.
    """
    whole = sum(part.amount for part in parts)
    long = 1.0 if longest is None else whole / longest
    drawn, at = [], 0.0
    for part in parts:
        if part.amount <= 0:
            continue
        share = part.amount / whole
        told = f"{part.name}: {part.amount:,.4g} ({100 * share:.1f} %)"
        drawn.append(_rectangle(at * long, share * long, part.colour, told=told))
        at += share
    said = ", ".join(f"{part.name} {part.amount:,.4g}" for part in parts if part.amount > 0)
    return _drawn(drawn, said=said or "nothing")


def _rectangle(at: float, share: float, colour: str, *, told: str | None = None) -> Markup:
    return element(
        "rect",
        element("title", told) if told else None,
        x=f"{100 * at:.2f}%" if at else "0",
        y="1",
        width=f"{100 * share:.2f}%",
        height=str(_HEIGHT - 2),
        class_=colour,
    )


def _drawn(drawn: Sequence[Markup], *, said: str | None = None) -> Markup:
    named: dict[str, str | bool | None] = (
        {"role": "img", "aria_label": said} if said else {"aria_hidden": "true"}
    )
    return element("svg", drawn, width="100%", height=str(_HEIGHT), class_="bar", **named)
