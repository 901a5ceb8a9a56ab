"""Is the answer of a published row in the record at the row's own cutoff?

A label is read off some cells of the raw record. Where the case at the cutoff shows one of them,
the row asks for reading and not for judgement. Under `available` that should never be; under
`reference`, the rule of the published systems, it shows how often their record gives it away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.case import KnownLabel, LabelClock, label_clock
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables.cxr import FINDINGS, label_column

Which = Literal["stay", "later", "patient", "study"]
"""Rows of the row's own stay, rows that begin after the cutoff, all rows of the patient, or those
of the X-rays that the row is about."""


class Cell(NamedTuple):
    """A cell that tells the label; without `column` it is the row itself."""

    table: str
    column: str | None
    which: Which = "stay"


_DIED = (
    Cell("admissions", "deathtime"),
    Cell("admissions", "hospital_expire_flag"),
    Cell("patients", "dod", "patient"),
)
_LEFT = (Cell("admissions", "dischtime"),)
_ICU_LEFT = (Cell("icustays", "outtime"), Cell("icustays", "los"))
_NEXT_STAY = (Cell("admissions", None, "later"),)
_NEXT_ICU = (Cell("icustays", None, "later"),)

CELLS: Mapping[str, Sequence[Cell]] = {
    "ED_Hospitalization": _NEXT_STAY,
    "ED_Inpatient_Mortality": (Cell("patients", "dod", "patient"),),
    "ED_ICU_Tranfer_12hour": _NEXT_ICU,
    "ED_Reattendance_3day": (Cell("edstays", None, "later"),),
    "ED_Critical_Outcomes": (*_NEXT_ICU, Cell("patients", "dod", "patient")),
    "Readmission_30day": _NEXT_STAY,
    "Readmission_60day": _NEXT_STAY,
    "Inpatient_Mortality": _DIED,
    "LengthOfStay_3day": _LEFT,
    "LengthOfStay_7day": _LEFT,
    **{f"ICU_Mortality_{days}day": _DIED for days in (1, 2, 3, 7, 14)},
    "ICU_Stay_7day": _ICU_LEFT,
    "ICU_Stay_14day": _ICU_LEFT,
    "ICU_Readmission": _NEXT_ICU,
    "medmod_in_hospital_mortality": _DIED,
    "medmod_decompensation": _DIED,
    "diagnoses_icd": (Cell("diagnoses_icd", "icd_code"),),
    "diagnoses_ccs": (Cell("diagnoses_icd", "icd_code"),),
    "medmod_phenotyping": (Cell("diagnoses_icd", "icd_code"),),
    "medmod_radiology": tuple(
        Cell("cxr", label_column("chexpert", name), "study") for name in FINDINGS
    ),
}
"""The cells by published task. Every other task asks for the next event of a table, whose row
begins after the cutoff by definition."""

_STUDY = re.compile(r"/s(\d+)/[^/]+$")
_BEGINS = {"admissions": "admittime", "icustays": "intime", "edstays": "intime"}


class Visibility(NamedTuple):
    """Of how many rows the label was looked for, and the qids of those that show it."""

    looked: int
    visible: list[str]


def visibility(store: Store, rows: Sequence[Row], *, profile: str) -> Visibility:
    """Look for the label of every row whose task has cells; patients out of the store are left."""
    known = set(store.subjects())
    by_patient: dict[int, list[Row]] = {}
    for row in rows:
        if row.task in CELLS and row.subject_id in known and row.cutoff is not None:
            by_patient.setdefault(row.subject_id, []).append(row)
    visible: list[str] = []
    for subject_id, held in by_patient.items():
        with label_clock(store, subject_id, profile=profile) as clock:
            visible += [row.qid for row in held if _shows(clock, row, store.tables)]
    return Visibility(sum(map(len, by_patient.values())), visible)


def _shows(clock: LabelClock, row: Row, tables: Iterable[str]) -> bool:
    held = frozenset(tables)
    return any(
        any(label.visible_at(str(row.cutoff)) for label in _labels(clock, row, cell))
        for cell in CELLS[row.task]
        if cell.table in held
    )


def _labels(clock: LabelClock, row: Row, cell: Cell) -> list[KnownLabel]:
    """The raw rows that tell the label; a cell that is empty tells nothing."""
    found = [
        label
        for where in _where(row, cell.which)
        for label in clock.known_at(table=cell.table, where=where, column=cell.column)
    ]
    if cell.which == "later":
        begins = _BEGINS[cell.table]
        return [label for label in found if str(label.row[begins]) > str(row.cutoff)]
    return [label for label in found if cell.column is None or label.row[cell.column] is not None]


def _where(row: Row, which: Which) -> Iterator[dict[str, int]]:
    """By which cells the raw rows are found; none where the row names no stay, or no X-ray."""
    if which == "study":
        studies = (_STUDY.search(image) for image in row.images)
        yield from ({"study_id": int(study[1])} for study in studies if study)
    elif which != "stay":
        yield {}
    elif row.hadm_id is not None:
        yield {"hadm_id": row.hadm_id}
