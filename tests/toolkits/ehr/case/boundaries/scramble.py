"""The future of a patient, deleted or altered: what a case at the cutoff must not notice.

What is known after the cutoff is read from the moments that were worked out by hand with each row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from clinseek.toolkits.ehr.tables import TABLES

from .raw_record import Cells
from .whole_patient import Told

RawRows = list[tuple[str, Cells]]
Scrambler = Callable[[Iterable[Told], str], RawRows]

_OWN_KEY = {"labevents": "labevent_id", "microbiologyevents": "microevent_id"}
_NAMED_BY_OTHERS = {"patients", "admissions", "edstays", "icustays", "pharmacy", "poe", "emar"}
_NAMED_BY_OTHERS |= {"discharge", "radiology"}
"""Tables whose rows others name by a key; a second row with that key would be no MIMIC."""


def deleted(told: Iterable[Told], cutoff: str) -> RawRows:
    """Rows known after `cutoff` are gone, and cells masked at it are empty."""
    return [
        (row.table, {**row.cells, **dict.fromkeys(_masked(row, cutoff))})
        for row in told
        if row.known <= cutoff
    ]


def altered(told: Iterable[Told], cutoff: str) -> RawRows:
    """Rows known after `cutoff` say other things later, some of them twice; masked cells too."""
    rows: RawRows = []
    fresh = itertools.count(5_000_000)
    for row in told:
        if row.known <= cutoff:
            rows.append((row.table, _altered(row, _masked(row, cutoff), cutoff)))
            continue
        columns = [column for column in row.cells if not column.endswith(("_id", "_seq"))]
        cells = _altered(row, columns, cutoff)
        rows.append((row.table, cells))
        if row.table not in _NAMED_BY_OTHERS:
            own_key = _OWN_KEY.get(row.table)
            rows.append((row.table, {**cells, own_key: next(fresh)} if own_key else dict(cells)))
    return rows


def _masked(row: Told, cutoff: str) -> list[str]:
    return [column for column, moment in row.until.items() if moment > cutoff]


def _altered(row: Told, columns: Iterable[str], cutoff: str) -> Cells:
    other = {column: _other(row, column, cutoff) for column in columns}
    return {**row.cells, **other}


def _other(row: Told, column: str, cutoff: str) -> Any:
    """Another value of the same type; moments after the cutoff move further away from it."""
    value, kind = row.cells.get(column), TABLES[row.table].type_of(column)
    if kind in ("time", "date"):
        if value is None:
            return None
        moment = datetime.fromisoformat(value)
        if str(moment) <= cutoff:
            return value
        return str(moment + timedelta(days=3, minutes=17))[: len(value)]
    if column in ("field_name", "discontinued_by_poe_id", "hadm_id", "stay_id", "pharmacy_id"):
        return value
    if kind == "text":
        return f"scrambled {column}"
    return 4_711
