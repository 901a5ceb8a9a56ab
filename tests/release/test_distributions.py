"""What a release is held against: the contents of its wheel, and a trial for every extra."""

import tomllib
from pathlib import Path

import pytest

from release.distributions import PROMISED, faults_in, tracked_in
from release.trials import TRIALS, bound

ROOT = Path(__file__).parents[2]
DIST_INFO = "clinseek-1.dist-info/licenses/LICENSE"


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    return [name for name in tracked_in(ROOT) if "__pycache__" not in name]


def test_the_whole_package_with_its_licence_is_without_fault(tracked: list[str]) -> None:
    assert faults_in([*tracked, DIST_INFO], tracked) == []


@pytest.mark.parametrize("pattern", PROMISED)
def test_what_is_promised_and_not_there_is_told(pattern: str, tracked: list[str]) -> None:
    rest = [name for name in [*tracked, DIST_INFO] if not Path(name).match(pattern)]
    assert f"nothing like {pattern} is in it" in faults_in(rest, rest)


@pytest.mark.parametrize("foreign", ["tests/test_a.py", "docs/a.md", "clinseek/new.py"])
def test_what_no_commit_put_into_the_package_has_no_place_in_a_wheel(
    foreign: str, tracked: list[str]
) -> None:
    assert f"{foreign} is in it" in faults_in([*tracked, DIST_INFO, foreign], tracked)


@pytest.mark.parametrize("private", ["clinseek/a.sqlite", "clinseek/.env", "clinseek/x.csv.gz"])
def test_records_and_keys_are_refused_even_where_they_are_tracked(
    private: str, tracked: list[str]
) -> None:
    held = [*tracked, DIST_INFO, private]
    assert faults_in(held, held) == [f"{private} is in it"]


def test_every_extra_has_a_trial() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"core", *project["optional-dependencies"]} - {"dev"} == set(TRIALS)


def test_a_command_within_a_command_is_bound_to_the_same_patient() -> None:
    [line] = bound(["other=clinseek serve ehr {at}"], 7, "2150-01-01 08:00:00")
    assert line.endswith("--subject 7 --at '2150-01-01 08:00:00'")
