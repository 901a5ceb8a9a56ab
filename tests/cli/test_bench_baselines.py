"""`clinseek bench baselines`, end to end."""

import json
from pathlib import Path

from clinseek.evals.rows import Row, write_rows
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine


def _rows(folder: Path) -> Path:
    rows = [
        Row(
            qid=f"q{number}", subject_id=subject_id, cutoff=CUTOFF.replace("2150", year),
            task="potassium", task_type="risk_prediction", answer_form="yes_no", label=label,
            question="Was the last potassium above 5? yes or no", curated_evidence="None.",
        )
        for number, (subject_id, year, label) in enumerate(
            [(SUBJECT, "2150", "yes"), (10000027, "2151", "no")]
        )
    ]  # fmt: skip
    write_rows(folder / "rows.jsonl", rows)
    return folder / "rows.jsonl"


def test_baselines_and_the_offline_policy_stand_in_one_table(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    asked = ("bench", "baselines", _rows(tmp_path), "--store", store, "--folds", "2")
    ran = clinseek(*asked, "--out", tmp_path / "out", "--no-offline")
    assert ran.code == 0
    assert "| kind | rows | majority |" in ran.out
    assert (tmp_path / "out" / "baselines.md").read_text() in ran.out
    assert clinseek(*asked, "--out", tmp_path / "out", "--no-offline").code == 0  # gone on with
    ran = clinseek(*asked, "--out", tmp_path / "all", "--json")
    assert {each["baseline"] for each in json.loads(ran.out)["measured"]} >= {
        "offline automated",
        "offline curated",
    }


def test_more_folds_than_patients_are_refused(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "bench", "baselines", _rows(tmp_path), "--store", store, "--out", tmp_path / "out"
    )
    assert (ran.code, "no more than the 2 patients" in ran.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_the_table_of_other_rows_is_not_written_over(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "baselines.json").write_text('{"rows_hash": "of others", "folds": 2}')
    asked = ("bench", "baselines", _rows(tmp_path), "--store", store, "--folds", "2")
    ran = clinseek(*asked, "--out", out, "--no-offline")
    assert (ran.code, "holds the baselines of other rows or folds" in ran.err) == (2, True)
    assert [file.name for file in out.iterdir()] == ["baselines.json"]
