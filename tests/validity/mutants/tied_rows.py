"""Rows known at one moment, of which each cell opens at a time of its own, in crossed order.

Their order must tell nothing to come: it is that of the same rows without their future, whatever
order the raw rows lie in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.made_up import MadeUp, arrow_rows
from clinseek.validity.audit.scramble import future_of, scrambled
from clinseek.validity.audit.shown import Shown, shown_tables
from clinseek.validity.audit.sight import Sight
from clinseek.validity.oracle import Cell, RawRecord, RawRow, read_record

_BEGIN = "2150-03-05 08:00:00"
_SUBJECT = 10_000_001
_PAIRS = (((1, 40), (50, 30)), ((40, 1), (30, 50)), ((2, 3), (3, 2)), ((None, 4), (5, None)))
"""Hours after which a link and an end open, of two rows that are alike in all that is known."""


class Tied(NamedTuple):
    """A record of tied rows and the moments at which its order is looked at."""

    store: Store
    record: RawRecord
    moments: list[str]


def tied(store: Store) -> Tied:
    """Prescriptions and infusions of one patient, two and two alike."""
    record: RawRecord = {name: [] for name in _TABLES}
    record["patients"] = [_row("patients", gender="F", anchor_age=60, anchor_year=2150)]
    number = 0
    for pair in _PAIRS:
        for link, end in pair:
            number += 1
            for table, row in _rows(number, _hours(link), _hours(end)):
                record[table].append(row)
    hours = sorted({hour for pair in _PAIRS for row in pair for hour in row if hour})
    return Tied(store, record, [str(_hours(hour)) for hour in (0, *hours)])


_TABLES = ("patients", "poe", "pharmacy", "prescriptions", "icustays", "inputevents")


def _rows(number: int, link: str | None, end: str | None) -> Iterator[tuple[str, RawRow]]:
    yield "pharmacy", _row("pharmacy", pharmacy_id=500 + number, entertime=link)
    yield (
        "prescriptions",
        _row(
            "prescriptions",
            pharmacy_id=500 + number,
            drug="Dextrose",
            starttime=_BEGIN,
            poe_id=f"{_SUBJECT}-1",
            poe_seq=1,
            stoptime=end,
        ),
    )
    yield "icustays", _row("icustays", stay_id=700 + number, intime=link)
    yield (
        "inputevents",
        _row(
            "inputevents",
            stay_id=700 + number,
            itemid=1,
            starttime=_BEGIN,
            storetime=_BEGIN,
            endtime=end,
            amount=float(number),
        ),
    )
    if number == 1:
        yield "poe", _row("poe", poe_id=f"{_SUBJECT}-1", poe_seq=1, ordertime=_BEGIN)


def _row(table: str, **cells: Cell) -> RawRow:
    empty: RawRow = dict.fromkeys(TABLES[table].column_names)
    return {**empty, "subject_id": _SUBJECT, **cells}


def _hours(after: int | None) -> str | None:
    if after is None:
        return None
    return str(datetime.fromisoformat(_BEGIN) + timedelta(hours=after))


def told_by_order(ties: Tied, folder: Path) -> str | None:
    """Where the order of rows tells of the future, or of the raw file; None where it does not."""
    reading = read_record(ties.record, "available", bedside_items=frozenset())
    earlier: Shown = {}
    for cutoff in ties.moments:
        sight = Sight(_SUBJECT, cutoff, ties.record, reading, reading.at(cutoff))
        shown = _shown(ties, ties.record, cutoff, folder)
        reversed_rows = {table: rows[::-1] for table, rows in ties.record.items()}
        others = {"the raw rows reversed": reversed_rows, "the future deleted": _past(sight)}
        for how, record in others.items():
            if shown != _shown(ties, record, cutoff, folder):
                return f"order: with {how} the rows run otherwise at {cutoff}"
        for table, held in earlier.items():
            for row_id, cells in held.rows.items():
                now = shown[table].rows[row_id]
                if any(was not in (None, cell) for was, cell in zip(cells, now, strict=True)):
                    return f"order: row {row_id} of {table} is another one at {cutoff}"
        earlier = {table: held for table, held in shown.items() if table != "patients"}
    return None


def _past(sight: Sight) -> RawRecord:
    ways = scrambled(
        sight, future_of(sight), profile="available", seed=0, bedside_items=frozenset()
    )
    return dict(ways)["deleted"]


def _shown(ties: Tied, record: RawRecord, cutoff: str, folder: Path) -> Shown:
    store = ties.store
    records = MadeUp(store.path, tuple(record), store.vocabulary, arrow_rows(record))
    case = open_case(records, _SUBJECT, cutoff=cutoff, folder=folder, name="tied.sqlite")
    shown = shown_tables(case)
    case.close()
    return shown
