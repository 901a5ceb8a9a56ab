"""Runs written for other tools: one line a run, and a log that Inspect reads."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest

from clinseek.cli.main import USER_ERROR, run
from tests.evals.scorers.made import a_record, a_row, a_run_folder, an_entry

ROWS = [
    a_row(
        ["Sepsis, severe", 'the "other"'] if n == 0 else "yes",
        qid=f"q{n}",
        subject_id=10 + n,
        answer_form="list" if n == 0 else "yes_no",
    )
    for n in range(4)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [
        a_record(["Sepsis, severe", "second\nline"], qid="q0"),
        a_record(["yes"], qid="q1", citations=[["E1"]], evidence=[an_entry(1, "<row>")]),
        a_record([], qid="q2", status="failed", stop_reason="round_limit"),
    ]
    return a_run_folder(tmp_path_factory.mktemp("runs") / "a", ROWS, records)


@pytest.fixture(scope="module")
def log(folder: Path) -> ZipFile:
    file = folder.parent / "a.eval"
    assert run(["export", "inspect", str(folder), "--out", str(file)]) == 0
    return ZipFile(file)


def held(log: ZipFile, name: str) -> Any:
    return json.loads(log.read(name))


def test_csv_and_parquet_hold_the_same_line_for_every_run(folder: Path, tmp_path: Path) -> None:
    for form in ("csv", "parquet"):
        file = tmp_path / f"runs.{form}"
        assert run(["export", form, str(folder), "--out", str(file)]) == 0
        assert file.stat().st_mode & 0o777 == 0o600
    with (tmp_path / "runs.csv").open(newline="") as opened:
        lines = list(csv.DictReader(opened))
    table = pq.read_table(tmp_path / "runs.parquet").to_pylist()
    assert [line["qid"] for line in lines] == ["q0", "q1", "q2", "q3"]
    assert [each["status"] for each in table] == ["answered", "answered", "failed", "missing"]
    assert json.loads(lines[0]["answer"]) == ["Sepsis, severe", "second\nline"]
    assert json.loads(table[0]["label"]) == ["Sepsis, severe", 'the "other"']
    assert [each["score_default"] for each in table] == [0.5, 1.0, 0.0, 0.0]
    assert [float(line["score_default"]) for line in lines] == [0.5, 1.0, 0.0, 0.0]
    assert table[3]["input_tokens"] is None


def test_a_log_for_inspect_holds_a_sample_a_run_and_its_means(log: ZipFile) -> None:
    names = set(log.namelist())
    assert {f"samples/q{n}_epoch_1.json" for n in range(3)} <= names
    assert {"header.json", "summaries.json", "_journal/start.json"} <= names
    header = held(log, "header.json")
    assert (header["version"], header["status"]) == (2, "success")
    means = {each["name"]: each["metrics"]["mean"]["value"] for each in header["results"]["scores"]}
    assert means["default"] == pytest.approx(1.5 / 4)
    assert [each["id"] for each in held(log, "summaries.json")] == ["q0", "q1", "q2"]


def test_a_sample_tells_messages_calls_scores_and_how_it_ended(log: ZipFile) -> None:
    sample = held(log, "samples/q1_epoch_1.json")
    tool, last = sample["messages"]
    assert (tool["role"], tool["content"], tool["tool_call_id"]) == ("tool", "[E1] <row>", "c1")
    assert last["tool_calls"][0]["function"] == "ehr.finish"
    assert last["tool_calls"][0]["arguments"]["response"] == ["yes"]
    assert sample["scores"]["default"]["value"] == 1.0
    failed = held(log, "samples/q2_epoch_1.json")
    assert (failed["limit"]["type"], failed["error"]["message"]) == ("message", "round_limit")


def test_each_message_of_a_turn_stands_in_one_event(log: ZipFile) -> None:
    events = held(log, "samples/q1_epoch_1.json")["events"]
    (turn,) = (each for each in events if each["event"] == "model")
    assert [message["role"] for message in turn["input"]] == ["tool"]


def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    assert run(["export", "csv", str(folder), "--out", str(tmp_path / "taken" / "x.csv")]) == (
        USER_ERROR
    )
    assert "cannot be written" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_inspect_reads_the_log(log: ZipFile) -> None:
    reader = pytest.importorskip("inspect_ai.log", reason="inspect_ai is not installed")
    read = reader.read_eval_log(log.filename)
    assert [sample.id for sample in read.samples] == ["q0", "q1", "q2"]
