"""Tasks of the next event: all names of one moment, asked right before it."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clinseek.evals.benchmarks.tasks import TASKS
from clinseek.evals.benchmarks.tasks.asking import MANY, NOT_BEGUN, OVER, SEVERAL, UNNAMED
from clinseek.evals.benchmarks.tasks.code_book import padded_ndc
from clinseek.evals.benchmarks.tasks.model import Asked
from tests.evals.benchmarks.tasks.made_records import SUBJECT, Rows, admission, at, book, record


def asked(name: str, pool: set[str] | None = None, **tables: Rows) -> Asked:
    pools = {name: frozenset(pool)} if pool is not None else {}
    with book() as of:
        return TASKS[name].ask(record(tables, of=of, pools=pools))


def lab(
    itemid: int, charttime: str = "2150-03-02 06:00", hadm_id: int | None = 20
) -> dict[str, Any]:
    return {"itemid": itemid, "charttime": at(charttime), "hadm_id": hadm_id}


def test_a_draw_is_asked_for_as_a_whole_and_a_second_before_it() -> None:
    found = asked("labevents", labevents=[lab(50971), lab(50912), lab(50912)])
    assert [(one.cutoff, one.label, one.hadm_id) for one in found.questions] == [
        ("2150-03-02 05:59:59", ("Creatinine", "Potassium"), 20)
    ]
    assert asked("agentehr_labevents", labevents=[lab(50971)]).questions[0].cutoff == (
        "2150-03-02 05:59:00"
    )


def test_a_draw_with_an_item_without_a_name_is_left_out_and_counted() -> None:
    found = asked(
        "labevents",
        labevents=[
            lab(50971),
            lab(50000),
            lab(50971, "2150-03-03 06:00"),
            lab(50971, hadm_id=None),
        ],
    )
    assert [one.cutoff for one in found.questions] == ["2150-03-03 05:59:59"]
    assert found.left_out == {UNNAMED: 1}


def test_a_name_outside_of_the_pool_leaves_its_moment_out() -> None:
    orders = [
        {"hadm_id": 20, "ordertime": at("2150-03-02 06:00"), "order_type": kind}
        for kind in ("Lab", "Rare")
    ]
    assert asked("poe", {"Lab", "Rare"}, poe=orders).questions[0].label == ("Lab", "Rare")
    assert asked("poe", {"Lab"}, poe=orders).left_out == {UNNAMED: 1}


def test_ten_charted_items_are_too_many() -> None:
    def charted(number: int) -> list[dict[str, Any]]:
        return [
            {"stay_id": 30, "charttime": at("2150-03-02 06:00"), "itemid": item}
            for item in range(1, number + 1)
        ]

    assert len(asked("chartevents", chartevents=charted(9)).questions[0].label) == 9
    assert asked("chartevents", chartevents=charted(10)).left_out == {MANY: 1}


def test_one_answer_is_asked_for_only_where_there_is_one() -> None:
    moves = [
        {"hadm_id": 20, "intime": at("2150-03-02 06:00"), "eventtype": kind, "careunit": "Medicine"}
        for kind in ("admit", "transfer")
    ]
    assert asked("transfers", transfers=moves).left_out == {SEVERAL: 1}
    assert asked("transfers", transfers=moves[1:]).questions[0].label == ("transfer",)
    assert asked("agentehr_transfers", transfers=moves).questions[0].label == ("Medicine",)


def test_the_next_event_is_the_only_kind_at_its_moment() -> None:
    found = asked(
        "next_event",
        labevents=[lab(50971), lab(50971, "2150-03-03 06:00")],
        poe=[{"hadm_id": 20, "ordertime": at("2150-03-02 06:00"), "order_type": "Lab"}],
    )
    assert [(one.cutoff, one.label) for one in found.questions] == [
        ("2150-03-03 05:59:59", ("labevents",))
    ]
    assert found.left_out == {SEVERAL: 1}


def test_a_prescription_is_asked_for_before_its_order_not_before_its_start() -> None:
    rows: list[dict[str, Any]] = [
        {"hadm_id": 20, "poe_id": "a", "pharmacy_id": 1, "drug": "Ordered",
         "starttime": at("2150-03-03 08:00")},
        {"hadm_id": 20, "poe_id": None, "pharmacy_id": 1, "drug": "Entered",
         "starttime": at("2150-03-03 08:00")},
        {"hadm_id": 20, "poe_id": None, "pharmacy_id": None, "drug": "Started",
         "starttime": at("2150-03-03 08:00")},
    ]  # fmt: skip
    found = asked(
        "prescriptions",
        prescriptions=rows,
        poe=[{"poe_id": "a", "ordertime": at("2150-03-02 07:00")}],
        pharmacy=[{"pharmacy_id": 1, "entertime": at("2150-03-02 07:30")}],
    )
    assert [(one.cutoff, one.label) for one in found.questions] == [
        ("2150-03-02 06:59:59", ("Ordered",)),
        ("2150-03-02 07:29:59", ("Entered",)),
        ("2150-03-03 07:59:59", ("Started",)),
    ]


def test_drugs_without_a_class_are_left_away_unless_none_has_one() -> None:
    def given_at(time: str, ndc: str) -> dict[str, Any]:
        return {"hadm_id": 20, "starttime": at(time), "ndc": ndc}

    found = asked(
        "agentehr_prescriptions",
        prescriptions=[
            given_at("2150-03-02 08:00", "338004904"),
            given_at("2150-03-02 08:00", "0"),
            given_at("2150-03-02 09:00", "0"),
        ],
    )
    assert [(one.cutoff, one.label) for one in found.questions] == [
        ("2150-03-02 07:59:00", ("Electrolytes",))
    ]
    assert found.left_out == {UNNAMED: 1}


def test_procedures_of_a_day_are_asked_for_within_their_admission() -> None:
    def performed(day: date) -> dict[str, Any]:
        return {"hadm_id": 20, "chartdate": day, "icd_code": "5A1", "icd_version": 10}

    days = [performed(date(2150, 3, day)) for day in (1, 2, 6)]
    with book() as of:
        held = record({"procedures_icd": days, "admissions": [admission()]}, of=of)
        before = TASKS["procedures_icd"].ask(held)
        late = TASKS["agentehr_procedures_ccs"].ask(held)
    assert [one.cutoff for one in before.questions] == [
        "2150-03-01 23:59:59",
        "2150-03-05 23:59:59",
    ]
    assert before.left_out == {NOT_BEGUN: 1}
    assert [one.cutoff for one in late.questions] == ["2150-03-01 23:58:00", "2150-03-02 23:58:00"]
    assert late.left_out == {OVER: 1}


def test_a_culture_without_an_hour_is_of_its_day() -> None:
    taken = [
        {"hadm_id": 20, "chartdate": date(2150, 3, 2), "charttime": at("2150-03-02 07:00"),
         "test_name": "URINE CULTURE"},
        {"hadm_id": 20, "chartdate": date(2150, 3, 2), "charttime": None,
         "test_name": "BLOOD CULTURE"},
    ]  # fmt: skip
    found = asked("microbiologyevents", microbiologyevents=taken)
    assert [(one.cutoff, one.label) for one in found.questions] == [
        ("2150-03-01 23:59:59", ("BLOOD CULTURE",)),
        ("2150-03-02 06:59:59", ("URINE CULTURE",)),
    ]
    day = asked("agentehr_microbiologyevents", microbiologyevents=taken).questions
    assert [(one.cutoff, one.label) for one in day] == [
        ("2150-03-01 23:59:00", ("BLOOD CULTURE", "URINE CULTURE"))
    ]


def test_emergency_diagnoses_are_named_by_the_title_of_their_code() -> None:
    found = asked(
        "diagnosis",
        edstays=[{"stay_id": 40, "outtime": at("2150-03-02 07:00")}],
        diagnosis=[{"stay_id": 40, "icd_code": "4019", "icd_version": 9, "icd_title": "HYP"}],
    )
    assert [(one.cutoff, one.label, one.stay_id) for one in found.questions] == [
        ("2150-03-02 06:59:59", ("Hyp NOS",), 40)
    ]


def test_days_of_outpatient_measurements_belong_to_no_stay() -> None:
    found = asked("omr", omr=[{"chartdate": date(2150, 3, 2), "result_name": "BMI (kg/m2)"}])
    (one,) = found.questions
    assert (one.cutoff, one.label, one.hadm_id) == (
        "2150-03-01 23:59:59", ("BMI (kg/m2)",), None,
    )  # fmt: skip
    assert SUBJECT not in (one.hadm_id, one.stay_id)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([50971, 50912, 50000]), st.integers(0, 5), st.sampled_from([20, 21])
        ),
        max_size=12,
    )
)
def test_every_draw_is_a_question_or_is_counted_as_left_out(
    drawn: list[tuple[int, int, int]],
) -> None:
    rows = [lab(item, f"2150-03-02 0{hour}:00", stay) for item, hour, stay in drawn]
    found = asked("labevents", labevents=rows)
    draws = {(hour, stay) for _, hour, stay in drawn}
    unnamed = {(hour, stay) for item, hour, stay in drawn if item == 50000}
    assert len(found.questions) == len(draws - unnamed)
    assert found.left_out[UNNAMED] == len(unnamed)


def test_a_drug_code_is_padded_as_the_published_tables_write_it() -> None:
    assert padded_ndc(" 338004904 ") == "00338004904"
