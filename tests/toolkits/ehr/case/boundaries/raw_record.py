"""A raw MIMIC folder written from a few rows: the ground on which the boundary tests stand."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.image_files import write_images
from clinseek.validity.oracle import RawRow

Cells = dict[str, Any]
"""The cells of one raw row by column; what is not named is empty in the file."""

LONG_BEFORE = "2140-01-01"
"""The date of a measurement that every patient has, so that no cutoff precedes the record."""

HEART_RATE = 220045
SERUM_CREATININE = 220615
"""Two items of chartevents: a routine vital sign, and one of category 'Labs'."""

NEIGHBOUR = "neighbour"
"""What stands in every text cell of a patient who is in every store and in no case."""

_OF_A_NEIGHBOUR = {
    "integer": 19_999_999,
    "number": 1.5,
    "text": NEIGHBOUR,
    "time": "2150-03-05 09:00:00",
    "date": "2150-03-05",
}

D_ITEMS: tuple[Cells, ...] = (
    {
        "itemid": HEART_RATE,
        "label": "Heart Rate",
        "linksto": "chartevents",
        "category": "Routine Vital Signs",
        "unitname": "bpm",
        "param_type": "Numeric",
    },
    {
        "itemid": SERUM_CREATININE,
        "label": "Creatinine (serum)",
        "linksto": "chartevents",
        "category": "Labs",
        "param_type": "Numeric",
    },
)
D_LABITEMS: tuple[Cells, ...] = (
    {"itemid": 50912, "label": "Creatinine", "fluid": "Blood", "category": "Chemistry"},
    {"itemid": 51301, "label": "White Blood Cells", "fluid": "Blood", "category": "Hematology"},
)


@dataclass
class Patient:
    """One patient's raw rows. Raw ids leave gaps on purpose, as they do in MIMIC."""

    subject_id: int
    rows: list[tuple[str, Cells]] = field(default_factory=list)
    _drawn: int = 0

    def fresh(self) -> int:
        """A raw number that no other row of this patient has."""
        self._drawn += 7
        return self._drawn

    def add(self, table: str, **cells: Any) -> Cells:
        """A raw row of `table`; ids that are not given are made. KeyError for a wrong column."""
        row = {"subject_id": self.subject_id, **self._ids(table, cells), **cells}
        for column in row:
            TABLES[table].type_of(column)
        self.rows.append((table, row))
        return row

    def stay(self, admittime: str, dischtime: str, **cells: Any) -> int:
        """An admission, and its hadm_id."""
        hadm_id = 20_000_000 + self._number()
        self.add("admissions", hadm_id=hadm_id, admittime=admittime, dischtime=dischtime, **cells)
        return hadm_id

    def visit(self, intime: str, outtime: str, **cells: Any) -> int:
        """A stay in the emergency department, and its stay_id."""
        stay_id = 30_000_000 + self._number()
        self.add("edstays", stay_id=stay_id, intime=intime, outtime=outtime, **cells)
        return stay_id

    def icu(self, intime: str, outtime: str, **cells: Any) -> int:
        """A stay in intensive care, and its stay_id."""
        stay_id = 40_000_000 + self._number()
        self.add("icustays", stay_id=stay_id, intime=intime, outtime=outtime, **cells)
        return stay_id

    def order(self, ordertime: str, **cells: Any) -> str:
        """An order of poe, and its raw poe_id."""
        return str(self.add("poe", ordertime=ordertime, **cells)["poe_id"])

    def _number(self) -> int:
        return self.subject_id % 1_000_000 * 1_000 + self.fresh()

    def _ids(self, table: str, cells: Cells) -> Cells:
        made = self._own_ids(table, cells)
        for thing in ("poe", "emar"):
            named = cells.get(f"{thing}_id", made.get(f"{thing}_id"))
            if named and f"{thing}_seq" in TABLES[table].column_names:
                made[f"{thing}_seq"] = int(named.rsplit("-", 1)[1])
        return made

    def _own_ids(self, table: str, cells: Cells) -> Cells:
        if table == "labevents":
            return {"labevent_id": self._number()}
        if table == "microbiologyevents":
            return {"microevent_id": self._number()}
        if table in ("poe", "emar"):
            return {f"{table}_id": f"{self.subject_id}-{self.fresh()}"}
        if table == "cxr":
            study = self._number()
            return {"study_id": study, "dicom_id": f"{study:08x}-{study:08x}"}
        if table in ("discharge", "radiology"):
            kind = cells.get("note_type", "DS" if table == "discharge" else "RR")
            note_id = cells.get("note_id", f"{self.subject_id}-{kind}-{self.fresh()}")
            return {"note_id": note_id, "note_type": kind, "note_seq": note_id.split("-")[2]}
        return {}


@dataclass
class Cohort:
    """The patients of one folder of raw tables."""

    first_subject_id: int = 10_000_001
    patients: list[Patient] = field(default_factory=list)

    def patient(self, **cells: Any) -> Patient:
        """A new patient with a row in `patients` and a height measured long before."""
        patient = Patient(self.first_subject_id + len(self.patients))
        demographics = {"gender": "F", "anchor_age": 60, "anchor_year": 2150}
        patient.add("patients", **{**demographics, "anchor_year_group": "2014 - 2016", **cells})
        patient.add(
            "omr",
            chartdate=LONG_BEFORE,
            seq_num=1,
            result_name="Height (Inches)",
            result_value="65",
        )
        self.patients.append(patient)
        return patient

    def write(self, folder: Path) -> Path:
        """Every table as `folder/<module>/<table>.csv`, dictionaries included."""
        rows = [row for patient in self.patients for row in patient.rows]
        return write_tables(folder, rows)


def write_tables(folder: Path, rows: Iterable[tuple[str, Cells]]) -> Path:
    """The raw folder that holds `rows`, the dictionaries, and a neighbour in every table."""
    held: dict[str, list[Cells]] = {
        name: [{column.name: _OF_A_NEIGHBOUR[column.type] for column in table.columns}]
        for name, table in TABLES.items()
    }
    held["d_items"].extend(D_ITEMS)
    held["d_labitems"].extend(D_LABITEMS)
    for name, row in rows:
        held[name].append(row)
    images = held.pop("cxr")
    empty: RawRow = dict.fromkeys(TABLES["cxr"].column_names)
    write_images(folder / "cxr", [{**empty, **image} for image in images])
    for name, rows_of_table in held.items():
        table = TABLES[name]
        path = folder / table.module / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, table.column_names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows_of_table)
    return folder
