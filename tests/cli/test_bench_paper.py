"""`clinseek bench paper`, end to end with the offline policy on rows of the published shapes."""

import json
from pathlib import Path

from clinseek.evals.rows import Row, read_rows, write_rows
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine


def _rows(folder: Path) -> Path:
    asked: list[tuple[str, str, str, str | list[str]]] = [
        ("q1", "risk_prediction", "Was the last potassium above 5? yes or no", "yes"),
        ("q2", "decision_making", "Which laboratory tests will be drawn next?", ["Potassium"]),
    ]
    write_rows(
        folder / "rows.jsonl",
        [
            Row(
                qid=qid, subject_id=SUBJECT, hadm_id=20000001, cutoff=CUTOFF, task=kind,
                task_type=kind, question=question, label=label, curated_evidence="Potassium 5.9",
            )
            for qid, kind, question, label in asked
        ],
    )  # fmt: skip
    return folder / "rows.jsonl"


def test_a_table_is_filled_by_one_command_and_gone_on_with(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    asked = ("bench", "paper", "text", "--rows", _rows(tmp_path), "--store", store,
             "--models", "offline", "--out", tmp_path / "out")  # fmt: skip
    ran = clinseek(*asked)
    assert ran.code == 0
    assert "| offline | automated | reference |" in ran.out
    assert "EHR-R1-72B (published)" in ran.out
    assert (tmp_path / "out" / "table.md").read_text() in ran.out
    again = clinseek(*asked, "--json")
    told = json.loads(again.out)
    assert len(told["cells"]) == 9
    assert "runs made" in again.err


def test_runs_of_unknown_price_begin_only_on_the_users_word(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "bench", "paper", "text", "--rows", _rows(tmp_path), "--store", store,
        "--models", "openai:strange@https://host.invalid/v1", "--out", tmp_path / "out",
    )  # fmt: skip
    assert ran.code == 2
    assert "begin with --yes" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_table_needs_a_model(clinseek: CommandLine, store: Path, tmp_path: Path) -> None:
    ran = clinseek(
        "bench", "paper", "text", "--rows", _rows(tmp_path), "--store", store, "--out", tmp_path
    )
    assert (ran.code, "name a model with --models" in ran.err) == (2, True)


def test_rows_of_another_suite_are_refused_before_anything_is_told_or_run(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    ran = clinseek("bench", "paper", "multimodal", "--rows", _rows(tmp_path), "--store", store,
                   "--models", "offline", "--out", tmp_path / "out")  # fmt: skip
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "2 of 2 rows are of no group of table multimodal" in ran.err
    assert "did you mean clinseek bench paper text?" in ran.err
    assert not (tmp_path / "out").exists()


def test_models_patients_and_images_that_are_not_there_are_told_before_any_cost(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    rows = _rows(tmp_path)
    strangers = _changed(rows, tmp_path / "strangers.jsonl", subject_id=1)
    unseen = _changed(rows, tmp_path / "unseen.jsonl", images=["no.jpg"])
    bare = _changed(rows, tmp_path / "bare.jsonl", curated_evidence=None)
    for of_rows, changed, said in (
        (rows, ("--models", "offlin"), "model 'offlin' cannot be named so"),
        (rows, ("--store", tmp_path / "none"), "no store at"),
        (rows, ("--judge", "offline"), "is a fixed policy and judges nothing"),
        (strangers, (), "2 of 2 rows ask about patients whom"),
        (unseen, (), "name the folder of these images with --image-root"),
        (bare, (), "2 rows (q1, q2) have no curated evidence"),
        (rows, ("--out", rows), "rows.jsonl is no folder; name another"),
    ):
        ran = clinseek("bench", "paper", "text", "--rows", of_rows, "--store", store,
                       "--models", "offline", "--out", tmp_path / "out", *changed)  # fmt: skip
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
        assert said in ran.err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_rows_or_settings_is_refused_before_any_cost(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    rows, out = _rows(tmp_path), tmp_path / "out"
    others = _changed(rows, tmp_path / "others.jsonl", question="Was it above 6? yes or no")
    asked = ("bench", "paper", "text", "--store", store, "--models", "offline", "--out", out)
    assert clinseek(*asked, "--rows", rows, "--epochs", 2).code == 0
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    for of_rows, changed, said in (
        (others, ("--epochs", 2), "2 rows are changed (q1, q2)"),
        (rows, ("--epochs", 2, "--limit", 1), "1 row is gone (q2)"),
        (rows, (), "epochs was 2, and is 1 now"),
        (rows, ("--epochs", 2, "--same-protocol"), "max_revisions was 0, and is 1 now"),
    ):
        ran = clinseek(*asked, "--rows", of_rows, *changed)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
        assert f"{out / 'offline' / 'automated-available'} was begun with other runs" in ran.err
        assert said in ran.err
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before


def _changed(rows: Path, file: Path, **fields: object) -> Path:
    write_rows(file, [row.model_copy(update=fields) for row in read_rows(rows)])
    return file
