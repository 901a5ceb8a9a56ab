"""`clinseek bench rebuild multimodal` on the examples, and all that follows, as it is typed."""

import json
import shutil
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


def test_missing_images_and_reports_are_faults_on_stderr_and_exit_1(
    clinseek: CommandLine, cohort: Cohort, tmp_path: Path
) -> None:
    shutil.copytree(cohort.cxr, tmp_path / "cxr")
    (tmp_path / "cxr" / cohort.studies[0]["images"][0]["path"]).unlink()
    (tmp_path / "cxr" / cohort.studies[1]["report"]).unlink()
    asked = (
        "bench", "rebuild", "multimodal", "--ehrxqa", cohort.ehrxqa, "--cxr", tmp_path / "cxr",
        "--store", cohort.store,
    )  # fmt: skip
    for shown in ((), ("--json",)):
        out = tmp_path / f"out{len(shown)}"
        ran = clinseek(*asked, "--out", out, *shown)
        assert ran.code == 1
        assert "fault: 1 images are missing: mimic-cxr/2.0.0/files/p10/" in ran.err
        assert "fault: 1 reports are missing: mimic-cxr/2.0.0/mimic-cxr-reports/" in ran.err
        assert "fault: " not in ran.out
        assert (out / "rows.jsonl").stat().st_size > 0


def test_a_manifest_that_its_sources_contradict_does_not_pass_for_a_good_one(
    clinseek: CommandLine, asked: tuple[object, ...], tmp_path: Path
) -> None:
    assert clinseek(*asked, "--per-task", 1, "--out", tmp_path / "mm").code == 0
    manifest = tmp_path / "mm" / "mm_bench.jsonl"
    again = clinseek(*asked, "--manifest", manifest, "--out", tmp_path / "same")
    assert (again.code, "fault: " in again.err) == (0, False)

    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    row = next(row for row in rows if row["qid"].startswith("ehrxqa"))
    row["ground_truth"] = [{"name": "nobody knows"}]
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join(json.dumps(row) for row in rows))
    ran = clinseek(*asked, "--manifest", other, "--out", tmp_path / "out")
    differs = f"differ: 1 rows, another answer than in EHRXQA ({row['qid']})"
    assert (ran.code, f"fault: manifest and source {differs}" in ran.err) == (1, True)


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
