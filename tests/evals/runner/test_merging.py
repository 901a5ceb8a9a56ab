"""Shards of an evaluation, and the one folder that they become."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.evals.runner import RunSettings, open_run
from clinseek.evals.runner.merging import merge, sharded_runs
from clinseek.evals.runner.opening import plan_runs
from clinseek.evals.runner.run_folder import Shard, shard_folder
from tests.evals.runner.wardrows import evaluated, rows
from tests.graphs.doubles import Ward

OF = 3


def _shard(ward: Ward, run: Path, number: int, **options: Any) -> None:
    shard = Shard(number=number, of=OF)
    evaluated(ward, shard_folder(run, shard), rows(4), shard=shard, epochs=2, **options)


def test_shards_become_the_run_that_one_machine_would_have_made(ward: Ward, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _shard(ward, tmp_path / "run", number)
    before = os.umask(0o022)
    made = merge(tmp_path / "run")
    os.umask(before)
    evaluated(ward, tmp_path / "alone", rows(4), epochs=2)
    merged, alone = open_run(tmp_path / "run"), open_run(tmp_path / "alone")
    assert [one.key for one in merged.records()] == [one.key for one in alone.records()]
    assert (made.shards, made.records, made.missing) == (3, 8, 0)
    assert merged.plan.keys == alone.plan.keys
    assert merged.rows() == alone.rows()
    files = [file for file in made.folder.path.iterdir() if file.suffix in {".json", ".jsonl"}]
    assert {file.name: file.stat().st_mode & 0o777 for file in files} == {
        "records.jsonl": 0o600, "rows.jsonl": 0o600, "run.json": 0o600,
    }  # fmt: skip


def test_a_merged_run_can_be_gone_on_with(ward: Ward, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _shard(ward, tmp_path / "run", number)
    records = shard_folder(tmp_path / "run", Shard(number=2, of=OF)) / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    assert merge(tmp_path / "run").missing == 1
    assert evaluated(ward, tmp_path / "run", rows(4), epochs=2).complete
    with pytest.raises(SettingError, match="1 records that stand in none of its shards"):
        merge(tmp_path / "run")


def test_missing_shards_are_named(ward: Ward, tmp_path: Path) -> None:
    _shard(ward, tmp_path / "run", 2)
    with pytest.raises(SettingError, match="shards are missing: 1/3, 3/3"):
        merge(tmp_path / "run")


def test_shards_of_different_runs_do_not_merge(ward: Ward, tmp_path: Path) -> None:
    _shard(ward, tmp_path / "run", 1)
    _shard(ward, tmp_path / "run", 2, settings={"max_rounds": 9})
    with pytest.raises(SettingError, match="do not belong together: max_rounds was 200"):
        merge(tmp_path / "run")


def test_a_folder_without_shards_is_told(ward: Ward, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="holds no shards"):
        sharded_runs(tmp_path)


def test_shards_of_several_models_are_found(ward: Ward, tmp_path: Path) -> None:
    for name in ("a", "b"):
        _shard(ward, tmp_path / "run" / name, 1)
    assert sharded_runs(tmp_path / "run") == [tmp_path / "run" / "a", tmp_path / "run" / "b"]


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 7))
def test_shards_hold_every_run_once(count: int, epochs: int, of: int) -> None:
    def keys(shard: Shard) -> list[Any]:
        plan = plan_runs(
            rows(count), rows_file="", settings=RunSettings(model="offline"), store=Path("s"),
            store_fingerprint="f", epochs=epochs, shard=shard,
        )  # fmt: skip
        return plan.keys

    parts = [keys(Shard(number=number, of=of)) for number in range(1, of + 1)]
    assert sorted(key for part in parts for key in part) == sorted(keys(Shard()))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_plan_of_a_merged_run_is_of_no_shard(ward: Ward, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _shard(ward, tmp_path / "run", number)
    merge(tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["shard"] == {
        "number": 1,
        "of": 1,
    }
