"""The structure probe finds each leak that was planted, and none where none was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinseek.validity.probe.cells import cells_of
from clinseek.validity.probe.notes import note_lines
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


def drawn(truths: list[str], states: list[str] | None = None) -> Questions:
    """Questions of one patient each, with three cells of noise."""
    number = len(truths)
    cells = np.random.default_rng(3).random((number, 3)).astype(np.float32)
    return Questions(("a", "b", "c"), cells, truths, list(range(number)), states or [""] * number)


def test_where_the_state_tells_the_answer_there_is_nothing_to_compare() -> None:
    truths = ["yes" if number % 2 else "no" for number in range(60)]
    found = probe_structure("los_3d", "available", drawn(truths, states=truths), seed=0)
    assert (found.auroc, found.low, found.p) == (None, None, None)
    assert found.untold == "no two patients in the same state to compare"


def test_where_no_model_can_be_fitted_there_is_no_auroc_but_each_cell_is_tested() -> None:
    number, seed = 40, 0
    half = np.random.default_rng(seed).permutation(number)
    truths = ["yes" if place < number / 2 else "no" for place in half]
    found = probe_structure("los_3d", "available", drawn(truths), seed=seed)
    assert (found.auroc, found.low, found.high) == (None, None, None)
    assert found.p is not None
    assert found.untold is None


def test_a_cell_that_tells_only_that_more_is_to_come_is_found_in_the_first_questions() -> None:
    """Half of the patients come back, and a cell says so: among those asked as often all agree."""
    truths, patients, cells = [], [], []
    for patient in range(60):
        comes_back = patient % 2 == 0
        truths.append("yes" if comes_back else "no")
        cells.append([float(comes_back)])
        patients.append(patient)
        if comes_back:
            truths.append("no")
            cells.append([0.0])
            patients.append(patient)
    questions = Questions(
        ("poe.poe_seq: numbers without a row",), np.array(cells, dtype=np.float32), truths,
        patients, [""] * len(truths),
    )  # fmt: skip
    found = probe_structure("readmission_30d", "available", questions, seed=0)
    assert found.p is not None
    assert found.p < 0.001
    (cell,) = found.cells
    assert cell.name == "poe.poe_seq: numbers without a row"


def test_a_test_with_few_to_exchange_is_weak_and_says_so() -> None:
    truths = ["yes" if number % 2 else "no" for number in range(60)]
    states = [str(number) for number in range(20)] + [""] * 40
    found = probe_structure("los_3d", "available", drawn(truths, states=states), seed=0)
    assert (found.patients, found.exchangeable, found.weak) == (60, 40, True)
    told = list(note_lines(report_of(found)))
    assert any("a weak test" in line and line.endswith(": los_3d") for line in told)
    assert not probe_structure("los_3d", "available", drawn(truths), seed=0).weak


def report_of(*structure: Structure) -> ProbeReport:
    """A report of structures alone, of a cohort said to be independent."""
    return ProbeReport(
        store="store", fingerprint="", profiles=("available",), independent=True, patients=60,
        seed=0, cases=60, unopened=0, seconds=1.0, direct=(), structure=structure, skipped={},
    )  # fmt: skip


def test_a_signal_that_follows_illness_is_told_apart_in_the_verdict() -> None:
    follows = Structure("next_care_unit", "available", 9, 9, 9, p=0.0001, p_corrected=0.0001)
    quiet = Structure("los_3d", "available", 9, 9, 9, p=0.5, p_corrected=0.5)
    report = report_of(follows, quiet)
    assert report.holds is True
    told = list(note_lines(report))
    assert any(line.startswith("\u2020 next_care_unit follows the illness") for line in told)
    assert any(
        line.endswith("no signal in the structure for the 1 outcome tested") for line in told
    )
    leak = Structure("los_3d", "available", 9, 9, 9, p=0.0001, p_corrected=0.0001)
    assert report_of(follows, leak).holds is False
    assert len(report_of(follows, leak).failures) == 1


def test_independence_is_told_to_be_the_users_word() -> None:
    quiet = Structure("los_3d", "available", 9, 9, 9, p=0.5, p_corrected=0.5)
    assert "is your statement (--independent)" in list(note_lines(report_of(quiet)))[-1]


def test_structures_that_were_not_probed_are_told_by_reason() -> None:
    why = "no cell differs between patients"
    told = note_lines(
        report_of(*(Structure(name, "available", 9, untold=why) for name in ("los_3d", "los_7d")))
    )
    lines = [line for line in told if why in line]
    assert lines == [f"structure not probed, no pass: {why}: los_3d, los_7d"]


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
