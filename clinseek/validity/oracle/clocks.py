"""The clocks of a patient's stays and orders, by the ids that other rows name them with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from clinseek.validity.oracle.model import Cell, Moment, OracleProfile, RawRecord, RawRow
from clinseek.validity.oracle.moments import both, later, moment_in

ById = dict[Cell, str]
"""A moment for each id. An id that is missing, or whose moment is, has no entry: never."""


@dataclass(frozen=True)
class Clocks:
    """What the rows of one patient can be told by, beside their own cells.

    `ended` is D of each admission, `deaths` D of each stay that ended in death (None where it
    cannot be told), `entered` and `begun` the two clocks of a pharmacy entry, `consulted` when a
    consult order was answered. `rows_known` holds, by table and raw id, when an order, an
    administration or a note is known: the rows that hang on it follow.
    """

    profile: OracleProfile
    bedside_items: frozenset[int]
    admitted: ById
    ended: ById
    icu_in: ById
    ed_in: ById
    ed_out: ById
    entered: ById
    begun: ById
    consulted: ById
    reported: ById
    deaths: tuple[Moment, ...]
    rows_known: dict[str, ById] = field(default_factory=dict)


def end_of_stay(admission: RawRow) -> Moment:
    """D: the later of dischtime and deathtime, never before admittime; None when both are missing.

    A stay that never began never ends either. Source: availability rules, `never<D`; crossed
    clocks occur (dischtime before admittime, mimic-code#1288; death without deathtime, #1406).
    """
    end = later(moment_in(admission, "dischtime"), moment_in(admission, "deathtime"))
    return both(end, moment_in(admission, "admittime"))


def end_of_visit(stay: RawRow) -> Moment:
    """When an ED stay has ended: outtime, never before intime."""
    return both(moment_in(stay, "outtime"), moment_in(stay, "intime"))


def begun(entry: RawRow) -> Moment:
    """When an entry of the pharmacy happens, for the `event` profile: its start, else its entry."""
    entered = moment_in(entry, "entertime")
    return both(entered, moment_in(entry, "starttime") or entered)


def latest_by_id(
    rows: Iterable[RawRow], column: str, moment_of: Callable[[RawRow], Moment]
) -> ById:
    """The moment of each id in `column`; where an id names two rows, the later moment counts."""
    found: ById = {}
    for row in rows:
        moment = moment_of(row)
        name = row[column]
        if name is None or moment is None:
            continue
        if name not in found or found[name] < moment:
            found[name] = moment
    return found


def died(admission: RawRow) -> bool:
    """True for a stay that ended in death: by deathtime, or by the flag alone (mimic-code#1406)."""
    return admission["deathtime"] is not None or admission["hospital_expire_flag"] == 1


def clocks_of(
    record: RawRecord,
    profile: OracleProfile,
    *,
    bedside_items: frozenset[int],
    consulted: ById,
    reported: ById,
) -> Clocks:
    """The clocks of one patient; tables that the record lacks give none."""

    def by_id(table: str, column: str, clock: str) -> ById:
        return latest_by_id(record.get(table, ()), column, lambda row: moment_in(row, clock))

    admissions = record.get("admissions", ())
    ended = latest_by_id(admissions, "hadm_id", end_of_stay)
    return Clocks(
        profile=profile,
        bedside_items=bedside_items,
        admitted=by_id("admissions", "hadm_id", "admittime"),
        ended=ended,
        icu_in=by_id("icustays", "stay_id", "intime"),
        ed_in=by_id("edstays", "stay_id", "intime"),
        ed_out=latest_by_id(record.get("edstays", ()), "stay_id", end_of_visit),
        entered=by_id("pharmacy", "pharmacy_id", "entertime"),
        begun=latest_by_id(record.get("pharmacy", ()), "pharmacy_id", begun),
        consulted=consulted,
        reported=reported,
        deaths=tuple(
            later(ended.get(stay["hadm_id"]), end_of_stay(stay))
            for stay in admissions
            if died(stay)
        ),
    )
