"""Rows as MIMIC has them at its worst: a time missing, a clock crossed, a link that leads nowhere.

Made of ordinary rows, one thing spoilt at a time, so that a rule's answer to each of them is tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tables.cxr import LABELS
from clinseek.validity.oracle import RawRecord, RawRow

_EACH = 2
_NOWHERE = 2_999_999_999
_WAYS = 6
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
_NAMED_TWICE = ("admissions", "icustays", "edstays", "pharmacy")
_TOLD_AS = ("{date}", "{time}", " {date} ", "soon", "{date}T10:00:00")
_MINUTES_APART = (0, 90, -90, 1, -1, 120, -120, 121, -121, 1441, -1441)
"""From a report's examination to an X-ray: two hours are near."""
_STORED_AFTER = ((3,), (-5,), (None,), (3, 30))
"""Hours from an examination to the storing of its reports, by patient."""
_ENDS = ("dischtime", "deathtime", "outtime", "edouttime")


def with_hard_rows(record: RawRecord, nth: int) -> RawRecord:
    """`record` with spoilt copies of its first rows in every table, and stays without an end.

    Patients are counted by `nth`, so that deaths are told in each way whatever their ids are.
    """
    numbers = itertools.count(1)
    hard: RawRecord = {
        table: [*rows, *_under_fresh_ids(table, rows, nth, numbers), *_twice(table, rows)]
        for table, rows in record.items()
        if table in _STAYS
    }
    odd = {table: _added(hard, record, table) for table in _STAYS}
    for table in sorted(record, key=lambda name: name != "pharmacy"):  # others name its entries
        rows = record[table]
        if table == "patients":
            hard[table] = [_dead(row, record.get("admissions", []), nth) for row in rows]
        elif table not in _STAYS:
            spoilt = itertools.chain(
                (each for row in _told_apart(table, rows) for each in _spoilt(table, row)),
                (each for row in rows[:1] for each in _naming(table, row, odd)),
            )
            under_own_keys = [_under_own_key(table, row, next(numbers)) for row in spoilt]
            hard[table] = [*rows, *under_own_keys, *_twice(table, rows)]
        if table == "pharmacy":
            odd[table] = _added(hard, record, table)
    hard["poe_detail"] = [*hard.get("poe_detail", []), *_consults(record.get("poe", []))]
    reports, hard["cxr"] = _studies(record.get("radiology", []), nth)
    hard["radiology"] = [*hard.get("radiology", []), *reports]
    return {name: hard[name] for name in dict.fromkeys((*record, "poe_detail", "radiology", "cxr"))}


def _added(hard: RawRecord, record: RawRecord, table: str) -> list[RawRow]:
    return hard.get(table, [])[len(record.get(table, [])) :]


def _naming(table: str, row: RawRow, odd: RawRecord) -> Iterator[RawRow]:
    """The row once for each odd stay or entry, as its own."""
    of_stay = "edstays" if TABLES[table].module == "ed" else "icustays"
    for parent, link in (
        ("admissions", "hadm_id"),
        (of_stay, "stay_id"),
        ("pharmacy", "pharmacy_id"),
    ):
        if link in row and _OWN_KEYS.get(table) != link:
            yield from ({**row, link: named[link]} for named in odd.get(parent, ()))


def _under_fresh_ids(
    table: str, rows: list[RawRow], nth: int, numbers: Iterator[int]
) -> Iterator[RawRow]:
    """Odd stays of the first one, each under an id of its own."""
    for row in rows[:1]:
        for stay in _hard_stays(table, row, nth):
            yield {**stay, _STAYS[table]: 2_700_000_000 + next(numbers)}


def _dead(patient: RawRow, admissions: list[RawRow], nth: int) -> RawRow:
    """A death noted days before the stay that it befell: once for each way of telling it."""
    begin = admissions[0]["admittime"] if admissions else None
    if begin is None or nth // _WAYS % 2:
        return patient
    return {**patient, "dod": _moved(str(begin), -5)[:10]}


def _twice(table: str, rows: list[RawRow]) -> Iterator[RawRow]:
    """The first row again, a day later, under the same id."""
    for row in rows[:1] if table in _NAMED_TWICE else ():
        times = [c.name for c in TABLES[table].columns if c.type == "time" and row[c.name]]
        yield {**row, **{column: _moved(str(row[column]), 1) for column in times}}


def _hard_stays(table: str, stay: RawRow, nth: int) -> Iterator[RawRow]:
    """Stays without an end, without a beginning, with their clocks crossed, or ended by death."""
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
        yield from _deaths(stay, str(stay[end]), nth)


def _deaths(stay: RawRow, end: str, nth: int) -> Iterator[RawRow]:
    """Deaths in hospital, told in another way of every patient: by one clock, by none, twice."""
    died: RawRow = {**stay, "hospital_expire_flag": 1, "deathtime": None}
    ways: tuple[tuple[RawRow, ...], ...] = (
        tuple({**died, "deathtime": _moved(end, days)} for days in (2, -2)),
        ({**died, "hospital_expire_flag": 0, "deathtime": _moved(end, 2)},),
        ({**died, "dischtime": _moved(str(stay["admittime"]), -2)},),
        ({**died, "dischtime": None, "deathtime": _moved(end, 1)},),
        ({**died, "admittime": None},),
        ({**died, "dischtime": None},),
    )
    yield from ways[nth % _WAYS]


def _consults(orders: list[RawRow]) -> Iterator[RawRow]:
    """Consults of the first orders, answered at a moment told in each way, or in none."""
    for order, told in zip(orders, _TOLD_AS, strict=False):
        asked = order["ordertime"]
        if asked is None:
            continue
        empty: RawRow = dict.fromkeys(TABLES["poe_detail"].column_names)
        detail = {**empty, **{name: order[name] for name in ("poe_id", "poe_seq", "subject_id")}}
        answers = [told.format(time=_moved(str(asked), days), date=_moved(str(asked), days)[:10])
                   for days in (1, 3)]  # fmt: skip
        for answer in answers:
            yield {**detail, "field_name": "Consult Status Time", "field_value": answer}
        yield {**detail, "field_name": "Consult Status", "field_value": "Done"}
        yield {**detail, "field_name": "Consults", "field_value": _moved(str(asked), 9)}


def _studies(notes: list[RawRow], nth: int) -> tuple[list[RawRow], list[RawRow]]:
    """Reports apart from all others, and X-rays before and after them, near to them and not.

    The reports of each patient are stored otherwise. Each X-ray has another label, by which the
    drill looks for it.
    """
    if not notes:
        return [], []
    note, empty = notes[0], dict.fromkeys(TABLES["cxr"].column_names)
    examined = datetime.fromisoformat(_moved(str(note["charttime"]), 2_000))
    stored = [
        hours if hours is None else str(examined + timedelta(hours=hours))
        for hours in _STORED_AFTER[nth % len(_STORED_AFTER)]
    ]
    reports = [
        _under_own_key(
            "radiology", {**note, "charttime": str(examined), "storetime": moment}, 10_000 + number
        )
        for number, moment in enumerate(stored)
    ]
    images = [
        {
            **empty,
            "subject_id": note["subject_id"],
            "study_id": 50_000_000 + number,
            "dicom_id": f"{number}",
            "studydatetime": str(examined + timedelta(minutes=minutes)),
            "report_path": "files/s.txt",
            label: 1,
        }
        for number, (minutes, label) in enumerate(zip(_MINUTES_APART, LABELS, strict=False))
    ]
    return reports, [*images, {**images[0], "dicom_id": "-", "studydatetime": None}]


def _told_apart(table: str, rows: list[RawRow]) -> list[RawRow]:
    """The first rows of each kind (by field_name where there is one), fuller ones first.

    The fullest of them also with what it leaves empty filled in.
    """
    kinds: dict[object, list[RawRow]] = {}
    for row in sorted(rows, key=lambda row: sum(cell is None for cell in row.values())):
        kept = kinds.setdefault(row.get("field_name"), [])
        if len(kept) < _EACH:
            kept.append(row)
    apart = [row for kept in kinds.values() for row in kept]
    return [*apart, *({**row, **_filled(table, row)} for row in apart[:1])]


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


def _filled(table: str, row: RawRow) -> RawRow:
    """What the row leaves empty, filled in: columns that MIMIC leaves empty have rules too."""
    kinds = {column: TABLES[table].type_of(column) for column in row}
    empty = [c for c in row if row[c] is None and c not in (*_LINKS, "field_value")]
    told = [str(row[c]) for c in row if kinds[c] == "time" and row[c] is not None]
    filling: dict[str, int | float | str] = {"integer": 1, "real": 1.5, "text": "told"}
    if told:
        filling["time"] = _moved(max(told), 3)
    return {column: filling[kinds[column]] for column in empty if kinds[column] in filling}


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
