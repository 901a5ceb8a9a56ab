"""`clinseek eval`, `clinseek bench`, `clinseek merge`."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import open_run
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine
from tests.models.server import Body, ChatServer, Reply, answer


def _row(number: int, **over: Any) -> Row:
    return Row(
        **{
            "qid": f"q{number}",
            "subject_id": SUBJECT,
            "cutoff": CUTOFF,
            "task": "latest_lab",
            "question": "What was the latest potassium?",
            "answer_form": "number",
            "label": 5.9 if number == 1 else 1.0,
            "curated_evidence": "- Potassium: 5.9",
            **over,
        }
    )


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    write_rows(tmp_path / "rows.jsonl", [_row(1), _row(2)])
    return tmp_path / "rows.jsonl"


def test_it_runs_every_row_and_tells_how_it_stands(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    ran = clinseek("eval", rows, "--store", store, "--out", tmp_path / "run", "--json")
    assert ran.code == 0
    (told,) = json.loads(ran.out)["runs"]
    assert (told["done"], told["total"], told["failed"], told["dollars"]) == (2, 2, 0, 0.0)
    assert told["score"]["mean"] == 0.5
    assert "offline: 2 of 2 done · score 50.0" in ran.err
    assert [record.answer for record in open_run(tmp_path / "run").records()] == [["5.9"]] * 2


def test_the_same_command_runs_nothing_again(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    command = ("eval", rows, "--store", store, "--out", tmp_path / "run")
    clinseek(*command)
    before = (tmp_path / "run" / "records.jsonl").read_bytes()
    assert clinseek(*command).code == 0
    assert (tmp_path / "run" / "records.jsonl").read_bytes() == before


def test_several_models_have_a_folder_each(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    clinseek("eval", rows, "--store", store, "--out", tmp_path / "first")
    replay = f"replay:{tmp_path / 'first' / 'records.jsonl'}"
    ran = clinseek(
        "eval", rows, "--store", store, "--out", run, "-m", "offline", "-m", replay, "--limit", 1
    )
    assert (ran.code, len(ran.out.split())) == (0, 2)
    for folder in map(Path, ran.out.split()):
        assert folder.parent == run
        assert [record.qid for record in open_run(folder).records()] == ["q1"]


def test_several_models_run_side_by_side(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows.jsonl", [_row(n) for n in range(1, 5)])
    order: list[str] = []

    def saying(name: str) -> Callable[[Body], Reply]:
        def said(_: Body) -> Reply:
            order.append(name)
            return Reply(body=answer("", [("ehr_finish", '{"response": ["5.9"]}')]))

        return said

    with ChatServer(saying("one")) as one, ChatServer(saying("other")) as other:
        ran = clinseek(
            "eval", tmp_path / "rows.jsonl", "--store", store, "--out", tmp_path / "run",
            "-m", one.spec, "-m", other.spec, "--concurrency", 1, "--max-revisions", 0,
        )  # fmt: skip
    assert ran.code == 0, ran.err
    assert sorted(order) == ["one"] * 4 + ["other"] * 4
    assert order not in (sorted(order), sorted(order, reverse=True))
    for spec in (one.spec, other.spec):
        assert f"{spec}: 4 of 4 done" in ran.err


def test_a_host_that_cannot_be_asked_is_told_before_the_others_have_run(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "eval", rows, "--store", store, "--out", tmp_path / "run", "-m", "offline",
        "-m", "openai:x@http://127.0.0.1:9/v1",
    )  # fmt: skip
    assert ran.code == 2
    assert "127.0.0.1:9" in ran.err
    assert "Traceback" not in ran.err


def test_shards_are_run_apart_and_merged(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    for shard in ("1/2", "2/2"):
        ran = clinseek("eval", rows, "--store", store, "--out", run, "--shard", shard)
        assert ran.code == 0
    merged = clinseek("merge", run, "--json")
    assert json.loads(merged.out)["runs"][0]["records"] == 2
    assert clinseek("eval", rows, "--store", store, "--out", run).code == 0


def test_failed_runs_end_it_with_1_and_say_the_first_error(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows.jsonl", [_row(1), _row(2, cutoff="2100-01-01")])
    ran = clinseek(
        "eval", tmp_path / "rows.jsonl", "--store", store, "--out", tmp_path / "run",
        "--fail-on-error", 1,
    )  # fmt: skip
    assert ran.code == 1
    assert "1 of 2 runs failed; the first error: q2: " in ran.err
    assert "Traceback" not in ran.err


def test_too_many_failures_stop_it_and_say_what_to_do(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows.jsonl", [_row(n, cutoff="2100-01-01") for n in range(1, 5)])
    ran = clinseek(
        "eval", tmp_path / "rows.jsonl", "--store", store, "--out", tmp_path / "run",
        "--concurrency", 1,
    )  # fmt: skip
    assert ran.code == 1
    assert "stopped: 1 of 4 runs failed" in ran.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--shard", "3/2"), "--shard 3/2: write I/N"),
        (("--model", "offlin"), "model 'offlin' cannot be named so"),
        (("--tools", "ehr.sql"), "there is no tool 'ehr.sql'"),
        (("--profile", "soon"), "soon"),
        (("--setting", "blind"), "blind"),
        (
            ("--paper-protocol", "--tools", "paper20", "--max-rounds", "9"),
            "--paper-protocol sets --tools, --max-rounds itself",
        ),
    ],
)
def test_bad_options_are_one_sentence(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path,
    options: tuple[str, ...], told: str,
) -> None:  # fmt: skip
    ran = clinseek("eval", rows, "--store", store, "--out", tmp_path / "run", *options)
    assert ran.code == 2
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_evaluation_that_is_stopped_ends_cleanly_and_goes_on(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    asked = threading.Event()

    def slow(_: Body) -> Reply:
        asked.set()
        return Reply(body=answer("", [("ehr_finish", '{"response": ["5.9"]}')]), delay=60)

    run = tmp_path / "run"
    with ChatServer(slow) as chat:
        command = ["eval", rows, "--store", store, "--out", run, "-m", chat.spec]
        with subprocess.Popen(
            [sys.executable, "-m", "clinseek", *map(str, command)],
            stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        ) as process:  # fmt: skip
            assert asked.wait(60)
            process.send_signal(sent)
            _, told = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "run the same command again, it goes on" in told
        assert "Traceback" not in told
        assert (run / "threads.sqlite").exists()
        chat.restart(answer("", [("ehr_finish", '{"response": ["5.9"]}')]))
        again = clinseek(*command, "--max-revisions", 1)
    assert again.code == 0
    assert len(list(open_run(run).attempts())) == 2


def test_rows_of_other_patients_are_refused_before_anything_runs(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows.jsonl", [_row(1, subject_id=1)])
    ran = clinseek("eval", tmp_path / "rows.jsonl", "--store", store, "--out", tmp_path / "run")
    assert ran.code == 2
    assert "1 of 1 rows ask about patients whom" in ran.err


def test_changed_rows_under_an_old_run_are_refused(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    command = ("eval", rows, "--store", store, "--out", tmp_path / "run")
    clinseek(*command)
    write_rows(rows, [_row(1), _row(2, label=2.0)])
    ran = clinseek(*command)
    assert ran.code == 2
    assert "1 row is changed (q2)" in ran.err


def test_the_cache_says_how_much_came_from_it(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    for out in ("a", "b"):
        ran = clinseek(
            "eval", rows, "--store", store, "--out", tmp_path / out,
            "--cache", tmp_path / "cache", "--concurrency", 1,
        )  # fmt: skip
    assert "cache: 6 of 6 turns came from it" in ran.err


def test_the_paper_protocol_is_stamped(
    clinseek: CommandLine, rows: Path, store: Path, tmp_path: Path
) -> None:
    ran = clinseek(
        "eval", rows, "--store", store, "--out", tmp_path / "run", "--paper-protocol",
        "--setting", "curated",
    )  # fmt: skip
    assert ran.code == 0
    settings = open_run(tmp_path / "run").settings
    assert settings.protocol == "paper"
    assert "no system role" in settings.differences


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("bench", "prepare", "sinthetic", "--out", "x"), "did you mean synthetic?"),
        (("merge", "nowhere"), "nowhere holds no shards"),
    ],
)
def test_a_mistyped_name_is_told(
    clinseek: CommandLine, command: tuple[str, ...], told: str
) -> None:
    ran = clinseek(*command)
    assert ran.code == 2
    assert told in ran.err


def test_the_synthetic_benchmark_is_prepared_and_named(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    ran = clinseek(
        "bench", "prepare", "synthetic", "--out", tmp_path / "bench", "--patients", 3,
        "--per-task", 1,
    )  # fmt: skip
    assert ran.code == 0
    assert "next: clinseek eval" in ran.out
    assert (tmp_path / "bench" / "store" / "manifest.json").is_file()
