"""The synthetic benchmark: a store and rows out of nothing, by which everything can be tried."""

import re
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.synthetic import (
    PreparedSynthetic,
    prepare_synthetic,
)
from clinseek.evals.benchmarks.synthetic.prepare import synthetic_rows
from clinseek.evals.curated import package
from clinseek.evals.curated.package import events
from clinseek.evals.rows import Row, read_rows
from clinseek.toolkits.ehr.case import open_case

PATIENTS, PER_TASK = 10, 3


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedSynthetic:
    out = tmp_path_factory.mktemp("bench") / "made"
    return prepare_synthetic(out, patients=PATIENTS, per_task=PER_TASK, seed=3)


@pytest.fixture(scope="module")
def rows(prepared: PreparedSynthetic) -> list[Row]:
    return [row for file in prepared.files.values() for row in read_rows(file)]


def test_it_makes_a_store_and_three_files(prepared: PreparedSynthetic) -> None:
    assert set(prepared.files) == {"risk", "decision", "lookup"}
    assert all(prepared.rows[name] == len(read_rows(file)) for name, file in prepared.files.items())
    left = {path.name for path in prepared.store.parent.iterdir()}
    assert left == {"store", "risk.jsonl", "decision.jsonl", "lookup.jsonl"}


def test_risk_rows_have_both_labels(rows: list[Row]) -> None:
    risk = [row for row in rows if row.task_type == "risk_prediction"]
    assert {row.label for row in risk} == {"yes", "no"}
    assert all(row.candidates == ["yes", "no"] for row in risk)
    assert max(Counter(row.task for row in risk).values()) == PER_TASK


def test_candidates_hold_every_answer_and_are_the_same_for_every_row(rows: list[Row]) -> None:
    decision = [row for row in rows if row.task_type == "decision_making"]
    assert len({row.task for row in decision}) == 3
    for row in decision:
        assert row.candidates is not None
        assert isinstance(row.label, list)
        assert set(map(str, row.label)) <= set(row.candidates)
    for task in {row.task for row in decision}:
        assert len({tuple(row.candidates or ()) for row in decision if row.task == task}) == 1


def test_look_ups_name_the_row_on_which_their_answer_stands(
    prepared: PreparedSynthetic, rows: list[Row]
) -> None:
    look_ups = [row for row in rows if row.task_type == "look_up"]
    assert look_ups
    for row in look_ups:
        assert row.gold_rows is not None
        key = row.gold_rows[0].key
        with closing(open_case(prepared.store, row.bound[0], cutoff=row.bound[1])) as case:
            found = case.select(
                "SELECT valuenum, valueuom FROM labevents WHERE itemid = ? AND specimen_id = ?",
                [key["itemid"], key["specimen_id"]],
            ).rows
        assert found == [(row.label, row.unit)]


def test_the_package_is_rendered_from_the_case_at_the_same_cutoff(
    prepared: PreparedSynthetic, rows: list[Row]
) -> None:
    for row in rows[:: len(rows) // 4]:
        with closing(open_case(prepared.store, row.bound[0], cutoff=row.bound[1])) as case:
            assert row.curated_evidence == package(case)
            held = events(case)
        first = str(datetime.fromisoformat(row.bound[1]) - timedelta(hours=24))
        assert len(held) <= 100
        assert all(first[: len(event.time)] <= event.time <= row.bound[1] for event in held)
        assert [event.time for event in held] == sorted(event.time for event in held)


def test_a_package_of_fewer_events_holds_the_newest(
    prepared: PreparedSynthetic, rows: list[Row]
) -> None:
    row = max(rows, key=lambda row: len(row.curated_evidence or ""))
    with closing(open_case(prepared.store, row.bound[0], cutoff=row.bound[1])) as case:
        every, few = events(case), events(case, most=5)
        told = package(case, most=5)
    assert few == every[-5:]
    in_header = r"^## (?!Admissions|Discharge).* \["
    assert len(re.findall(in_header, told, re.MULTILINE)) == 5


def test_no_question_holds_evidence(rows: list[Row]) -> None:
    assert all("\n" not in row.question for row in rows)
    assert len({row.qid for row in rows}) == len(rows)


def test_the_same_seed_draws_the_same_rows(prepared: PreparedSynthetic) -> None:
    again = synthetic_rows(prepared.store, per_task=PER_TASK, seed=3)
    for name, file in prepared.files.items():
        assert again[name] == read_rows(file)


def test_a_folder_that_holds_a_benchmark_is_not_written_over(prepared: PreparedSynthetic) -> None:
    with pytest.raises(SettingError, match="holds a store already"):
        prepare_synthetic(prepared.store.parent)
