"""The waits in a record: something has happened, or its row is there, and is not known yet.

In them a rule bites. They are named by the clock that is awaited: `labevents` for its rows,
`labevents without storetime` for those that lack the clock, `poe.hadm_id` for a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from clinseek.toolkits.ehr.availability import RULES
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.moments import whole_second_from
from clinseek.validity.oracle import RawRecord, RawRow, Reading


class Wait(NamedTuple):
    """From the first whole second at which something was there, to that at which it is known."""

    begins: str
    opens: str

    def holds(self, cutoff: str) -> bool:
        """True when at `cutoff` it was there and was not known."""
        return self.begins <= cutoff < self.opens


Waits = dict[str, list[Wait]]


def waits_of(record: RawRecord, reading: Reading) -> Waits:
    """Every wait of a patient that ends, by the clock awaited, in order of time.

    None begins before anything is known of the patient, for no case opens there.
    """
    first = first_known(reading)
    if first is None:
        return {}
    begins = whole_second_from(first)
    found: dict[str, set[Wait]] = {}
    for table, rows in record.items():
        for clock, happened, opens in (
            *_of_rows(table, rows, reading),
            *_of_cells(table, reading),
        ):
            wait = Wait(max(begins, whole_second_from(happened)), whole_second_from(opens))
            if wait.begins < wait.opens:
                found.setdefault(clock, set()).add(wait)
    return {clock: sorted(found[clock]) for clock in sorted(found)}


def rules_at_work(record: RawRecord, reading: Reading) -> frozenset[str]:
    """The rules (`table`, `table.column`) that hide something of this record at some cutoff."""
    rows = {table for table, known in reading.known.items() if any(each != "" for each in known)}
    cells = {
        f"{table}.{column}"
        for table in record
        for late in reading.late(table).values()
        for column in late
    }
    return frozenset(rows | cells)


def first_known(reading: Reading) -> str | None:
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


def _of_rows(table: str, rows: list[RawRow], reading: Reading) -> Iterator[tuple[str, str, str]]:
    """(clock, when it happened, when it is known) of each row that is known later than that."""
    event_time = RULES[table].event_time if table in RULES else None
    if event_time is None:
        return
    times = [column.name for column in TABLES[table].columns if column.type in ("time", "date")]
    for row, known in zip(rows, reading.known[table], strict=True):
        happened = row[event_time]
        if known and isinstance(happened, str) and happened < known:
            yield _clock(table, row, times), happened, known


def _clock(table: str, row: Mapping[str, object], times: list[str]) -> str:
    """Rows that lack a clock wait for another one; `storetime` is the one that decides most."""
    lacks = "storetime" in times and row["storetime"] is None
    return f"{table} without storetime" if lacks else table


def _of_cells(table: str, reading: Reading) -> Iterator[tuple[str, str, str]]:
    known = reading.known[table]
    for index, cells in reading.late(table).items():
        begins = known[index]
        for column, opens in cells.items():
            if begins is not None and opens is not None:
                yield f"{table}.{column}", begins or opens, opens
