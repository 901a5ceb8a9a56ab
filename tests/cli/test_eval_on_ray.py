"""`clinseek eval --executor ray`: the same records, on whichever machine lives to make them."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import open_run
from clinseek.evals.runner.opening import plan_runs
from clinseek.evals.runner.ray_cluster import Maker
from clinseek.evals.runner.settings import RunSettings
from clinseek.records import Record
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine

ROOT = Path(__file__).parents[2]


def _rows(count: int) -> list[Row]:
    return [
        Row(
            qid=f"q{number}",
            subject_id=SUBJECT,
            cutoff=CUTOFF,
            task="latest_lab",
            question="What was the latest potassium?",
            label=5.9,
            metadata={"number": number},
        )
        for number in range(count)
    ]


def _what_matters(record: Record) -> dict[str, Any]:
    told = record.as_json()
    for name in ("thread", "timings", "turns"):
        del told[name]
    for entry in told["evidence"]:
        del entry["seconds"]
    return told


def test_without_ray_it_says_what_to_install(
    clinseek: CommandLine, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    write_rows(tmp_path / "rows.jsonl", _rows(1))
    ran = clinseek(
        "eval", tmp_path / "rows.jsonl", "--store", store, "--out", tmp_path / "run",
        "--executor", "ray",
    )  # fmt: skip
    assert ran.code == 2
    assert "pip install 'clinseek[ray]'" in ran.err


def test_a_run_that_ended_is_not_made_again_by_another_worker(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    (row,) = _rows(1)
    plan = plan_runs(
        [row], rows_file="", settings=RunSettings(model="offline"), store=store,
        store_fingerprint="s",
    )  # fmt: skip
    made: list[tuple[str, bool]] = []
    for _ in range(2):
        maker = Maker(plan.model_dump_json(), str(tmp_path), {})
        made.append(asyncio.run(maker.make(row.model_dump_json(), 1, "thread")))
    assert made[0] == made[1]
    assert Record.model_validate_json(made[0][0]).answer == ["5.9 mEq/L"]


@pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (extra ray)"
)
def test_a_node_that_is_killed_costs_no_run(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows.jsonl", _rows(16))
    assert clinseek(
        "eval", tmp_path / "rows.jsonl", "--store", store, "--out", tmp_path / "alone"
    ).code == 0  # fmt: skip
    ran = subprocess.run(
        [
            sys.executable, "-m", "tests.evals.runner.two_nodes", tmp_path / "rows.jsonl", store,
            tmp_path / "cluster",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "RAY_USAGE_STATS_ENABLED": "0",
            "CLINSEEK_HOME": str(tmp_path / "other"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        },
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    told = json.loads(ran.stdout.splitlines()[-1])
    assert (told["nodes_left"], told["complete"], len(told["killed_at"])) == (1, True, 1)
    cluster, alone = open_run(tmp_path / "cluster"), open_run(tmp_path / "alone")
    assert len(list(cluster.attempts())) == 16
    assert [_what_matters(one) for one in cluster.records()] == [
        _what_matters(one) for one in alone.records()
    ]
