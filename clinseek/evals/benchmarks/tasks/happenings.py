"""What happens in a record: the events that tasks ask for, read from raw rows.

Each function gives happenings (owner, moment, cell), where the owner is the hadm_id or the ED
stay_id, and where several raw columns make the cell it is a tuple.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

from clinseek.evals.benchmarks.tasks.asking import Happenings, Naming
from clinseek.evals.benchmarks.tasks.raw_record import Happening, RawRecord
from clinseek.validity.outcomes import RawRow

EVENT_TIMES: dict[str, str] = {
    "transfers": "intime",
    "services": "transfertime",
    "labevents": "charttime",
    "microbiologyevents": "charttime",
    "poe": "ordertime",
    "emar": "charttime",
    "chartevents": "charttime",
    "datetimeevents": "charttime",
    "inputevents": "starttime",
    "outputevents": "charttime",
    "procedureevents": "starttime",
    "radiology": "charttime",
}
"""The kinds of events of `next_event`, each with its time. What is ordered ahead (prescriptions,
pharmacy) or always comes with another kind (icustays, ingredientevents) is none."""


def column(table: str, owner: str, moment: str, cell: str) -> Happenings:
    """Rows of one table, as they are."""
    return lambda record: record.happenings(table, owner, moment, cell)


def kinds_of_events(record: RawRecord) -> Iterator[Happening]:
    """Each kind of event with each of its moments in an admission; the cell is the table."""
    for table, moment in EVENT_TIMES.items():
        if table in record:
            for hadm_id, at in record.moments(table, "hadm_id", moment):
                yield Happening(hadm_id, at, table)


def cultures(record: RawRecord) -> Iterator[Happening]:
    """Microbiology tests at charttime, else at midnight of chartdate."""
    for row in record["microbiologyevents"]:
        moment = row["charttime"] or midnight(row["chartdate"])
        if row["hadm_id"] is not None and moment is not None and row["test_name"] is not None:
            yield Happening(row["hadm_id"], moment, row["test_name"])


def culture_days(record: RawRecord) -> Iterator[Happening]:
    """Microbiology tests at midnight of chartdate."""
    for row in record["microbiologyevents"]:
        moment = midnight(row["chartdate"])
        if row["hadm_id"] is not None and moment is not None and row["test_name"] is not None:
            yield Happening(row["hadm_id"], moment, row["test_name"])


def measured_days(record: RawRecord) -> Iterator[Happening]:
    """Outpatient measurements at midnight of chartdate; the owner is the patient."""
    for row in record["omr"]:
        moment = midnight(row["chartdate"])
        if moment is not None and row["result_name"] is not None:
            yield Happening(record.subject_id, moment, row["result_name"])


def discharge_codes(record: RawRecord) -> Iterator[Happening]:
    """Diagnosis codes (icd_code, icd_version) at dischtime of their admission."""
    for row in record["diagnoses_icd"]:
        admission = record.admission.get(row["hadm_id"])
        if admission is not None and admission["dischtime"] is not None:
            yield from _coded(row, row["hadm_id"], admission["dischtime"])


def procedure_days(record: RawRecord) -> Iterator[Happening]:
    """Procedure codes (icd_code, icd_version) at midnight of chartdate."""
    for row in record["procedures_icd"]:
        moment = midnight(row["chartdate"])
        if row["hadm_id"] is not None and moment is not None:
            yield from _coded(row, row["hadm_id"], moment)


def ed_codes(record: RawRecord) -> Iterator[Happening]:
    """ED diagnosis codes (icd_code, icd_version) at outtime of their visit."""
    left = {row["stay_id"]: row["outtime"] for row in record["edstays"]}
    for row in record["diagnosis"]:
        moment = left.get(row["stay_id"])
        if moment is not None:
            yield from _coded(row, row["stay_id"], moment)


def prescribed(cell: str) -> Happenings:
    """A cell of prescriptions at the moment at which they were ordered."""

    def found(record: RawRecord) -> Iterator[Happening]:
        ordered = Ordering(record)
        for row in record["prescriptions"]:
            moment = ordered(row)
            if row["hadm_id"] is not None and moment is not None and row[cell] is not None:
                yield Happening(row["hadm_id"], moment, row[cell])

    return found


class Ordering:
    """When a prescription entered the record: of its order, else its pharmacy entry, its start."""

    def __init__(self, record: RawRecord) -> None:
        self._orders = _latest(record, "poe", "poe_id", "ordertime")
        self._entries = _latest(record, "pharmacy", "pharmacy_id", "entertime")

    def __call__(self, row: RawRow) -> datetime | None:
        """The moment of one raw row of prescriptions."""
        order, entry = self._orders.get(row["poe_id"]), self._entries.get(row["pharmacy_id"])
        start: datetime | None = row["starttime"]
        return order or entry or start


def examinations(record: RawRecord) -> Iterator[Happening]:
    """Radiology examinations (exam_name) at charttime of their report."""
    reports = {row["note_id"]: row for row in record["radiology"]}
    for row in record["radiology_detail"]:
        report = reports.get(row["note_id"])
        if report is None or row["field_name"] != "exam_name" or row["field_value"] is None:
            continue
        if report["hadm_id"] is not None and report["charttime"] is not None:
            yield Happening(report["hadm_id"], report["charttime"], row["field_value"])


def unit_transfers(record: RawRecord) -> Iterator[Happening]:
    """Units to which the patient is moved (eventtype transfer)."""
    for row in record["transfers"]:
        there = row["hadm_id"] is not None and row["intime"] is not None
        if there and row["eventtype"] == "transfer" and row["careunit"] is not None:
            yield Happening(row["hadm_id"], row["intime"], row["careunit"])


def titled(dictionary: str) -> Naming:
    """Codes by their title in an ICD dictionary."""
    return lambda record, one: record.book.title(dictionary, *one.cell)


def categorised(table: str) -> Naming:
    """Codes by the name of their CCS category."""
    return lambda record, one: record.book.category(table, *one.cell)


def labelled(dictionary: str) -> Naming:
    """Items by their label."""
    return lambda record, one: record.book.item(dictionary, one.cell)


def classed(table: str) -> Naming:
    """Drugs by the ATC name of their NDC."""
    return lambda record, one: record.book.drug_class(table, one.cell)


def midnight(day: date | None) -> datetime | None:
    """The beginning of a day."""
    return None if day is None else datetime.combine(day, time())


def _coded(row: RawRow, owner: int, moment: datetime) -> Iterator[Happening]:
    if row["icd_code"] is not None and row["icd_version"] is not None:
        yield Happening(owner, moment, (row["icd_code"], row["icd_version"]))


def _latest(record: RawRecord, table: str, key: str, moment: str) -> dict[object, datetime]:
    """The latest moment by id: where a raw table names an id twice, the later counts."""
    found: dict[object, datetime] = {}
    for row in record[table]:
        name, at = row[key], row[moment]
        if name is not None and at is not None and (name not in found or at > found[name]):
            found[name] = at
    return found
