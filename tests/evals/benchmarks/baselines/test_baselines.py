"""Baselines: they learn from other patients alone, and know what the case at the cutoff knows."""

import random
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.baselines import (
    PREDICTORS,
    baseline_page,
    baseline_table,
    check_folds,
    features_of_rows,
    fold_of,
    window_features,
)
from clinseek.evals.benchmarks.baselines.measuring import ALL, answered_by
from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from tests.cli.conftest import CUTOFF, SUBJECT, write_raw

FOLDS = 5


def _row(subject_id: int, label: Any, *, task: str = "death", number: int = 0) -> Row:
    polar = isinstance(label, str)
    return Row(
        qid=f"{task}-{subject_id}-{number}", subject_id=subject_id, cutoff="2150-03-05 08:00:00",
        task=task, task_type="risk_prediction" if polar else "decision_making",
        question="What comes?", answer_form="yes_no" if polar else "list", label=label,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    from clinseek.toolkits.ehr.store import ingest

    ingest([write_raw(tmp_path / "raw")], tmp_path / "store")
    return Store.open(tmp_path / "store")


def test_no_patient_is_in_two_folds_and_every_fold_has_some() -> None:
    folds = {patient: fold_of(patient, FOLDS) for patient in range(10_000_000, 10_000_500)}
    assert set(folds.values()) == set(range(FOLDS))
    assert folds == {patient: fold_of(patient, FOLDS) for patient in folds}


def test_the_majority_is_that_of_other_patients() -> None:
    # Two patients of other folds, each of another answer: each is told the other's.
    one, other = 1, next(n for n in range(2, 50) if fold_of(n, FOLDS) != fold_of(1, FOLDS))
    rows = [_row(one, "yes", number=n) for n in range(5)] + [_row(other, "no")]
    scores = answered_by("majority", rows, {}, folds=FOLDS)
    assert [each.score for each in scores] == [0.0] * 6


def test_the_frequent_names_are_as_many_as_do_best_on_other_patients() -> None:
    rows = [
        _row(
            patient, ["Sodium", "Potassium"] if patient % 4 else ["Sodium", "Lactate"], task="labs"
        )
        for patient in range(1, 41)
    ]
    (frequent,) = [
        each for each in baseline_table(rows, {}, folds=FOLDS, names=["frequency"])
        if each.task == "labs"
    ]  # fmt: skip
    assert frequent.f1.value == pytest.approx(0.75 + 0.25 * 0.5)


@pytest.mark.parametrize("name", ["logistic", "boosting"])
def test_a_learner_finds_what_the_features_tell_and_nothing_where_they_do_not(name: Any) -> None:
    drawn = random.Random(4)
    truth = {patient: drawn.random() < 0.4 for patient in range(1, 201)}
    rows = [_row(patient, "yes" if sick else "no") for patient, sick in truth.items()]
    telling = {
        row.qid: {"high:lactate": 2.0 + 3 * truth[row.bound[0]] + drawn.random()} for row in rows
    }
    empty = {row.qid: {"high:lactate": drawn.random()} for row in rows}
    learnt, guessed = (
        next(each for each in baseline_table(rows, held, names=[name]) if each.task == ALL)
        for held in (telling, empty)
    )
    assert learnt.auroc is not None
    assert guessed.auroc is not None
    assert learnt.auroc.value > 0.98
    assert 0.35 < guessed.auroc.value < 0.65


def test_learners_leave_tasks_alone_that_they_are_not_made_for() -> None:
    rows = [_row(patient, ["Sodium"], task="labs") for patient in range(1, 21)]
    few = [_row(patient, "yes" if patient == 1 else "no") for patient in range(1, 21)]
    for name in ("logistic", "boosting"):
        assert baseline_table([*rows, *few], {}, names=[name]) == []
    assert baseline_table(few, {}, names=["frequency"]) == []


def test_features_are_of_the_case_at_the_cutoff(store: Store) -> None:
    with_future = open_case(store, SUBJECT, cutoff="2150-03-08 00:00:00")
    at_cutoff = open_case(store, SUBJECT, cutoff=CUTOFF)
    try:
        later, now = window_features(with_future), window_features(at_cutoff)
    finally:
        with_future.close()
        at_cutoff.close()
    assert (now["n:labevents:all"], later["n:labevents:all"]) == (2.0, 3.0)
    assert (now["last:labevents:50971"], now["low:labevents:50971"]) == (5.9, 4.4)
    assert now["n:labevents:6"] == 1.0
    assert now["since:admissions"] == 46.0
    assert now["male"] == 0.0


def test_rows_of_one_patient_get_the_features_of_their_own_cutoffs(store: Store) -> None:
    early = _row(SUBJECT, "yes", number=1).model_copy(update={"cutoff": "2150-03-04 08:00:00"})
    late = _row(SUBJECT, "no", number=2)
    heard: list[tuple[int, int]] = []
    found = features_of_rows(
        store, [late, early], progress=lambda done, total: heard.append((done, total))
    )
    assert found[early.qid]["n:labevents:all"] == 1.0
    assert found[late.qid]["n:labevents:all"] == 2.0
    assert heard == [(1, 2), (2, 2)]


def test_the_page_has_a_dash_where_a_baseline_is_not_made_for_a_task() -> None:
    rows = [_row(patient, "yes" if patient % 3 else "no") for patient in range(1, 31)]
    labs = [_row(patient, ["Sodium"], task="labs") for patient in range(1, 31)]
    found = baseline_table([*rows, *labs], {}, names=["majority", "frequency"])
    page = baseline_page(found, rows_file="rows.jsonl", folds=5)
    assert "| task | rows | majority | frequency |" in page
    assert "| death | 30 | 66.7 (" in page
    (death,) = [line for line in page.splitlines() if line.startswith("| death |")]
    assert death.endswith("| - |")


def test_folds_that_cannot_be_made_are_told() -> None:
    rows = [_row(1, "yes"), _row(2, "no")]
    with pytest.raises(SettingError, match="no more than the 2 patients"):
        check_folds(rows, 5)
    cohort = Row(qid="c", task="t", question="?", scope="cohort")
    with pytest.raises(SettingError, match="1 rows name no patient"):
        check_folds([*rows, cohort], 2)


def test_every_baseline_is_named() -> None:
    assert list(PREDICTORS) == ["majority", "frequency", "logistic", "boosting"]
