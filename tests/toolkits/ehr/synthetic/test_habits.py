"""The habits of the clocks and the answers to the benchmark's questions, read from the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from .conftest import Cohort

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Label = Callable[[Cohort], Iterator[bool]]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _minutes(cohort: Cohort, table: str, begin: str, end: str = "storetime") -> list[float]:
    gaps = [
        (_at(row[end]) - _at(row[begin])).total_seconds() / 60
        for row in cohort[table]
        if row[end] and row[begin]
    ]
    return sorted(gaps)


def _quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


@pytest.mark.parametrize(
    ("table", "begin", "measured"),
    [
        ("labevents", "charttime", (1, 13, 65, 177, 617)),
        ("microbiologyevents", "charttime", (152, 899, 4392, 8843, 42974)),
        ("emar", "charttime", (-58, 0, 1, 23, 275)),
        ("outputevents", "charttime", (-23, -5, 17, 102, 271)),
        ("datetimeevents", "charttime", (-23, 0, 0, 120, 370)),
        ("inputevents", "starttime", (-13, 0, 5, 258, 1236)),
        ("ingredientevents", "starttime", (-14, 0, 8, 328, 1449)),
    ],
)
def test_storetimes_are_as_late_as_on_the_open_demo(
    cohort: Cohort, table: str, begin: str, measured: tuple[float, ...]
) -> None:
    lags = _minutes(cohort, table, begin)
    for share, wanted in zip((0.01, 0.1, 0.5, 0.9, 0.99), measured, strict=True):
        tolerance = max(15.0, 0.35 * abs(wanted))
        assert abs(_quantile(lags, share) - wanted) <= tolerance, (share, wanted)


def test_devices_are_stored_around_their_end(cohort: Cohort) -> None:
    after_start = _minutes(cohort, "procedureevents", "starttime")
    after_end = _minutes(cohort, "procedureevents", "endtime")
    assert 0 <= _quantile(after_start, 0.1) <= 30
    assert _quantile(after_start, 0.9) > 1500
    assert abs(_quantile(after_end, 0.5)) <= 15
    assert _quantile(after_end, 0.01) < -100


@pytest.mark.parametrize(
    ("table", "column", "low", "high"),
    [
        ("labevents", "storetime", 0.004, 0.015),
        ("microbiologyevents", "storetime", 0.001, 0.02),
        ("microbiologyevents", "charttime", 0.02, 0.10),
        ("prescriptions", "poe_id", 0.003, 0.014),
        ("labevents", "hadm_id", 0.03, 0.4),
        ("radiology", "storetime", 0.001, 0.04),
    ],
)
def test_missing_cells_are_as_rare_as_they_should_be(
    cohort: Cohort, table: str, column: str, low: float, high: float
) -> None:
    rows = cohort[table]
    share = sum(not row[column] for row in rows) / len(rows)
    assert low <= share <= high


def test_drugs_are_planned_ahead_and_entered_late(cohort: Cohort) -> None:
    ordered = {row["poe_id"]: row["ordertime"] for row in cohort["poe"]}
    gaps = sorted(
        (_at(row["starttime"]) - _at(ordered[row["poe_id"]])).total_seconds() / 60
        for row in cohort["prescriptions"]
        if row["poe_id"]
    )
    assert abs(_quantile(gaps, 0.5) - 40) <= 30
    assert abs(_quantile(gaps, 0.9) - 378) <= 130
    assert gaps[0] < -600
    bare = [row for row in cohort["pharmacy"] if len(row["starttime"]) == 10]
    assert 0.001 <= len(bare) / len(cohort["pharmacy"]) <= 0.012


def test_the_clocks_disagree_now_and_then(cohort: Cohort) -> None:
    charts = [row for row in cohort["chartevents"] if row["storetime"]]
    early = sum(row["storetime"] < row["charttime"] for row in charts) / len(charts)
    assert 0.04 <= early <= 0.2
    stopped = [row for row in cohort["prescriptions"] if row["stoptime"]]
    assert any(row["stoptime"] < row["starttime"] for row in stopped)
    edouts = {row["hadm_id"]: row["edouttime"] for row in cohort["admissions"]}
    assert any(
        row["hadm_id"] and edouts[row["hadm_id"]][:16] != row["outtime"][:16]
        for row in cohort["edstays"]
    )
    intimes = {row["stay_id"]: row["intime"] for row in cohort["edstays"]}
    assert any(row["charttime"] < intimes[row["stay_id"]] for row in cohort["pyxis"])
    assert any("." in row["storetime"] for row in cohort["procedureevents"])


def test_labs_of_the_ed_bear_the_admission_that_came_later(cohort: Cohort) -> None:
    admitted = {row["hadm_id"]: row["admittime"] for row in cohort["admissions"]}
    assert any(
        row["hadm_id"] and row["charttime"] < admitted[row["hadm_id"]]
        for row in cohort["labevents"]
    )


def test_discharge_notes_are_charted_at_midnight_of_the_day_of_discharge(cohort: Cohort) -> None:
    discharged = {row["hadm_id"]: row["dischtime"] for row in cohort["admissions"]}
    notes = cohort["discharge"]
    for note in notes:
        assert note["charttime"] == f"{discharged[note['hadm_id']][:10]} 00:00:00"
        for section in (
            "Major Surgical or Invasive Procedure:",
            "Physical Exam:",
            "Discharge Diagnosis:",
            "Discharge Disposition:",
        ):
            assert section in note["text"]
    assert any(note["storetime"] and note["storetime"] < note["charttime"] for note in notes)


def test_orders_name_each_other_and_their_numbers_run_with_time(cohort: Cohort) -> None:
    orders = {row["poe_id"]: row for row in cohort["poe"]}
    ended = [row for row in orders.values() if row["discontinued_by_poe_id"]]
    assert ended
    for row in ended:
        ending = orders[row["discontinued_by_poe_id"]]
        assert ending["discontinue_of_poe_id"] == row["poe_id"]
        assert ending["ordertime"] >= row["ordertime"]
    by_subject: dict[str, list[tuple[int, str]]] = {}
    for row in orders.values():
        by_subject.setdefault(row["subject_id"], []).append((int(row["poe_seq"]), row["ordertime"]))
    assert all(
        [time for _, time in sorted(pairs)] == sorted(time for _, time in pairs)
        for pairs in by_subject.values()
    )


def test_icu_stays_bridge_a_ward_gap_of_at_most_a_day(cohort: Cohort) -> None:
    intensive = {row["stay_id"]: 0 for row in cohort["icustays"]}
    spans = {row["stay_id"]: (row["intime"], row["outtime"]) for row in cohort["icustays"]}
    hadm = {row["stay_id"]: row["hadm_id"] for row in cohort["icustays"]}
    for row in cohort["transfers"]:
        if "Intensive" not in row["careunit"] and "(CCU)" not in row["careunit"]:
            continue
        for stay_id, (intime, outtime) in spans.items():
            if row["hadm_id"] == hadm[stay_id] and intime <= row["intime"] < outtime:
                intensive[stay_id] += 1
    assert all(intensive.values())
    assert max(intensive.values()) >= 2


def test_prescriptions_have_their_three_drug_types_and_details_of_every_kind(
    cohort: Cohort,
) -> None:
    assert {row["drug_type"] for row in cohort["prescriptions"]} == {"MAIN", "BASE", "ADDITIVE"}
    fields = Counter(row["field_name"] for row in cohort["poe_detail"])
    for name in ("Consult Status", "Consult Status Time", "Discharge When", "Code status"):
        assert fields[name]
    assert {row["note_type"] for row in cohort["radiology"]} == {"RR", "AR"}
    assert {row["icd_version"] for row in cohort["diagnoses_icd"]} == {"9", "10"}
    assert {row["drg_type"] for row in cohort["drgcodes"]} == {"HCFA", "APR"}


def _deaths(cohort: Cohort) -> dict[str, datetime]:
    return {row["subject_id"]: _at(row["dod"]) for row in cohort["patients"] if row["dod"]}


def _hospitalised(cohort: Cohort) -> Iterator[bool]:
    for stay in cohort["edstays"]:
        yield bool(stay["hadm_id"])


def _ed_mortality(cohort: Cohort) -> Iterator[bool]:
    died = {row["hadm_id"] for row in cohort["admissions"] if row["hospital_expire_flag"] == "1"}
    for stay in cohort["edstays"]:
        yield stay["hadm_id"] in died


def _icu_soon(cohort: Cohort) -> Iterator[bool]:
    for stay in cohort["edstays"]:
        entries = [_at(r["intime"]) for r in cohort["icustays"] if r["hadm_id"] == stay["hadm_id"]]
        yield any(entry - _at(stay["outtime"]) < 12 * HOUR for entry in entries)


def _reattendance(cohort: Cohort) -> Iterator[bool]:
    for stay in cohort["edstays"]:
        later = [
            _at(row["intime"]) - _at(stay["outtime"])
            for row in cohort["edstays"]
            if row["subject_id"] == stay["subject_id"] and row["intime"] > stay["outtime"]
        ]
        yield bool(later) and min(later) < 3 * DAY


def _readmission(days: int) -> Label:
    def answers(cohort: Cohort) -> Iterator[bool]:
        for stay in cohort["admissions"]:
            later = [
                _at(row["admittime"]) - _at(stay["dischtime"])
                for row in cohort["admissions"]
                if row["subject_id"] == stay["subject_id"] and row["admittime"] > stay["dischtime"]
            ]
            yield bool(later) and min(later) < days * DAY

    return answers


def _inpatient_mortality(cohort: Cohort) -> Iterator[bool]:
    for stay in cohort["admissions"]:
        yield stay["hospital_expire_flag"] == "1"


def _length_of_stay(days: int) -> Label:
    def answers(cohort: Cohort) -> Iterator[bool]:
        for stay in cohort["admissions"]:
            length = _at(stay["dischtime"]) - _at(stay["admittime"])
            if length > DAY:
                yield length > days * DAY

    return answers


def _icu_mortality(days: int) -> Label:
    def answers(cohort: Cohort) -> Iterator[bool]:
        deaths = _deaths(cohort)
        for stay in cohort["icustays"]:
            dod = deaths.get(stay["subject_id"])
            yield dod is not None and dod - (_at(stay["intime"]) + DAY) < days * DAY

    return answers


def _icu_stay(days: int) -> Label:
    def answers(cohort: Cohort) -> Iterator[bool]:
        for stay in cohort["icustays"]:
            yield float(stay["los"]) >= days

    return answers


def _icu_readmission(cohort: Cohort) -> Iterator[bool]:
    counts = Counter(row["hadm_id"] for row in cohort["icustays"])
    for stay in cohort["icustays"]:
        yield counts[stay["hadm_id"]] > 1


def _critical(cohort: Cohort) -> Iterator[bool]:
    for died, soon in zip(_ed_mortality(cohort), _icu_soon(cohort), strict=True):
        yield died or soon


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(_hospitalised, id="ED_Hospitalization"),
        pytest.param(_ed_mortality, id="ED_Inpatient_Mortality"),
        pytest.param(_icu_soon, id="ED_ICU_Tranfer_12hour"),
        pytest.param(_reattendance, id="ED_Reattendance_3day"),
        pytest.param(_critical, id="ED_Critical_Outcomes"),
        pytest.param(_readmission(30), id="Readmission_30day"),
        pytest.param(_readmission(60), id="Readmission_60day"),
        pytest.param(_inpatient_mortality, id="Inpatient_Mortality"),
        pytest.param(_length_of_stay(3), id="LengthOfStay_3day"),
        pytest.param(_length_of_stay(7), id="LengthOfStay_7day"),
        *(pytest.param(_icu_mortality(n), id=f"ICU_Mortality_{n}day") for n in (1, 2, 3, 7, 14)),
        *(pytest.param(_icu_stay(n), id=f"ICU_Stay_{n}day") for n in (7, 14)),
        pytest.param(_icu_readmission, id="ICU_Readmission"),
    ],
)
def test_each_risk_question_has_both_answers(cohort: Cohort, label: Label) -> None:
    answers = Counter(label(cohort))
    assert answers[True] >= 2
    assert answers[False] >= 2


@pytest.mark.parametrize(
    ("table", "column", "at_least"),
    [
        ("admissions", "admission_type", 4),
        ("omr", "result_name", 4),
        ("emar", "medication", 25),
        ("procedures_icd", "icd_code", 10),
        ("diagnoses_icd", "icd_code", 30),
        ("labevents", "itemid", 40),
        ("microbiologyevents", "test_name", 7),
        ("services", "curr_service", 5),
        ("transfers", "careunit", 9),
        ("poe", "order_type", 9),
        ("prescriptions", "drug", 30),
        ("pyxis", "name", 10),
        ("medrecon", "name", 10),
        ("diagnosis", "icd_title", 25),
        ("chartevents", "itemid", 30),
        ("ingredientevents", "itemid", 5),
        ("datetimeevents", "itemid", 6),
        ("procedureevents", "itemid", 10),
        ("inputevents", "itemid", 12),
        ("outputevents", "itemid", 3),
    ],
)
def test_each_decision_question_has_many_answers(
    cohort: Cohort, table: str, column: str, at_least: int
) -> None:
    assert len({row[column] for row in cohort[table] if row[column]}) >= at_least


def test_exams_are_of_many_kinds(cohort: Cohort) -> None:
    exams = {r["field_value"] for r in cohort["radiology_detail"] if r["field_name"] == "exam_name"}
    assert len(exams) >= 8


def test_sicker_patients_stay_longer_where_outcomes_depend_on_the_illness(cohort: Cohort) -> None:
    first_lactate: dict[str, float] = {}
    for row in cohort["labevents"]:
        if row["itemid"] == "50813" and row["valuenum"] and row["hadm_id"]:
            first_lactate.setdefault(row["hadm_id"], float(row["valuenum"]))
    died = {row["hadm_id"] for row in cohort["admissions"] if row["hospital_expire_flag"] == "1"}
    dying = [value for hadm_id, value in first_lactate.items() if hadm_id in died]
    living = [value for hadm_id, value in first_lactate.items() if hadm_id not in died]
    assert sum(dying) / len(dying) > sum(living) / len(living) + 0.3
