"""The direct probe: what look-ups find, and how their ends are told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.counts import count
from clinseek.validity.probe.direct import Place, Trial, Tried, lacks
from clinseek.validity.probe.lookups import LOOK_UPS
from clinseek.validity.probe.notes import note_lines
from clinseek.validity.probe.report import ProbeReport, as_json
from clinseek.validity.probe.run import Progress, probe
from clinseek.validity.probe.words import look_up_rows, table_rows
from tests.validity.probe.broken import (
    broken,
    dischtime_shown,
    never_opening,
    opening_every_other,
    without_admissions,
)

SAMPLE = 4


@pytest.fixture(scope="module")
def report(independent: Path) -> ProbeReport:
    """Every outcome of a few patients under every profile."""
    return probe(
        independent,
        profiles=["available", "strict", "event", "reference"],
        sample=SAMPLE,
        seed=2,
        structure=False,
    )


def test_nothing_is_answered_under_what_was_known(report: ProbeReport) -> None:
    held = [each for each in report.direct if each.profile in ("available", "strict")]
    assert len(held) >= 2 * (len(OUTCOMES) - len(report.skipped))
    for found in held:
        assert [look_up.name for look_up in found.look_ups if look_up.answered] == []
        assert found.answered.hits == found.right.hits == 0
    assert report.holds


@pytest.mark.parametrize(
    "outcome",
    ["in_hospital_death", "los_3d", "los_7d", "ed_admission_early", "discharge_location"],
)
def test_the_published_rule_answers_all_of_these_and_rightly(
    report: ProbeReport, outcome: str
) -> None:
    (found,) = [
        each for each in report.direct if (each.outcome, each.profile) == (outcome, "reference")
    ]
    assert found.asked > 0
    assert found.answered.value == found.right.value == 1.0


def test_every_profile_is_asked_the_same_questions(report: ProbeReport) -> None:
    for outcome in {found.outcome for found in report.direct}:
        asked = {(d.asked, d.majority) for d in report.direct if d.outcome == outcome}
        assert len(asked) == 1


def test_what_only_the_published_record_has_is_told_apart_from_finding_nothing(
    report: ProbeReport,
) -> None:
    by_profile = {
        found.profile: next(
            each for each in found.look_ups if each.name == "head of the note in admissions"
        )
        for found in report.direct
        if found.outcome == "in_hospital_death"
    }
    known = by_profile["available"]
    assert (known.nothing, known.lacking, known.failed) == (0, known.asked, 0)
    assert known.lacks == {"admissions.text": known.asked}
    assert any(
        line == "only reference has admissions.text: one look-up of in_hospital_death, icu_death, "
        "discharge_diagnoses was tried under it alone"
        for line in note_lines(report)
    )
    assert (by_profile["reference"].lacking, by_profile["reference"].failed) == (0, 0)


def test_no_look_up_fails_on_a_store_with_every_table(report: ProbeReport) -> None:
    assert {e for found in report.direct for each in found.look_ups for e in each.errors} == set()
    lacking = {each.name for found in report.direct for each in found.look_ups if each.lacking}
    assert lacking == {"head of the note in admissions"}


@pytest.mark.parametrize(
    ("error", "lacking"),
    [
        ("no such table: omr", "omr"),
        ("no such table: admissions", None),  # which the store holds: the case lost it
        ("no such table: admisions", None),
        ("no such column: dischtme", None),
        ("interrupted", None),
    ],
)
def test_only_what_the_store_does_not_hold_is_lacking(error: str, lacking: str | None) -> None:
    place = Place("available", frozenset({"admissions"}))
    assert lacks(error, LOOK_UPS["los_3d"][0], place) == lacking


def test_a_look_up_that_fails_is_a_failure_of_the_probe(independent: Path) -> None:
    report = probe(
        independent,
        profiles=["available"],
        outcomes=["los_3d"],
        sample=SAMPLE,
        seed=2,
        structure=False,
        opener=broken(without_admissions),
    )
    assert report.holds is False
    (failure,) = report.failures
    assert failure.startswith(
        "available: a look-up that fails proves nothing: no such table: admissions, "
    )
    assert "'dischtime' of los_3d and " in failure


def test_a_probe_in_which_no_case_opens_is_refused(independent: Path) -> None:
    with pytest.raises(
        SettingError,
        match="nothing could be asked under available: no case opened, since nothing was known",
    ):
        probe(
            independent,
            outcomes=["los_3d"],
            sample=SAMPLE,
            seed=2,
            structure=False,
            opener=never_opening,
        )


def test_cases_that_do_not_open_are_counted_apart_and_told(independent: Path) -> None:
    report = probe(
        independent,
        profiles=["available"],
        outcomes=["los_3d"],
        sample=12,
        opener=opening_every_other,
    )
    (found,) = report.direct
    assert 0 < found.unopened < found.asked
    assert found.look_ups[0].asked == found.asked - found.unopened == report.cases
    assert report.unopened == found.unopened
    (structure,) = report.structure
    assert structure.asked == report.cases
    (told,) = [line for line in note_lines(report) if "did not open" in line]
    assert f"los_3d {found.unopened} of {found.asked} (available)" in told


def test_only_profiles_that_promise_nothing_give_no_verdict(independent: Path) -> None:
    report = probe(
        independent,
        profiles=["reference"],
        outcomes=["los_3d"],
        sample=SAMPLE,
        seed=2,
        structure=False,
    )
    assert report.holds is None
    assert as_json(report)["holds"] is None
    assert as_json(report)["seconds"] == round(report.seconds, 1)
    assert list(note_lines(report))[-1].startswith("no verdict: nothing that must hold was asked")


def test_an_outcome_that_no_look_up_answers_is_not_exercised(independent: Path) -> None:
    both = probe(independent, outcomes=["los_3d"], sample=SAMPLE, seed=2, structure=False)
    assert both.not_exercised == []
    known = probe(
        independent,
        profiles=["available"],
        outcomes=["los_3d"],
        sample=SAMPLE,
        seed=2,
        structure=False,
    )
    assert known.not_exercised == ["los_3d"]
    assert any(
        line.startswith("not exercised, which is no pass") and line.endswith("los_3d")
        for line in note_lines(known)
    )


def test_an_undated_yes_is_weighed_against_the_majority_where_it_was_given() -> None:
    look_ups = LOOK_UPS["readmission_30d"]
    at = next(place for place, each in enumerate(look_ups) if each.undated)
    trials = [
        Trial(
            "readmission_30d", "reference", patient, "2150-03-01 00:00:00", truth, "",
            tuple(
                Tried("answered", "yes") if place == at and says else Tried("nothing")
                for place in range(len(look_ups))
            ),
        )
        for patient, (truth, says) in enumerate(
            [("yes", True), ("no", True), ("no", True), ("no", False)]
        )
    ]  # fmt: skip
    found = count(trials, settled=0).look_ups[at]
    assert (found.answered, found.right, found.constant_right) == (3, 1, 2)
    told = (found.name, "undated", 3, 1, "33 %", "-33", 1, 0, 0)
    report = ProbeReport(
        store="store", fingerprint="", profiles=("reference",), independent=False, patients=4,
        seed=0, cases=4, unopened=0, seconds=1.0, direct=(count(trials, settled=0),),
        structure=(), skipped={},
    )  # fmt: skip
    assert told in [row[2:] for row in look_up_rows(report)]
    assert any("without the limit of the question (undated)" in line for line in note_lines(report))


def test_one_answer_left_and_the_settled_share_are_told() -> None:
    nothing = tuple(Tried("nothing") for _ in LOOK_UPS["ed_admission"])
    trial = Trial("ed_admission", "available", 1, "2150-03-01 00:00:00", "no", "", nothing)
    found = count([trial], settled=3)
    assert found.one_answer
    report = ProbeReport(
        store="store", fingerprint="", profiles=("available",), independent=False, patients=1,
        seed=0, cases=1, unopened=0, seconds=1.0, direct=(found,), structure=(), skipped={},
    )  # fmt: skip
    ((*_, majority),) = table_rows(report)
    assert str(majority).endswith(" one answer")
    told = list(note_lines(report))
    assert "store: 1 patient (seed 0), 1 case, 1 s." in told[0]
    assert any("ed_admission 3 of 4 (75 %)" in line for line in told)
    assert any(line.endswith("ed_admission (no)") for line in told)
    assert told[-1] == "available: no look-up was answered for the 1 outcome asked"


def test_a_moment_of_discharge_that_is_let_in_is_a_failure(independent: Path) -> None:
    report = probe(
        independent,
        profiles=["available"],
        outcomes=["los_3d", "in_hospital_death"],
        sample=SAMPLE,
        seed=2,
        structure=False,
        opener=broken(dischtime_shown),
    )
    assert report.holds is False
    first, *others = report.failures
    assert first.startswith("available: in_hospital_death can be read off by 'admissions.dischtime")
    assert others[0].startswith("available: los_3d can be read off by 'dischtime' in ")
    (los,) = [found for found in report.direct if found.outcome == "los_3d"]
    assert los.right.value == 1.0


def test_a_hint_is_no_answer_but_a_failure() -> None:
    look_ups = LOOK_UPS["readmission_30d"]
    tried = tuple(
        Tried("answered", "yes") if look_up.hint else Tried("nothing") for look_up in look_ups
    )
    trial = Trial("readmission_30d", "available", 1, "2150-03-01 00:00:00", "yes", "", tried)
    found = count([trial], settled=0)
    assert found.answered.hits == 0
    assert sum(each.answered for each in found.look_ups) == sum(each.hint for each in look_ups) > 0


def test_processes_give_what_one_process_gives(independent: Path) -> None:
    def of(jobs: int) -> dict[str, object]:
        told = as_json(
            probe(independent, outcomes=["los_3d"], sample=3, structure=False, jobs=jobs)
        )
        return {name: cell for name, cell in told.items() if name != "seconds"}

    assert json.dumps(of(1), default=str) == json.dumps(of(2), default=str)


def test_progress_counts_patients_and_cases(independent: Path) -> None:
    told: list[Progress] = []
    report = probe(
        independent, outcomes=["los_3d"], sample=3, structure=False, progress=told.append
    )
    assert [(each.done, each.total) for each in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1].cases == report.cases


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profiles": ["published"]}, "no profile 'published'"),
        ({"outcomes": ["sepsis"]}, "no outcome 'sepsis'"),
        ({"sample": 0}, "--sample 0 draws no patient"),
        ({"independent": True}, "--independent speaks of the structure probe"),
    ],
)
def test_what_cannot_be_probed_is_refused(
    independent: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        probe(independent, structure=False, **options)  # type: ignore[arg-type]
