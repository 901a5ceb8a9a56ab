"""`clinseek bench build | tasks`, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinseek.evals.rows import read_rows
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from tests.cli.conftest import CommandLine

TASKS = "labevents,Readmission_30day,agentehr_transfers"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cohort")
    synthesise(place / "raw", patients=6, seed=2)
    ingest([place / "raw"], place / "store")
    return place / "store"


def test_it_writes_rows_that_eval_reads_and_a_card(
    clinseek: CommandLine, cohort: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bench"
    ran = clinseek(
        "bench", "build", "--store", cohort, "--tasks", TASKS, "--per-task", 2, "--jobs", 1,
        "--prevalence", "natural", "--out", out,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert {file.name for file in out.iterdir()} == {"rows.jsonl", "card.json", "card.md"}
    rows = read_rows(out / "rows.jsonl")
    assert {"labevents", "Readmission_30day"} <= {row.task for row in rows}
    assert f"{out / 'rows.jsonl'}: {len(rows)} rows" in ran.out
    assert "clinseek eval" in ran.out
    done = clinseek(
        "eval", out / "rows.jsonl", "--store", cohort, "--model", "offline", "--out",
        tmp_path / "run",
    )  # fmt: skip
    assert done.code == 0, done.err


def test_as_json_it_gives_the_card(clinseek: CommandLine, cohort: Path, tmp_path: Path) -> None:
    ran = clinseek(
        "bench", "build", "--store", cohort, "--tasks", "services", "--per-task", 500,
        "--jobs", 1, "--out", tmp_path / "bench", "--json",
    )  # fmt: skip
    told = json.loads(ran.out)
    task = told["card"]["tasks"]["services"]
    assert task["rows"] == task["questions"] - sum(task["dropped"].values())
    assert any("all" in remark and "were taken" in remark for remark in task["remarks"])


def test_a_mistyped_task_is_told_and_nothing_is_written(
    clinseek: CommandLine, cohort: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "bench", "build", "--store", cohort, "--tasks", "labevent", "--out", tmp_path / "bench"
    )
    assert ran.code == 2
    assert "did you mean labevents?" in ran.err
    assert not (tmp_path / "bench").exists()


def test_no_task_at_all_is_told(clinseek: CommandLine, cohort: Path, tmp_path: Path) -> None:
    ran = clinseek("bench", "build", "--store", cohort, "--tasks", ",", "--out", tmp_path / "b")
    assert ran.code == 2
    assert "names no task" in ran.err


def test_a_folder_that_cannot_be_written_is_told_before_the_work(
    clinseek: CommandLine, cohort: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for out, told in (
        (tmp_path / "file" / "bench", "cannot be written"),
        (tmp_path / "file", "is there already"),
        (cohort, "is there already"),
    ):
        ran = clinseek("bench", "build", "--store", cohort, "--tasks", "services", "--out", out)
        assert ran.code == 2
        assert told in ran.err
        assert "Traceback" not in ran.err


def test_where_no_row_comes_of_it_the_reason_is_told_and_nothing_stays(
    clinseek: CommandLine, cohort: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "bench", "build", "--store", cohort, "--tasks", "prescriptions_atc", "--jobs", 1,
        "--out", tmp_path / "bench",
    )  # fmt: skip
    assert ran.code == 2
    assert "no prescriptions_atc_candidates" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_tasks_are_listed_and_defined(clinseek: CommandLine) -> None:
    assert "ED_Reattendance_3day" in clinseek("bench", "tasks").out
    assert "- Anchor: every row of admissions" in clinseek("bench", "tasks", "--page").out
    told = json.loads(clinseek("bench", "tasks", "--json").out)
    assert len(told) == 55
    assert all(each["drops"][0]["sql"].startswith("SELECT") for each in told)
