"""Means over an evaluation: what counts, what is told apart, and what is left beside the run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.evals.scorers.run_source import run_source
from clinseek.evals.scorers.score_files import read_scores, write_scores
from clinseek.evals.scorers.scored_run import ScoredRun, score_run
from clinseek.evals.scorers.summary import ScorerSummary, summarise
from clinseek.records import Record
from tests.evals.scorers.made import a_record, a_row, a_run_folder

ROWS = [
    a_row("yes", qid=f"q{n}", subject_id=10 + n // 2, task=f"t{n % 2}", answer_form="yes_no")
    for n in range(6)
]


def a_run(path: Path, records: list[Record], *, epochs: int = 1) -> ScoredRun:
    return score_run(run_source(a_run_folder(path / "run", ROWS, records, epochs=epochs)))


def summary_of(run: ScoredRun) -> ScorerSummary:
    return summarise("default", run.scores["default"])


def test_failed_and_missing_runs_count_nothing_and_are_counted_apart(tmp_path: Path) -> None:
    run = a_run(
        tmp_path,
        [
            a_record(["yes"], qid="q0"),
            a_record(["no"], qid="q1"),
            a_record([], qid="q2"),
            a_record(qid="q3", status="failed", stop_reason="model_error"),
        ],
    )
    summary = summary_of(run)
    counts = summary.counts
    assert (counts.scored, counts.failed, counts.missing, counts.abstained) == (3, 1, 2, 1)
    assert summary.micro is not None
    assert (summary.micro.value, summary.micro.n, summary.micro.clusters) == (1 / 6, 6, 3)
    assert summary.present == 0.25
    assert summary.coverage is not None
    assert summary.coverage.coverage == pytest.approx(2 / 6)
    assert summary.coverage.risk == 0.5
    assert summary.by_task["t0"].value == pytest.approx(1 / 3)
    assert summary.macro is not None
    assert summary.macro.value == pytest.approx(1 / 6)


def test_rows_are_averaged_over_their_epochs_before_they_are_over_rows(tmp_path: Path) -> None:
    records = [
        a_record([answer], qid=f"q{n}", epoch=epoch)
        for n in range(6)
        for epoch, answer in ((1, "yes"), (2, "yes" if n % 2 else "no"))
    ]
    summary = summary_of(a_run(tmp_path, records, epochs=2))
    assert summary.micro is not None
    assert (summary.micro.value, summary.micro.n) == (0.75, 6)
    first, second = summary.epochs
    assert (first.best, first.passed) == (0.75, 0.75)
    assert (second.best, second.passed) == (1.0, 0.5)


def test_confidences_give_an_auroc(tmp_path: Path) -> None:
    rows = [
        row.model_copy(update={"label": "no" if n < 3 else "yes"}) for n, row in enumerate(ROWS)
    ]
    records = [
        a_record([f"{'yes' if n > 3 else 'no'} (0.{5 + n % 4})"], qid=f"q{n}") for n in range(6)
    ]
    folder = a_run_folder(tmp_path / "run", rows, records)
    run = score_run(run_source(folder), ["default"])
    auroc = summarise("default", run.scores["default"]).auroc
    assert auroc is not None
    # yes with 0.2, 0.5, 0.6 against no with 0.5, 0.4, 0.3: 5.5 of 9 pairs in the right order
    assert auroc.value == pytest.approx(5.5 / 9)


def test_records_of_no_row_are_left_out_and_named(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_record(["yes"], qid="q0"), a_record(["yes"], qid="stray")])
    assert run.unknown == ("stray",)
    assert run.records == 1


def test_an_evaluation_without_labels_has_no_mean(tmp_path: Path) -> None:
    rows = [a_row(None, qid="q0")]
    folder = a_run_folder(tmp_path / "run", rows, [a_record(["yes"], qid="q0")])
    summary = summary_of(score_run(run_source(folder)))
    assert (summary.micro, summary.macro, summary.coverage) == (None, None, None)
    assert summary.counts.inapplicable == 1


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_record(["yes"], qid="q0")])
    summaries = [summarise(name, scores) for name, scores in run.scores.items()]
    before = os.umask(0o022)
    files = write_scores(run.source.scores, run, summaries, interval="auto")
    os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {file.name for file in files} >= {"default.jsonl", "summary.json", "tool_use.json"}
    assert list(read_scores(run.source.scores)) == run.scores["default"]
    told = json.loads((run.source.scores / "summary.json").read_text())
    assert told["scorers"]["default"]["counts"]["missing"] == 5
    assert (told["records"], told["expected"]) == (1, 6)


def test_scores_that_are_not_there_or_broken_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="clinseek score --scorer judge"):
        list(read_scores(tmp_path, "judge"))
    (tmp_path / "default.jsonl").write_text('{"qid": 1}\n')
    with pytest.raises(SettingError, match=r"default.jsonl, line 1: no score"):
        list(read_scores(tmp_path))


def test_a_place_without_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no run folder"):
        run_source(tmp_path)
    folder = a_run_folder(tmp_path / "run", ROWS, [])
    with pytest.raises(SettingError, match="leave --manifest out"):
        run_source(folder, manifest=tmp_path / "bench.json")
