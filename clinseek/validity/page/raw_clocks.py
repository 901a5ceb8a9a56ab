"""What the clocks of the raw record look like: where a rule has to guess, or may guess wrong.

Pure: a record and its reading in, counts out. Nothing here is a leak; it is what the limits and
the open questions of the page stand on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import timedelta

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import PLANNED, RawRecord, RawRow, Reading
from clinseek.validity.page.spans import between

_WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)
_CONSULT_FIELDS = ("Consult Status", "Consult Status Time")

ByTable = Counter[str]


@dataclass
class RawClocks:
    """Counts of one source, by table.

    Of the rows `storable` (their table has a storetime): `unstored` have none, `stored_before`
    have one before the event, `stored_weeks_after` one more than seven days after it. Of the
    infusions and procedures `lasting` (over an hour, with an end): `stored_at_end` were stored at
    their end or later. `ahead` counts planned cells that are shown before their moment.
    """

    storable: ByTable = field(default_factory=Counter)
    unstored: ByTable = field(default_factory=Counter)
    stored_before: ByTable = field(default_factory=Counter)
    stored_weeks_after: ByTable = field(default_factory=Counter)
    lasting: ByTable = field(default_factory=Counter)
    stored_at_end: ByTable = field(default_factory=Counter)
    ahead: Counter[tuple[str, str]] = field(default_factory=Counter)
    prescriptions: Counter[str] = field(default_factory=Counter)
    """Those `ordered` (by an order of the record); of these `begun first`, and of those `entered
    first` and `given first`: with a pharmacy entry, with a dose charted, before the order."""
    consults: Counter[str] = field(default_factory=Counter)
    """Rows of poe_detail that tell how a consult was answered; of these `never` known."""
    icu: Counter[str] = field(default_factory=Counter)
    """ICU `stays`; of these `bridging`, with a transfer to another kind of unit inside."""

    @property
    def never_stored(self) -> list[str]:
        """The tables with a storetime in which no row has one."""
        return [name for name, rows in self.storable.items() if rows == self.unstored[name]]

    def add(self, other: RawClocks) -> None:
        """Count in another patient."""
        for each in fields(self):
            getattr(self, each.name).update(getattr(other, each.name))


def raw_clocks(record: RawRecord, reading: Reading, *, icu_units: Collection[str]) -> RawClocks:
    """The clocks of one patient. `icu_units` are the care units that any ICU stay names."""
    found = RawClocks()
    for table, rows in record.items():
        names = TABLES[table].column_names
        if "storetime" in names:
            happened = "charttime" if "charttime" in names else "starttime"
            for row in rows:
                _count_storing(found, table, row, happened)
        if "storetime" in names and "endtime" in names:
            for row in rows:
                _count_lasting(found, table, row)
    _count_planned(found, record, reading)
    _count_prescriptions(found, record)
    _count_consults(found, record, reading)
    _count_icu_stays(found, record, icu_units)
    return found


def _count_storing(found: RawClocks, table: str, row: RawRow, happened: str) -> None:
    event, stored = row[happened], row["storetime"]
    found.storable[table] += 1
    if not isinstance(stored, str):
        found.unstored[table] += 1
    elif isinstance(event, str):
        found.stored_before[table] += stored < event
        found.stored_weeks_after[table] += between(event, stored) > _WEEK


def _count_lasting(found: RawClocks, table: str, row: RawRow) -> None:
    start, end, stored = row["starttime"], row["endtime"], row["storetime"]
    if not (isinstance(start, str) and isinstance(end, str) and isinstance(stored, str)):
        return
    if between(start, end) > _HOUR:
        found.lasting[table] += 1
        found.stored_at_end[table] += stored >= end


def _count_planned(found: RawClocks, record: RawRecord, reading: Reading) -> None:
    for table, column in PLANNED:
        for index, row in enumerate(record.get(table, ())):
            opens, moment = reading.opens(table, index, column), row[column]
            if isinstance(moment, str) and opens is not None:
                found.ahead[table, column] += moment > opens


def _count_prescriptions(found: RawClocks, record: RawRecord) -> None:
    ordered = {order["poe_id"]: order["ordertime"] for order in record.get("poe", ())}
    entered = {entry["pharmacy_id"]: entry["entertime"] for entry in record.get("pharmacy", ())}
    given = _first_doses(record)
    counted = found.prescriptions
    for row in record.get("prescriptions", ()):
        order, start = ordered.get(row["poe_id"]), row["starttime"]
        if not (isinstance(order, str) and isinstance(start, str)):
            continue
        counted["ordered"] += 1
        if start < order:
            counted["begun first"] += 1
            entry = entered.get(row["pharmacy_id"])
            counted["entered first"] += isinstance(entry, str) and entry < order
            counted["given first"] += given.get(row["pharmacy_id"], order) < order


def _first_doses(record: RawRecord) -> dict[object, str]:
    doses: dict[object, str] = {}
    for dose in record.get("emar", ()):
        charted, told = dose["charttime"], dose["event_txt"]
        entry = dose["pharmacy_id"]
        if entry is None or not isinstance(charted, str) or not isinstance(told, str):
            continue
        if told.startswith("Administered"):
            doses[entry] = min(doses.get(entry, charted), charted)
    return doses


def _count_consults(found: RawClocks, record: RawRecord, reading: Reading) -> None:
    for index, row in enumerate(record.get("poe_detail", ())):
        if row["field_name"] in _CONSULT_FIELDS:
            found.consults["rows"] += 1
            found.consults["never"] += reading.known["poe_detail"][index] is None


def _count_icu_stays(found: RawClocks, record: RawRecord, icu_units: Collection[str]) -> None:
    for stay in record.get("icustays", ()):
        found.icu["stays"] += 1
        found.icu["bridging"] += any(
            _begins_inside(transfer, stay) and transfer["careunit"] not in icu_units
            for transfer in record.get("transfers", ())
        )


def _begins_inside(transfer: RawRow, stay: RawRow) -> bool:
    begins, arrived, left = transfer["intime"], stay["intime"], stay["outtime"]
    if not (isinstance(begins, str) and isinstance(arrived, str) and isinstance(left, str)):
        return False
    return arrived <= begins < left
