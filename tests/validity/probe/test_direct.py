"""The direct probe: what look-ups find, and how their ends are told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.direct import Trial, Tried, count
from clinseek.validity.probe.lookups import LOOK_UPS
from clinseek.validity.probe.report import ProbeReport, as_json
from clinseek.validity.probe.run import Progress, probe
from tests.validity.probe.broken import broken, dischtime_shown

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


def test_a_failing_query_is_told_apart_from_one_that_finds_nothing(report: ProbeReport) -> None:
    by_profile = {
        found.profile: next(
            each for each in found.look_ups if each.name == "head of the note in admissions"
        )
        for found in report.direct
        if found.outcome == "in_hospital_death"
    }
    known = by_profile["available"]
    assert (known.nothing, known.failed) == (0, known.asked)
    assert known.errors == {"no such column: a.text": known.asked}
    assert by_profile["reference"].failed == 0


def test_no_other_look_up_fails_on_a_store_with_every_table(report: ProbeReport) -> None:
    errors = {error for found in report.direct for each in found.look_ups for error in each.errors}
    assert errors == {"no such column: a.text"}


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
    assert not report.holds
    (failure,) = report.failures
    assert failure.startswith("available: los_3d can be read off by 'dischtime' in ")
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
    ],
)
def test_what_cannot_be_probed_is_refused(
    independent: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        probe(independent, structure=False, **options)  # type: ignore[arg-type]
