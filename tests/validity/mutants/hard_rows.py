"""Rows as MIMIC has them at its worst: a time missing, a clock crossed, a link that leads nowhere.

Made of ordinary rows, one thing spoilt at a time, so that a rule's answer to each of them is tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import RawRecord, RawRow

_EACH = 2
_NOWHERE = 2_999_999_999
_OWN_KEYS = {
    "transfers": "transfer_id",
    "labevents": "labevent_id",
    "microbiologyevents": "microevent_id",
    "poe": "poe_id",
    "pharmacy": "pharmacy_id",
    "emar": "emar_id",
    "discharge": "note_id",
    "radiology": "note_id",
}
_LINKS = ("hadm_id", "stay_id", "pharmacy_id", "poe_id", "emar_id", "note_id")
_STAYS = {"admissions": "hadm_id", "icustays": "stay_id", "edstays": "stay_id"}
_SPAN = {
    "admissions": ("admittime", "dischtime"),
    "icustays": ("intime", "outtime"),
    "edstays": ("intime", "outtime"),
}
_ENDS = ("dischtime", "deathtime", "outtime", "edouttime")


def with_hard_rows(record: RawRecord) -> RawRecord:
    """`record` with spoilt copies of its first rows in every table, and stays without an end."""
    numbers = itertools.count(1)
    hard: RawRecord = {}
    for table, rows in record.items():
        if table == "patients":
            hard[table] = rows
        elif table in _STAYS:
            hard[table] = [
                *rows,
                *(
                    {**stay, _STAYS[table]: 2_700_000_000 + next(numbers)}
                    for row in rows[:1]
                    for stay in _hard_stays(table, row)
                ),
            ]
        else:
            spoilt = (each for row in _told_apart(table, rows) for each in _spoilt(table, row))
            hard[table] = [*rows, *(_under_own_key(table, row, next(numbers)) for row in spoilt)]
    return hard


def _hard_stays(table: str, stay: RawRow) -> Iterator[RawRow]:
    """Stays without an end, without a beginning, and with their clocks crossed."""
    begin, end = _SPAN[table]
    flag = {"hospital_expire_flag": 0} if table == "admissions" else {}
    ends = [column for column in _ENDS if column in stay]
    yield {**stay, **dict.fromkeys(ends), **flag}
    yield {**stay, begin: None}
    if table != "admissions":
        yield {**stay, "hadm_id": _NOWHERE}
    if stay[begin] is None or stay[end] is None:
        return
    yield {**stay, end: _moved(str(stay[begin]), -2)}
    if table == "admissions":
        yield {**stay, "edregtime": _moved(str(stay[begin]), 1)}
        yield {**stay, "deathtime": _moved(str(stay[end]), 2), "hospital_expire_flag": 1}
        yield {**stay, "deathtime": _moved(str(stay[end]), -2), "hospital_expire_flag": 1}


def _told_apart(table: str, rows: list[RawRow]) -> list[RawRow]:
    """The first rows of each kind: by field_name where there is one, filled ones first."""
    kinds: dict[object, list[RawRow]] = {}
    for row in sorted(rows, key=lambda row: sum(cell is None for cell in row.values())):
        kept = kinds.setdefault(row.get("field_name"), [])
        if len(kept) < _EACH:
            kept.append(row)
    return [row for kept in kinds.values() for row in kept]


def _spoilt(table: str, row: RawRow) -> Iterator[RawRow]:
    times = [c.name for c in TABLES[table].columns if c.type in ("time", "date")]
    there = [column for column in times if row[column] is not None]
    links = [link for link in _LINKS if link in row and _OWN_KEYS.get(table) != link]
    yield {**row, **dict.fromkeys(times)}
    yield {**row, **dict.fromkeys((*times, *links))}
    for column in there:
        yield {**row, column: None}
        yield {**row, **dict.fromkeys(time for time in there if time != column)}
        for days in (-4, 4):
            yield {**row, column: _moved(str(row[column]), days)}
    for column in links:
        yield {**row, column: None}
        integer = TABLES[table].type_of(column) == "integer"
        yield {**row, column: _NOWHERE if integer else f"{row['subject_id']}-{_NOWHERE}"}
        yield {**row, column: None, **dict.fromkeys(times)}


def _moved(moment: str, days: int) -> str:
    return str(datetime.fromisoformat(moment) + timedelta(days=days))[: len(moment)]


def _under_own_key(table: str, row: RawRow, number: int) -> RawRow:
    key = _OWN_KEYS.get(table)
    if key is None:
        return row
    fresh = 2_800_000_000 + number
    if table in ("discharge", "radiology"):
        return {**row, key: f"{row['subject_id']}-{row['note_type']}-{fresh}", "note_seq": fresh}
    if table in ("poe", "emar"):
        return {**row, key: f"{row['subject_id']}-{fresh}", f"{table}_seq": fresh}
    return {**row, key: fresh}
