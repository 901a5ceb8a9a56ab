"""`demo`: from nothing to cited answers, and what to type next."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

SMALL = ("--patients", "20", "--seed", "5")


def questions_of(out: str) -> list[str]:
    return re.findall(r"^Question \d \(.+\): (.*)$", out, re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo of this module lies."""
    return tmp_path_factory.mktemp("demo") / "a place"


def test_three_different_questions_are_asked_and_answered_with_evidence(
    clinseek: CommandLine, place: Path
) -> None:
    ran = clinseek("demo", *SMALL, "--folder", place)
    assert ran.code == 0
    assert len(set(questions_of(ran.out))) == 3
    ends = re.findall(r"^(answered|abstained) \(finish\)", ran.out, re.MULTILINE)
    assert len(ends) == 3
    cited = set(re.findall(r"\bE\d+#(\d+)", ran.out))
    assert cited
    assert all(re.search(rf"^\s*{row}\s", ran.out, re.MULTILINE) for row in cited)
    assert "turn 1" in ran.err


def test_it_ends_with_what_to_type_next_and_that_can_be_typed(
    clinseek: CommandLine, place: Path
) -> None:
    told = clinseek("demo", *SMALL, "--folder", place).out
    assert "https://physionet.org/files/mimic-iv-demo/2.2/" in told
    joined = told.replace("\\\n", " ")
    for line in re.findall(r"clinseek ((?:show|ask) .*)$", joined, re.MULTILINE):
        assert clinseek(*shlex.split(line)).code == 0, line


def test_a_second_demo_uses_the_cohort_that_is_there(clinseek: CommandLine, place: Path) -> None:
    first = clinseek("demo", *SMALL, "--folder", place)
    again = clinseek("demo", *SMALL, "--folder", place)
    assert "is there already" in again.err
    assert questions_of(again.out) == questions_of(first.out)


def test_another_seed_asks_other_questions(clinseek: CommandLine, place: Path) -> None:
    first = clinseek("demo", *SMALL, "--folder", place)
    other = clinseek("demo", "--patients", "20", "--seed", "6", "--folder", place / "other")
    assert questions_of(other.out) != questions_of(first.out)


def test_the_files_of_a_folder_that_is_not_a_demos_are_kept(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    mine = tmp_path / "project" / "raw" / "thesis.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("years of work")
    ran = clinseek("demo", *SMALL, "--folder", tmp_path / "project")
    assert ran.code == 2
    assert "holds what no demo wrote (raw)" in ran.err
    assert mine.read_text() == "years of work"


def test_a_file_put_beside_what_a_stopped_demo_made_is_kept(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    mine = tmp_path / "raw" / "thesis.csv"
    mine.parent.mkdir()
    mine.write_text("years of work")
    (tmp_path / "demo.json").write_text(json.dumps({"seed": 5, "patients": 20}))
    ran = clinseek("demo", *SMALL, "--folder", tmp_path)
    assert ran.code == 2
    assert "thesis.csv" in ran.err
    assert mine.read_text() == "years of work"


def test_a_demo_that_was_stopped_half_way_is_made_anew(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"seed": 5, "patients": 20}))
    (tmp_path / "raw" / "hosp").mkdir(parents=True)
    (tmp_path / "raw" / "hosp" / "patients.csv.gz").write_bytes(b"half")
    ran = clinseek("demo", *SMALL, "--folder", tmp_path)
    assert ran.code == 0
    assert len(questions_of(ran.out)) == 3


def test_the_cohort_of_another_seed_is_not_taken_for_the_one_asked_for(
    clinseek: CommandLine, place: Path
) -> None:
    clinseek("demo", *SMALL, "--folder", place)
    ran = clinseek("demo", "--patients", "20", "--seed", "6", "--folder", place)
    assert ran.code == 2
    assert "another demo" in ran.err


def test_a_file_is_no_folder_for_a_demo(clinseek: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert clinseek("demo", "--folder", tmp_path / "file").code == 2
