"""What the rows of the synthetic benchmark ask: one function a file, over one patient's records.

Labels come from the raw record, questions never do. Look-ups are the exception: their answers are
in the record at the cutoff, and are read from the case.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from clinseek.records import AnswerForm
from clinseek.toolkits.ehr.case import Case
from clinseek.validity.outcomes import OUTCOMES, RawRows, instances

RISK: Mapping[str, str] = {
    "in_hospital_death": "Will this patient die in hospital during this admission?",
    "los_3d": "Will this hospital stay last longer than 3 days, counted from admission?",
    "los_7d": "Will this hospital stay last longer than 7 days, counted from admission?",
    "ed_admission_early": "Will this patient be admitted to the hospital from this visit?",
    "icu_stay_7d": "Will this ICU stay last 7 days or more?",
    "readmission_30d": "Will this patient be readmitted within 30 days of this discharge?",
}
"""Question by outcome; each is yes or no."""
_NEXT_LABS = (
    "Which laboratory tests will be drawn next? Name every test of the next draw, by its label."
)
_NEXT_UNIT = "Which care unit will this patient be transferred to next?"
_WHERE_TO = "Where will this patient be discharged to?"
_FEWEST_LABS = 10
_LOOKED_UP = ("Potassium", "Creatinine", "Hemoglobin", "Sodium", "Glucose", "Platelet Count")
_TOLERANCE = 0.005


class Asked(NamedTuple):
    """A row in the making: everything but its evidence, its candidates and its number."""

    task: str
    subject_id: int
    cutoff: str
    question: str
    label: Any
    answer_form: AnswerForm
    hadm_id: int | None = None
    stay_id: int | None = None
    vocabulary: str | None = None
    unit: str | None = None
    tolerance: float | None = None
    gold_rows: tuple[tuple[str, Mapping[str, int]], ...] = ()
    images: tuple[str, ...] = ()
    group: str | None = None
    candidates: tuple[str, ...] | None = None


def tables_needed() -> frozenset[str]:
    """The tables that must be read to ask."""
    outcomes = [OUTCOMES[name] for name in (*RISK, "next_care_unit", "discharge_location")]
    return frozenset({"labevents", *(table for outcome in outcomes for table in outcome.needs)})


def risk_rows(subject_id: int, rows: RawRows) -> Iterator[Asked]:
    """Yes-or-no questions about what is to come."""
    for name, question in RISK.items():
        for one in instances(OUTCOMES[name], subject_id, rows).instances:
            yield Asked(
                name, subject_id, one.cutoff, question, one.truth, "yes_no",
                one.ids.get("hadm_id"), one.ids.get("stay_id"),
            )  # fmt: skip


def decision_rows(subject_id: int, rows: RawRows, *, labels: Mapping[int, str]) -> Iterator[Asked]:
    """What will be done next: the next laboratory draw, the next unit, where to in the end."""
    yield from _next_labs(subject_id, rows, labels)
    for outcome, task, question, vocabulary in (
        ("next_care_unit", "transfers", _NEXT_UNIT, "transfers"),
        ("discharge_location", "discharge_location", _WHERE_TO, None),
    ):
        for one in instances(OUTCOMES[outcome], subject_id, rows).instances:
            yield Asked(
                task, subject_id, one.cutoff, question, [str(one.truth)], "choice",
                one.ids.get("hadm_id"), vocabulary=vocabulary,
            )  # fmt: skip


def _next_labs(subject_id: int, rows: RawRows, labels: Mapping[int, str]) -> Iterator[Asked]:
    """Set a minute before a draw, as AgentEHR does; the draw itself must be looked at for that."""
    draws: dict[tuple[int, datetime], set[str]] = defaultdict(set)
    for lab in rows["labevents"]:
        if lab["hadm_id"] is not None and lab["charttime"] is not None and lab["itemid"] in labels:
            draws[lab["hadm_id"], lab["charttime"]].add(labels[lab["itemid"]])
    before: dict[int, int] = defaultdict(int)
    for (hadm_id, time), names in sorted(draws.items(), key=lambda draw: draw[0][1]):
        if before[hadm_id] >= _FEWEST_LABS:
            cutoff = str(time.replace(microsecond=0) - timedelta(minutes=1))
            yield Asked(
                "labevents", subject_id, cutoff, _NEXT_LABS, sorted(names), "list", hadm_id,
                vocabulary="labevents",
            )  # fmt: skip
        before[hadm_id] += len(names)


def look_up_rows(
    asked: Sequence[Asked], case_of: Mapping[str, Case], rng: random.Random
) -> Iterator[Asked]:
    """The latest value of a laboratory item, at cutoffs for which a case is open anyway."""
    for at in asked:
        case = case_of[at.cutoff]
        name = rng.choice(_LOOKED_UP)
        found = case.select(
            "SELECT l.valuenum, l.valueuom, l.charttime, l.itemid, l.specimen_id "
            "FROM labevents AS l JOIN d_labitems USING (itemid) "
            "WHERE label = ? AND fluid = 'Blood' AND valuenum IS NOT NULL "
            "ORDER BY l.charttime DESC LIMIT 2",
            [name],
        )
        if not found.rows or (len(found.rows) == 2 and found.rows[0][2] == found.rows[1][2]):
            continue  # none, or two of one moment: there is no one latest value
        value, unit, _, itemid, specimen = found.rows[0]
        yield Asked(
            "latest_lab", at.subject_id, at.cutoff, f"What was the latest {name}?", float(value),
            "number", at.hadm_id, unit=unit, tolerance=_TOLERANCE,
            gold_rows=(("labevents", {"itemid": itemid, "specimen_id": specimen}),),
        )  # fmt: skip
