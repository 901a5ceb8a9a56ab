"""`clinseek probe`: what a person sees, what a program reads, and how it ends."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from clinseek.cli.probe import progress_line
from clinseek.validity.probe.run import Progress
from tests.cli.conftest import CommandLine
from tests.cli.test_bad_input import refused
from tests.validity.probe.broken import (
    broken,
    dischtime_shown,
    never_opening,
    without_admissions,
)

LOS = ("--outcome", "los_3d", "--direct-only", "--jobs", "1")


def test_available_and_the_published_rule_stand_side_by_side(
    clinseek: CommandLine, store: Path
) -> None:
    ran = clinseek("probe", store, *LOS)
    assert ran.code == 0
    assert "Length of stay > 3 d" in ran.out
    known, published = (
        next(
            line.split(profile)[1].split()
            for line in ran.out.splitlines()
            if f" {profile} " in line
        )
        for profile in ("available", "reference")
    )
    assert known[:3] == ["1", "0", "0"]
    assert published[:4] == ["1", "100", "%", "100"]
    assert "available: no look-up was answered for the 1 outcome asked" in ran.out
    assert "warning: profile reference shows what the published cutoff rule" in ran.err


def test_one_object_on_stdout_tells_it_all(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("probe", store, *LOS, "--profile", "reference", "--json")
    told = json.loads(ran.out)
    assert told["profiles"] == ["reference"]
    assert told["holds"] is None
    assert "reference" in told["warnings"]
    (found,) = told["direct"]
    assert found["prediction_time"] == "24 h after admittime, while still in hospital"
    assert (found["asked"], found["right"]["share"], found["majority_answer"]) == (1, 1.0, "yes")
    assert found["look_ups"][0]["name"] == "dischtime"


def test_every_look_up_can_be_seen_with_how_it_ended(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("probe", store, *LOS, "--profile", "available", "--look-ups")
    assert "order numbers to come" in ran.out
    assert ran.out.count("look-ups there could not be tried") == 1
    (lacking,) = [line for line in ran.out.splitlines() if line.startswith("the store lacks ")]
    assert "transfers" in lacking


def test_a_record_that_can_be_read_off_ends_with_1(
    clinseek: CommandLine, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = broken(dischtime_shown)
    monkeypatch.setattr("clinseek.validity.probe.run.open_case", opener)
    ran = clinseek("probe", store, *LOS, "--profile", "available")
    assert ran.code == 1
    assert "available: los_3d can be read off by 'dischtime' in 1 of 1 questions" in ran.out
    assert "THE CLAIM DOES NOT HOLD: 1 way in which the probe failed or the future was" in ran.out


def test_a_look_up_that_fails_ends_with_1(
    clinseek: CommandLine, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = broken(without_admissions)
    monkeypatch.setattr("clinseek.validity.probe.run.open_case", opener)
    ran = clinseek("probe", store, *LOS, "--profile", "available")
    assert ran.code == 1
    assert "a look-up that fails proves nothing: no such table: admissions" in ran.out


def test_a_probe_in_which_no_case_opens_is_no_pass(
    clinseek: CommandLine, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinseek.validity.probe.run.open_case", never_opening)
    bad(clinseek, store, "nothing could be asked under available: no case opened", *LOS)


def test_profiles_that_promise_nothing_end_with_0_and_no_verdict(
    clinseek: CommandLine, store: Path
) -> None:
    ran = clinseek("probe", store, *LOS, "--profile", "reference")
    assert ran.code == 0
    assert "no verdict: nothing that must hold was asked" in ran.out


def test_the_outcomes_are_listed_without_a_store(clinseek: CommandLine) -> None:
    ran = clinseek("probe", "--list")
    assert ran.code == 0
    assert "in_hospital_death" in ran.out
    assert "24 h after admittime" in ran.out


def test_independent_speaks_of_structure(clinseek: CommandLine, store: Path) -> None:
    bad(clinseek, store, "--independent speaks of the structure probe", *LOS, "--independent")


def test_progress_tells_the_stage_and_the_time_left() -> None:
    asking = Progress("patients", 5, 20, 100, 10.0)
    assert progress_line(asking) == "patient 5 of 20: 100 cases, about 30 s left"
    testing = Progress("structures", 2, 3, 100, 10.0)
    assert progress_line(testing) == "structure 2 of 3 tested, about 5 s left"


def test_outcomes_that_the_store_cannot_give_are_named_and_are_no_pass(
    clinseek: CommandLine, store: Path
) -> None:
    ran = clinseek("probe", store, *LOS, "--outcome", "ed_admission")
    assert ran.code == 0
    assert "skipped, no pass: ed_admission: the store lacks edstays" in ran.out


def test_structure_of_too_few_patients_is_no_pass(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("probe", store, "--outcome", "los_3d", "--profile", "available", "--jobs", "1")
    assert ran.code == 0
    assert "structure not probed, no pass: fewer than 10 patients" in ran.out


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_picture_is_drawn_and_is_the_same_each_time(
    clinseek: CommandLine, store: Path, tmp_path: Path, form: str
) -> None:
    pictures = [tmp_path / f"{name}.{form}" for name in ("one", "two")]
    for picture in pictures:
        assert clinseek("probe", store, *LOS, "--picture", picture).code == 0
    one, two = (picture.read_bytes() for picture in pictures)
    assert one == two
    assert one.startswith(b"\x89PNG" if form == "png" else b"<?xml")
    if form == "svg":
        assert b"Length of stay" in one
        assert b"majority answer, with 95 % interval" in one
        assert b"the published cutoff rule lets through" in one


def bad(clinseek: CommandLine, store: Path, said: str, *options: object) -> None:
    refused(clinseek("probe", store, *options), said)


def test_a_profile_that_does_not_exist(clinseek: CommandLine, store: Path) -> None:
    bad(clinseek, store, "no profile 'published'", "--profile", "published")


def test_an_outcome_that_does_not_exist(clinseek: CommandLine, store: Path) -> None:
    bad(clinseek, store, "no outcome 'sepsis'; choose of in_hospital_death", "--outcome", "sepsis")


def test_only_outcomes_that_the_store_cannot_give(clinseek: CommandLine, store: Path) -> None:
    bad(clinseek, store, "ed_admission: the store lacks edstays", "--outcome", "ed_admission")


def test_an_empty_sample(clinseek: CommandLine, store: Path) -> None:
    bad(clinseek, store, "--sample 0 draws no patient", "--sample", 0)


def test_a_sample_in_which_nothing_is_asked(clinseek: CommandLine, store: Path) -> None:
    said = "no question to ask: in_hospital_death: no patient of the sample has such a question"
    bad(clinseek, store, said, "--outcome", "in_hospital_death", "--direct-only")


def test_a_store_of_another_version(clinseek: CommandLine, store: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    shutil.copytree(store, newer)
    manifest = json.loads((newer / "manifest.json").read_text())
    (newer / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    bad(clinseek, newer, "was made by a newer clinseek")


def test_a_folder_that_is_no_store(clinseek: CommandLine, tmp_path: Path) -> None:
    bad(clinseek, tmp_path / "none", "no store at ")


@pytest.mark.parametrize(
    ("picture", "said"), [("probe.pdf", ".png or .svg"), ("none/probe.png", "there is no folder")]
)
def test_a_picture_that_cannot_be(
    clinseek: CommandLine, store: Path, tmp_path: Path, picture: str, said: str
) -> None:
    bad(clinseek, store, said, "--picture", tmp_path / picture)


def test_without_scikit_learn_it_says_what_to_install(
    clinseek: CommandLine, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    bad(clinseek, store, "pip install 'clinseek[probe]', or leave it out with --direct-only")
    assert clinseek("probe", store, *LOS).code == 0


def test_without_matplotlib_it_says_what_to_install(
    clinseek: CommandLine, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = "--picture needs matplotlib, which is not installed: pip install 'clinseek[probe]'"
    bad(clinseek, store, said, "--picture", tmp_path / "probe.png")
