"""`clinseek bench rebuild multimodal` on the examples, and all that follows, as it is typed."""

import json
from pathlib import Path

import pytest

from clinseek.evals.runner import open_run
from tests.cli.conftest import CommandLine
from tests.evals.benchmarks.multimodal.conftest import Cohort

EXAMPLES = Path(__file__).parents[4] / "examples"
ROWS = 10
"""Three questions of EHRXQA, and two rows of each task of MedMod but one of phenotyping."""


@pytest.fixture
def asked(cohort: Cohort) -> tuple[object, ...]:
    """The command, but for its --out."""
    return (
        "bench", "rebuild", "multimodal", "--ehrxqa", EXAMPLES / "ehrxqa", "--medmod",
        EXAMPLES / "medmod", "--cxr", cohort.cxr, "--store", cohort.store,
    )  # fmt: skip


def test_the_examples_go_all_the_way_to_the_published_table(
    clinseek: CommandLine, asked: tuple[object, ...], cohort: Cohort, tmp_path: Path
) -> None:
    out = tmp_path / "mm"
    ran = clinseek(*asked, "--out", out)
    assert ran.code == 0, ran.err
    assert "rows of ehrxqa: 3 (published: 497)" in ran.out
    assert "left out: 1, asks EHRXQA's tables, whose values are shuffled" in ran.out
    assert "profile available: 0 of" in ran.out
    assert f"next: clinseek eval {out / 'rows.jsonl'} --store {cohort.store}" in ran.out

    checked = clinseek("bench", "validate", "clinseek-multimodal", "--from", out, "--json")
    told = json.loads(checked.out)
    assert (checked.code, told["found"]["rows"], told["faults"]) == (1, ROWS, [])

    run = clinseek("eval", out / "rows.jsonl", "--store", cohort.store, "--model", "offline",
                   "--out", tmp_path / "run")  # fmt: skip
    assert run.code == 0, run.err
    records = list(open_run(tmp_path / "run").records())
    assert len(records) == ROWS
    assert {record.status for record in records} <= {"answered", "abstained"}
    seen = (sum(each["path"].endswith(".jpg") for each in record.attached) for record in records)
    assert set(seen) == {1, 2}

    table = clinseek(
        "bench", "paper", "multimodal", "--rows", out / "rows.jsonl", "--store", cohort.store,
        "--models", "offline", "--settings", "automated", "--profiles", "available",
        "--out", tmp_path / "paper", "--json",
    )  # fmt: skip
    assert table.code == 0, table.err
    groups = {
        cell["group"]: cell["rows"] + cell["unscored"] for cell in json.loads(table.out)["cells"]
    }
    assert groups == {
        "cxr_finding_presence": 1, "cxr_finding_enumeration": 3, "cxr_change_comparison": 1,
        "mortality_24h": 2, "inpatient_mortality": 2, "phenotype": 1, "overall": ROWS,
    }  # fmt: skip


def test_bad_input_is_one_sentence_and_exit_2(
    clinseek: CommandLine, asked: tuple[object, ...], tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("")
    for changed, said in (
        (("--out", full), "is there already; name a new folder"),
        (("--out", tmp_path / "out", "--medmod", tmp_path / "no"), "there is no such folder"),
        (("--out", tmp_path / "out", "--split", "valid"), "dataset/valid.json of EHRXQA 1.0.0"),
        (("--out", tmp_path / "out", "--store", tmp_path / "none"), "is no store"),
        (("--out", tmp_path / "out", "--manifest", tmp_path / "no"), "there is no such file"),
        (
            ("--out", tmp_path / "out", "--manifest", full / "mine", "--split", "test"),
            "--split chooses among the rows of the sources",
        ),
        (
            ("--out", tmp_path / "out", "--manifest", full / "mine", "--per-task", 9),
            "--per-task chooses among the rows of the sources",
        ),
    ):
        ran = clinseek(*asked, *changed)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
        assert ran.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_report_is_one_json_object(
    clinseek: CommandLine, asked: tuple[object, ...], tmp_path: Path
) -> None:
    ran = clinseek(*asked, "--per-task", 1, "--out", tmp_path / "mm", "--json")
    told = json.loads(ran.out)
    assert told["parts"][0] == {
        "source": "ehrxqa", "split": "test", "read": 5, "rows": 3, "patients": 1,
    }  # fmt: skip
    assert told["prepared"]["rows"] == 7
    assert told["missing"] == {"images": [], "reports": []}
