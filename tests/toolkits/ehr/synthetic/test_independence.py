"""An independent cohort: what is known before an outcome does not depend on it.

When a row and a cell were known is written here by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinseek.toolkits.ehr.synthetic.catalogue.minor_diseases import ALL_DISEASES
from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, text_of
from clinseek.toolkits.ehr.synthetic.course import Course, Visit, draw_course
from clinseek.toolkits.ehr.synthetic.films.studies import plan_studies
from clinseek.toolkits.ehr.synthetic.outcomes import Fate, Outcome, draw_outcome
from clinseek.toolkits.ehr.synthetic.patient_record import desk_of, write_patient_record
from clinseek.toolkits.ehr.synthetic.record.desk import Staff
from clinseek.toolkits.ehr.synthetic.sheet import Row
from clinseek.toolkits.ehr.synthetic.streams import Identifiers, Stream

SEED = 3
IDENTIFIERS = Identifiers(SEED)
STAFF = Staff.of(SEED)
NEVER = "9999"


def _later(text: object, **gap: int) -> str:
    return (datetime.fromisoformat(str(text)) + timedelta(**gap)).isoformat(" ")


def _of(*columns: str) -> Callable[[Row], str]:
    def known(row: Row) -> str:
        return max(str(row[column]) for column in columns if row.get(column))

    return known


def _lab(row: Row) -> str:
    stored = row["storetime"] or _later(row["charttime"], days=1)
    return max(str(row["charttime"]), str(stored))


def _culture(row: Row) -> str:
    stored = row["storetime"] or _later(row["chartdate"], days=7)
    return max(str(row["charttime"] or _later(row["chartdate"], days=1)), str(stored))


KNOWN: dict[str, Callable[[Row], str]] = {
    "patients": lambda row: "",
    "omr": lambda row: _later(row["chartdate"], days=1),
    "admissions": _of("admittime"),
    "transfers": _of("intime"),
    "services": _of("transfertime"),
    "labevents": _lab,
    "microbiologyevents": _culture,
    "poe": _of("ordertime"),
    "pharmacy": _of("entertime"),
    "emar": _of("charttime", "storetime"),
    "icustays": _of("intime"),
    "chartevents": _of("charttime", "storetime"),
    "datetimeevents": _of("charttime", "storetime"),
    "outputevents": _of("charttime", "storetime"),
    "inputevents": _of("starttime", "storetime"),
    "ingredientevents": _of("starttime", "storetime"),
    "procedureevents": _of("starttime", "storetime"),
    "edstays": _of("intime"),
    "vitalsign": _of("charttime"),
    "pyxis": _of("charttime"),
    "medrecon": _of("charttime"),
    "radiology": lambda row: str(row["storetime"] or _later(row["charttime"], days=1)),
}
"""Tables with a time of their own; codes, discharge notes and the like come after the end."""

FOLLOWING = {
    "prescriptions": ("poe", "poe_id"),
    "poe_detail": ("poe", "poe_id"),
    "emar_detail": ("emar", "emar_id"),
    "radiology_detail": ("radiology", "note_id"),
    "triage": ("edstays", "stay_id"),
}
"""Tables that are known with the row they refer to."""

MASKED = {
    "patients": ("dod",),
    "admissions": ("dischtime", "deathtime", "discharge_location", "hospital_expire_flag"),
    "poe": ("discontinued_by_poe_id", "order_status"),
    "pharmacy": ("status",),
    "icustays": ("los", "last_careunit", "outtime"),
    "edstays": ("disposition",),
    "inputevents": ("amount", "statusdescription"),
    "ingredientevents": ("amount", "statusdescription"),
    "procedureevents": ("value", "statusdescription", "originalamount"),
}
"""Cells that the end of a thing decides; here never looked at."""

OWN_TIME = ("outtime", "stoptime", "endtime", "edouttime")
"""Cells that are known when the time they hold has come."""


def _known_rows(course: Course, moment: int) -> dict[str, list[Row]]:
    """What the record of this course held at the moment."""
    desk = desk_of(course, IDENTIFIERS, STAFF)
    write_patient_record(desk)
    sheet = desk.sheet
    cutoff = text_of(moment)
    known = {
        table: [row for row in sheet.of(table) if when(row) <= cutoff]
        for table, when in KNOWN.items()
    }
    for table, (parent, key) in FOLLOWING.items():
        held = {row[key] for row in known[parent]}
        known[table] = [row for row in sheet.of(table) if row.get(key) in held]
    admitted = any(
        str(row["admittime"]) <= cutoff and row["hadm_id"] for row in sheet.of("admissions")
    )
    return {
        table: sorted((_seen(table, row, cutoff, admitted) for row in rows), key=repr)
        for table, rows in known.items()
    }


def _own_time(cell: str) -> str:
    """A bare date is over at the end of its day."""
    return _later(cell, days=1) if len(cell) == len("2150-03-05") else cell


def _seen(table: str, row: Row, cutoff: str, admitted: bool) -> Row:
    seen = {column: cell for column, cell in row.items() if column not in MASKED.get(table, ())}
    for column in OWN_TIME:
        cell = seen.get(column)
        if cell and _own_time(str(cell)) > cutoff:
            seen[column] = NEVER
    if not admitted:
        seen.pop("hadm_id", None)
    if table == "poe_detail" and seen["field_name"] == "Consult Status Time":
        seen.pop("field_value")
    return seen


def _first_visit_ending(course: Course, outcome: Outcome, hadm_id: int | None) -> Course:
    """The course with another outcome of its first visit, and no further visits."""
    visit = replace(course.visits[0], outcome=replace(outcome, next_gap=None), hadm_id=hadm_id)
    death = outcome.death
    end = visit.end + 400 * DAY if death is None else death
    return replace(course, visits=(visit,), death=death, follow_up_end=end)


def _courses(wanted: Callable[[Visit], bool], number: int) -> list[Course]:
    found: list[Course] = []
    for index in range(900):
        course = draw_course(SEED, index, IDENTIFIERS, dependence="independent")
        if wanted(course.visits[0]):
            found.append(course)
        if len(found) == number:
            return found
    raise AssertionError("too few patients of that kind")


def test_a_stay_that_goes_on_or_ends_in_death_looks_the_same_until_its_end() -> None:
    rows = 0
    for course in _courses(lambda v: v.end - v.start > 2 * DAY, 25):
        outcome, hadm_id = course.visits[0].outcome, course.visits[0].hadm_id
        icu = tuple(pair for pair in outcome.icu if pair[1] < outcome.end)
        ended = replace(outcome, icu=icu)
        dying = replace(
            ended,
            end=outcome.end + 6 * DAY,
            died_in_hospital=True,
            discharge_location="DIED",
            death=outcome.end + 6 * DAY,
            coded=ALL_DISEASES["hip fracture"],
        )
        moment = outcome.end - 60
        one = _known_rows(_first_visit_ending(course, ended, hadm_id), moment)
        other = _known_rows(_first_visit_ending(course, dying, hadm_id), moment)
        assert one == other
        rows += sum(map(len, one.values()))
    assert rows > 10_000


def test_a_stay_in_the_icu_looks_the_same_until_the_patient_leaves_it() -> None:
    rows = 0
    for course in _courses(lambda v: bool(v.outcome.icu) and v.end - v.start > DAY, 25):
        outcome, hadm_id = course.visits[0].outcome, course.visits[0].hadm_id
        entry, out = outcome.icu[0]
        short = replace(outcome, icu=((entry, out),))
        long = replace(outcome, icu=((entry, out + 9 * DAY),), end=outcome.end + 12 * DAY)
        one = _known_rows(_first_visit_ending(course, short, hadm_id), out - 60)
        other = _known_rows(_first_visit_ending(course, long, hadm_id), out - 60)
        assert one == other
        rows += len(one["chartevents"])
    assert rows > 1000


def test_a_ward_stay_looks_the_same_until_the_patient_goes_to_the_icu() -> None:
    for course in _courses(lambda v: v.end - v.start > 3 * DAY and not v.outcome.icu, 15):
        outcome, hadm_id = course.visits[0].outcome, course.visits[0].hadm_id
        entry = outcome.end - DAY
        worse = replace(outcome, icu=((entry, outcome.end),))
        one = _known_rows(_first_visit_ending(course, outcome, hadm_id), entry - 60)
        other = _known_rows(_first_visit_ending(course, worse, hadm_id), entry - 60)
        assert one == other


def test_a_visit_to_the_ed_looks_the_same_until_the_patient_is_admitted_or_sent_home() -> None:
    for course in _courses(lambda v: v.hadm_id is not None and v.emergency, 25):
        visit = course.visits[0]
        outcome = visit.outcome
        assert outcome.admit is not None
        home = replace(
            outcome,
            admit=None,
            placed=None,
            end=outcome.ed_out or visit.end,
            ed_disposition="HOME",
            died_in_hospital=False,
            discharge_location=None,
            icu=(),
            death=None,
        )
        moment = outcome.admit - 60
        one = _known_rows(_first_visit_ending(course, outcome, visit.hadm_id), moment)
        other = _known_rows(_first_visit_ending(course, home, None), moment)
        assert one == other


def test_a_patient_looks_the_same_until_the_next_visit() -> None:
    for course in _courses(lambda v: v.outcome.next_gap is not None, 15):
        alone = replace(course, visits=course.visits[:1], death=None)
        alone = replace(alone, follow_up_end=course.follow_up_end)
        moment = course.visits[1].start - 60
        assert _known_rows(course, moment) == _known_rows(alone, moment)


def _unlinked(number: int, *, disease: str = "sepsis", severity: float = 0.5) -> Fate:
    return Fate(Stream("unlinked", number), False, ALL_DISEASES[disease], severity)


def test_outcomes_do_not_read_the_illness() -> None:
    for number in range(200):
        mild = _unlinked(number, disease="chest pain", severity=0.05)
        grave = _unlinked(number, disease="sepsis", severity=0.95)
        assert draw_outcome(mild, start=0, emergency=True) == draw_outcome(
            grave, start=0, emergency=True
        )


def _share(answers: list[bool]) -> float:
    return sum(answers) / len(answers)


@pytest.mark.parametrize("question", ["death", "three more days", "return within 30 days"])
def test_one_outcome_tells_nothing_of_another(question: str) -> None:
    """Groups that the record tells apart after a day in hospital have the same future."""
    stays = [
        outcome
        for number in range(9000)
        for outcome in [draw_outcome(_unlinked(number), start=0, emergency=number % 2 == 0)]
        if outcome.admit is not None and outcome.end > outcome.admit + DAY
    ]

    def answer(outcome: Outcome) -> bool:
        if question == "death":
            return outcome.died_in_hospital
        if question == "three more days":
            return outcome.end > (outcome.admit or 0) + 4 * DAY
        return outcome.next_gap is not None and outcome.next_gap < 30 * DAY

    def in_icu(outcome: Outcome) -> bool:
        return any(entry < (outcome.admit or 0) + DAY for entry, _ in outcome.icu)

    intensive = [answer(outcome) for outcome in stays if in_icu(outcome)]
    ward = [answer(outcome) for outcome in stays if not in_icu(outcome)]
    by_ed = [answer(outcome) for outcome in stays if outcome.ed_out is not None]
    planned = [answer(outcome) for outcome in stays if outcome.ed_out is None]
    assert abs(_share(intensive) - _share(ward)) < 0.05
    assert abs(_share(by_ed) - _share(planned)) < 0.05


def test_the_time_in_hospital_so_far_tells_nothing_of_the_time_left() -> None:
    stays = [
        (outcome.end - outcome.admit) / HOUR
        for number in range(9000)
        for outcome in [draw_outcome(_unlinked(number), start=0, emergency=True)]
        if outcome.admit is not None
    ]
    after = {day: [s > (day + 2) * 24 for s in stays if s > day * 24] for day in (1, 3, 6)}
    shares = [_share(answers) for answers in after.values()]
    assert max(shares) - min(shares) < 0.05


def _known_films(course: Course, moment: int) -> list[tuple[object, ...]]:
    """The chest studies taken until the moment: what they show, and where they are filed."""
    desk = desk_of(course, IDENTIFIERS, STAFF)
    write_patient_record(desk)
    return [
        (study.study_id, study.moment, study.exam, study.findings, study.films)
        for study in plan_studies(desk)
        if study.moment <= moment
    ]


def test_chest_films_look_the_same_until_the_stay_ends_or_goes_on() -> None:
    films = 0
    for course in _courses(lambda v: v.end - v.start > 2 * DAY, 40):
        outcome, hadm_id = course.visits[0].outcome, course.visits[0].hadm_id
        longer = replace(
            outcome, end=outcome.end + 6 * DAY, death=outcome.end + 6 * DAY, died_in_hospital=True
        )
        if outcome.icu and outcome.icu[-1][1] == outcome.end:
            entry = outcome.icu[-1][0]
            longer = replace(longer, icu=(*outcome.icu[:-1], (entry, longer.end)))
        moment = outcome.end - 60
        one = _known_films(_first_visit_ending(course, outcome, hadm_id), moment)
        other = _known_films(_first_visit_ending(course, longer, hadm_id), moment)
        assert one == other
        films += len(one)
    assert films > 60
