"""The structure probe finds each leak that was planted, and none where none was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinseek.validity.probe.cells import cells_of
from clinseek.validity.probe.report import ProbeReport
from clinseek.validity.probe.run import probe
from clinseek.validity.probe.signals import Structure
from clinseek.validity.probe.structure import Questions, probe_structure
from tests.validity.probe.broken import (
    broken,
    death_not_null,
    ed_admission_named,
    lab_numbers_with_gaps,
)

OUTCOMES = ("in_hospital_death", "los_7d", "ed_admission_early")


@pytest.fixture(scope="module")
def honest(independent: Path) -> ProbeReport:
    return probe(
        independent, profiles=["available"], outcomes=OUTCOMES, sample=70, independent=True
    )


@pytest.fixture(scope="module")
def leaky(independent: Path) -> ProbeReport:
    opener = broken(lab_numbers_with_gaps, ed_admission_named, death_not_null)
    return probe(
        independent,
        profiles=["available"],
        outcomes=OUTCOMES,
        independent=True,
        opener=opener,
    )


def of(report: ProbeReport, outcome: str) -> Structure:
    return next(found for found in report.structure if found.outcome == outcome)


def test_an_honest_record_gives_no_signal(honest: ProbeReport) -> None:
    assert [found.outcome for found in honest.structure] == list(OUTCOMES)
    assert sum(found.auroc is not None for found in honest.structure) >= 2
    assert not any(found.significant for found in honest.structure)
    assert honest.holds


@pytest.mark.parametrize(
    ("outcome", "cell"),
    [
        ("los_7d", "labevents.labevent_id: numbers without a row"),
        ("ed_admission_early", "edstays.hadm_id: share not NULL"),
        ("in_hospital_death", "admissions.deathtime: share not NULL"),
    ],
)
def test_a_planted_leak_is_found_and_its_cell_is_named(
    leaky: ProbeReport, outcome: str, cell: str
) -> None:
    found = of(leaky, outcome)
    assert found.p_corrected is not None
    assert found.p_corrected < 0.01
    assert cell in [each.name for each in found.cells]
    assert any(outcome in failure and "structure" in failure for failure in leaky.failures)
    assert not leaky.holds


def test_a_signal_is_no_failure_where_outcomes_follow_illness(independent: Path) -> None:
    report = probe(
        independent,
        profiles=["available"],
        outcomes=["ed_admission_early"],
        sample=30,
        independent=False,
        opener=broken(ed_admission_named),
    )
    assert of(report, "ed_admission_early").significant
    assert [failure for failure in report.failures if "structure" in failure] == []


def test_too_few_patients_are_said_not_to_be_probed() -> None:
    questions = Questions(("a", "b"), np.zeros((3, 2), dtype=np.float32), ["yes", "no", "no"],
                          [1, 2, 3], ["", "", ""])  # fmt: skip
    found = probe_structure("los_3d", "available", questions, seed=0)
    assert (found.auroc, found.p) == (None, None)
    assert found.untold == "fewer than 10 patients for one of two answers"


def test_a_record_in_which_nothing_differs_is_said_not_to_be_probed() -> None:
    truths = ["yes" if number % 2 else "no" for number in range(40)]
    questions = Questions(
        ("a",), np.ones((40, 1), dtype=np.float32), truths, list(range(40)), [""] * 40
    )
    found = probe_structure("los_3d", "available", questions, seed=0)
    assert found.untold == "no cell differs between patients"


def test_cells_tell_what_is_there_and_no_value_and_no_time(
    independent: Path, tmp_path: Path
) -> None:
    from clinseek.toolkits.ehr.case import open_case
    from clinseek.toolkits.ehr.store import Store

    store = Store.open(independent)
    subject_id = store.subjects()[0]
    first = store.read_subject(subject_id)["transfers"]["intime"].to_pylist()[0]
    case = open_case(store, subject_id, cutoff=first, folder=tmp_path)
    cells = dict(zip(*cells_of(case), strict=True))
    assert cells["transfers: rows"] == 1
    assert cells["transfers.careunit: share not NULL"] == 1
    assert cells["transfers.outtime: not NULL in the last row"] == 0
    assert cells["diagnoses_icd: rows"] == 0
    assert cells["diagnoses_icd.icd_code: share not NULL"] == -1
    assert cells["labevents.labevent_id: numbers without a row"] in (-1, 0)
