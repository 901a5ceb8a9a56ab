"""Prediction times drawn without looking at any outcome.

Half are times at which a clinician would ask: hours after an arrival, between stays, days after a
discharge. Half are drawn where the rules bite: between the moment at which something happened and
the moment at which it became known, or on either side of a cell's own moment. Choosing a time by
the outcome biases what is measured at it (Sherman 2017: AUROC 0.831 against 0.882).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from clinseek.validity.oracle import RawRecord, RawRow, Reading

_ADMISSION_HOURS = (1, 6, 24, 48)
_ED_HOURS = (1,)
_ICU_HOURS = (24,)
_DAYS_AFTER = (1, 3, 10)
_TRIES = 40
_FORM = "%Y-%m-%d %H:%M:%S"


class PredictionTime(NamedTuple):
    """A moment to audit, and why it was drawn."""

    cutoff: str
    drawn_as: str


def draw_times(
    record: RawRecord, reading: Reading, *, count: int, seed: int
) -> list[PredictionTime]:
    """`count` prediction times for one patient, in order of time; fewer where the record is small.

    At each of them something is known of the patient besides the row in `patients`.
    """
    stream = random.Random(seed)
    routine = routine_times(record)
    begins = _first_known(reading)
    drawn: dict[str, PredictionTime] = {}
    for number in range(count * _TRIES):
        if len(drawn) == count or begins is None:
            break
        biting = (number + seed) % 2 == 0 or not routine
        time = _biting(record, reading, stream) if biting else stream.choice(routine)
        if time is not None and time.cutoff >= begins:
            drawn.setdefault(time.cutoff, time)
    return sorted(drawn.values())


def routine_times(record: RawRecord) -> list[PredictionTime]:
    """The times at which a clinician would ask, by the patient's stays alone."""
    admissions = record.get("admissions", [])
    times = [
        *_after(admissions, "admittime", "admission", _ADMISSION_HOURS),
        *_after(record.get("edstays", []), "intime", "ED arrival", _ED_HOURS),
        *_after(record.get("icustays", []), "intime", "ICU arrival", _ICU_HOURS),
    ]
    days = [24 * day for day in _DAYS_AFTER]
    times += _after(admissions, "dischtime", "discharge", days)
    times += _between_stays(admissions)
    return sorted(set(times))


def _after(
    stays: Sequence[RawRow], column: str, name: str, hours: Sequence[int]
) -> list[PredictionTime]:
    return [
        PredictionTime(shifted(moment, timedelta(hours=after)), f"{name} + {after} h")
        for stay in stays
        if isinstance(moment := stay[column], str)
        for after in hours
    ]


def _between_stays(admissions: Sequence[RawRow]) -> list[PredictionTime]:
    ends = sorted(stay["dischtime"] for stay in admissions if isinstance(stay["dischtime"], str))
    begins = sorted(stay["admittime"] for stay in admissions if isinstance(stay["admittime"], str))
    gaps = []
    for end in ends:
        following = next((begin for begin in begins if begin > end), None)
        if following is not None:
            gaps.append(PredictionTime(_between(end, following, 0.5), "between two stays"))
    return gaps


def _biting(record: RawRecord, reading: Reading, stream: random.Random) -> PredictionTime | None:
    """A time at which a rule hides something that has happened; None where the row gives none."""
    table = stream.choice(sorted(name for name, rows in record.items() if rows))
    index = stream.randrange(len(record[table]))
    row, known = record[table][index], reading.known[table][index]
    if known is None:
        known = max(_moments(row), default=None)
    if not known:
        return None
    if stream.random() < 0.5:
        late = _late_cell(row, reading, table, index, stream)
        if late is not None:
            column, opens = late
            return _around(known, opens, f"{table}.{column} opens", stream)
    happened = min(_moments(row), default=shifted(known, timedelta(hours=-1)))
    return _around(min(happened, known), known, f"{table} row becomes known", stream)


def _late_cell(
    row: RawRow, reading: Reading, table: str, index: int, stream: random.Random
) -> tuple[str, str] | None:
    known = reading.known[table][index]
    late = [
        (column, opens)
        for column, cell in row.items()
        if cell is not None
        and (opens := reading.opens(table, index, column)) is not None
        and known is not None
        and opens > known
    ]
    return stream.choice(late) if late else None


def _around(begins: str, opens: str, what: str, stream: random.Random) -> PredictionTime:
    """At the moment, a second before it, or anywhere in the time that it was awaited."""
    way = stream.randrange(4)
    if way == 0:
        return PredictionTime(_whole_second(opens, up=True), f"{what}: at that moment")
    if way == 1 or begins >= opens:
        return PredictionTime(second_before(opens), f"{what}: a second before")
    return PredictionTime(_between(begins, opens, stream.random()), f"{what}: while it waits")


def second_before(moment: str) -> str:
    """The last whole second before `moment`.

    >>> second_before("2150-01-01 00:00:00"), second_before("2150-01-01 00:00:00.250000")
    ('2149-12-31 23:59:59', '2150-01-01 00:00:00')
    """
    return shifted(_whole_second(moment, up=True), timedelta(seconds=-1))


def shifted(moment: str, by: timedelta) -> str:
    """`moment` moved by `by`, in whole seconds."""
    return (datetime.fromisoformat(moment) + by).strftime(_FORM)


def _whole_second(moment: str, *, up: bool) -> str:
    at = datetime.fromisoformat(moment)
    if at.microsecond and up:
        at += timedelta(seconds=1)
    return at.strftime(_FORM)


def _between(begins: str, ends: str, share: float) -> str:
    first, last = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    return (first + (last - first) * share).strftime(_FORM)


def _moments(row: RawRow) -> list[str]:
    return [
        cell
        for column, cell in row.items()
        if isinstance(cell, str) and column.endswith(("time", "date")) and cell[:4].isdigit()
    ]


def _first_known(reading: Reading) -> str | None:
    """The first moment at which anything but the row in `patients` is known."""
    return min(
        (
            known
            for table, rows in reading.known.items()
            if table != "patients"
            for known in rows
            if known
        ),
        default=None,
    )
