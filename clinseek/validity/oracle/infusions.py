"""When infusions and procedures are known, and what of them only their end tells."""

from __future__ import annotations

from clinseek.validity.oracle.clocks import Clocks
from clinseek.validity.oracle.model import Moment, RawRow
from clinseek.validity.oracle.moments import later, moment_in

TOLD_BY_THE_END: dict[str, tuple[str, ...]] = {
    "inputevents": ("endtime", "amount", "statusdescription", "continueinnextdept"),
    "ingredientevents": ("endtime", "amount", "statusdescription"),
    "procedureevents": (
        "endtime",
        "value",
        "originalamount",
        "statusdescription",
        "continueinnextdept",
    ),
}
"""Columns that wait for the end: an amount is rate x duration, a procedure's value its duration."""


def begun(row: RawRow, clocks: Clocks) -> Moment:
    """The later of start and storing; under `event` the start."""
    start, stored = moment_in(row, "starttime"), moment_in(row, "storetime")
    return start or stored if clocks.profile == "event" else later(start, stored)


def ended(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001  (every rule has one shape)
    """The later of end and storing; never without an end."""
    end = moment_in(row, "endtime")
    return None if end is None else later(end, moment_in(row, "storetime"))
