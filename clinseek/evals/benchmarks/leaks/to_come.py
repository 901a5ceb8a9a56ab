"""What may stand in no record that promises the past alone, whatever the task asks for.

One sweep over a whole case: a moment after the cutoff, the name of a stay, order, dose or note
that the record does not hold yet, a code of a stay that goes on, a cell about an end that has not
come. The row of the event that a task asks for, and the rows of other tables that tell of the same
event (an ICU stay and its transfer, a dose and its order), are all found by it, since they lie
after the cutoff or name what does. Written by hand from the tables' columns; it knows no rule of
availability.
"""

from __future__ import annotations

from collections.abc import Iterator

from clinseek.toolkits.ehr.tables import TABLES, Table
from clinseek.validity.probe.look_up import CODES, LookUp

PLANNED = frozenset(
    {
        ("prescriptions", "starttime"),
        ("pharmacy", "starttime"),
        ("emar", "scheduletime"),
        ("datetimeevents", "value"),
    }
)
"""Moments that may lie ahead: somebody planned them, and the plan was in the record."""

_PARENTS = {
    "hadm_id": "admissions",
    "poe_id": "poe",
    "emar_id": "emar",
}
_STAYS = {"ed": "edstays", "icu": "icustays"}
_NOTES = {"discharge_detail": "discharge", "radiology_detail": "radiology"}
_PATIENT_TABLES = tuple(table for table in TABLES.values() if not table.is_dictionary)


def _times() -> Iterator[LookUp]:
    for table in _PATIENT_TABLES:
        ahead = [
            f"substr({column.name}, 1, 10) > date(:cutoff)"
            if column.type == "date"
            else f"{column.name} > :cutoff"
            for column in table.columns
            if column.type in ("time", "date") and (table.name, column.name) not in PLANNED
        ]
        if ahead:
            yield _anywhere(f"a moment to come in {table.name}", table.name, " OR ".join(ahead))


def _strays() -> Iterator[LookUp]:
    for table in _PATIENT_TABLES:
        for key, parent in _parents(table).items():
            if key in table.column_names and table.name != parent:
                yield _stray(table.name, key, parent, key)
    yield _stray("poe", "discontinued_by_poe_id", "poe", "poe_id")


def _parents(table: Table) -> dict[str, str]:
    """The tables whose rows a table may name, by the column that names them."""
    parents = dict(_PARENTS)
    if table.module in _STAYS:
        parents["stay_id"] = _STAYS[table.module]
    if table.name in _NOTES:
        parents["note_id"] = _NOTES[table.name]
    return parents


def _stray(table: str, column: str, parent: str, key: str) -> LookUp:
    there = f"(SELECT {key} FROM {parent} WHERE {key} IS NOT NULL)"
    return _anywhere(
        f"{column} in {table} of no row of {parent}", table,
        f"{column} IS NOT NULL AND {column} NOT IN {there}",
    )  # fmt: skip


def _codes() -> Iterator[LookUp]:
    over = "(SELECT hadm_id FROM admissions WHERE dischtime <= :cutoff)"
    for name in (*CODES, "discharge"):
        of = f"{name} of a stay that goes on"
        yield _anywhere(of, name, f"hadm_id NOT IN {over}")
    left = "(SELECT stay_id FROM edstays WHERE outtime <= :cutoff)"
    yield _anywhere("diagnosis of a visit that goes on", "diagnosis", f"stay_id NOT IN {left}")


def _ends() -> Iterator[LookUp]:
    for table, end, cells in (
        ("admissions", "dischtime", ("deathtime", "discharge_location", "hospital_expire_flag")),
        ("icustays", "outtime", ("los", "last_careunit")),
        ("edstays", "outtime", ("disposition",)),
    ):
        told = " OR ".join(f"{cell} IS NOT NULL" for cell in cells)
        yield _anywhere(
            f"the end of a stay in {table} that goes on", table,
            f"coalesce({end}, '9') > :cutoff AND ({told})",
        )  # fmt: skip
    yield _anywhere("dod to come", "patients", "dod >= date(:cutoff)")
    yield _anywhere(
        "anchor_year to come", "patients", "anchor_year > CAST(substr(:cutoff, 1, 4) AS INTEGER)"
    )


def _anywhere(name: str, table: str, where: str) -> LookUp:
    return LookUp(name, f"SELECT 'yes' FROM {table} WHERE {where} LIMIT 1")


TO_COME: tuple[LookUp, ...] = (*_times(), *_strays(), *_codes(), *_ends())
"""Every look-up of the sweep, in the order in which its findings are told."""
