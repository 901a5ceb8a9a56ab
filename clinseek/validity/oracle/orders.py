"""When orders, prescriptions, dispensing and administrations are known."""

from __future__ import annotations

from collections.abc import Iterable

from clinseek.validity.oracle.cells import read_time
from clinseek.validity.oracle.clocks import ById, Clocks, latest_by_id
from clinseek.validity.oracle.model import Moment, RawRow
from clinseek.validity.oracle.moments import later, moment_in

_CONSULT_FIELDS = ("Consult Status", "Consult Status Time")


def order(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001  (every rule has one shape)
    """When it was ordered."""
    return moment_in(row, "ordertime")


def order_detail(row: RawRow, clocks: Clocks) -> Moment:
    """With its order, but how a consult was answered only when that was noted."""
    ordered = clocks.rows_known["poe"].get(row["poe_id"])
    if ordered is None or row["field_name"] not in _CONSULT_FIELDS:
        return ordered
    answered = clocks.consulted.get(row["poe_id"])
    return None if answered is None else later(ordered, answered)


def consult_times(details: Iterable[RawRow]) -> ById:
    """The latest 'Consult Status Time' of each order."""
    noted = [row for row in details if row["field_name"] == "Consult Status Time"]
    return latest_by_id(noted, "poe_id", _time_noted)


def _time_noted(row: RawRow) -> Moment:
    text = moment_in(row, "field_value")
    try:
        return None if text is None else read_time(text.strip())
    except ValueError:
        return None


def pharmacy(row: RawRow, clocks: Clocks) -> Moment:
    """When it was entered; under `event` when it is to begin."""
    entered = moment_in(row, "entertime")
    return moment_in(row, "starttime") or entered if clocks.profile == "event" else entered


def verified(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    """When a pharmacist verified the entry: what is dispensed is settled then."""
    return moment_in(row, "verifiedtime")


def prescription(row: RawRow, clocks: Clocks) -> Moment:
    """When it was ordered, else entered, else to begin; under `event` the last comes first."""
    ordered = clocks.rows_known["poe"].get(row["poe_id"]) or clocks.entered.get(row["pharmacy_id"])
    start = moment_in(row, "starttime")
    return start or ordered if clocks.profile == "event" else ordered or start


def administration_detail(row: RawRow, clocks: Clocks) -> Moment:
    """With its row of emar."""
    return clocks.rows_known["emar"].get(row["emar_id"])
