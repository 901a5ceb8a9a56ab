"""Putting the shards of an evaluation together into one run folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.runner.opening import changes_between, held_folder, write_plan
from clinseek.evals.runner.run_folder import ROWS_FILE, RunFolder, Shard, run_folders
from clinseek.whole_file import whole_file

_SHARDS = "shards"


class Merged(NamedTuple):
    """The folder that was made; `missing` runs had not ended in any shard."""

    folder: RunFolder
    shards: int
    records: int
    missing: int


def sharded_runs(path: str | Path) -> list[Path]:
    """The run folders at or inside `path` that were run in shards; SettingError where none was."""
    folder = Path(path)
    found = [folder] if (folder / _SHARDS).is_dir() else []
    found += [shards.parent for shards in sorted(folder.glob(f"*/{_SHARDS}"))]
    if not found:
        raise SettingError(
            f"{folder} holds no shards; they are made by clinseek eval --shard I/N --out {folder}"
        )
    return found


def merge(path: str | Path) -> Merged:
    """Merge `path/shards/*` into `path`; what was merged there before is replaced.

    Every shard must be there and of the same plan; SettingError says which is not. Runs that have
    not ended are counted as missing: the shards can be gone on with and merged again, or the
    merged folder gone on with as a whole.
    """
    whole = Path(path)
    shards = run_folders(whole / _SHARDS)
    _check(whole, shards)
    with held_folder(whole):
        kept = _keys(RunFolder(whole)) - {key for shard in shards for key in _keys(shard)}
        if kept:
            raise SettingError(
                f"{whole} holds {len(kept)} records that stand in none of its shards; it was gone "
                "on with since it was merged, so it is whole as it is"
            )
        plan = shards[0].plan.model_copy(update={"shard": Shard()})
        with whole_file(whole / ROWS_FILE) as rows:
            shutil.copyfile(shards[0].path / ROWS_FILE, rows)
        _write_records(RunFolder(whole), shards)
        write_plan(whole, plan)
    merged = RunFolder(whole)
    ended = _keys(merged)
    return Merged(merged, len(shards), len(ended), len(set(plan.keys) - ended))


def _check(whole: Path, shards: Sequence[RunFolder]) -> None:
    """SettingError where the shards are not all there, or do not belong together."""
    if not shards:
        raise SettingError(f"{whole / _SHARDS} holds no run folder")
    first = shards[0].plan
    for shard in shards[1:]:
        alike = shard.plan.model_copy(update={"shard": first.shard})
        changes = [*changes_between(first, alike), *changes_between(alike, first)]
        if changes or shard.plan.shard.of != first.shard.of:
            why = changes[0] if changes else f"one is of {first.shard.of} shards, one is not"
            raise SettingError(f"{shards[0].path} and {shard.path} do not belong together: {why}")
    there = {shard.plan.shard.number for shard in shards}
    missing = sorted(set(range(1, first.shard.of + 1)) - there)
    if missing:
        named = ", ".join(f"{number}/{first.shard.of}" for number in missing)
        raise SettingError(f"{whole}: shards are missing: {named}; run them with --shard first")


def _keys(folder: RunFolder) -> set[tuple[str, str, int]]:
    return {placed.key for placed in folder.placed()}


def _write_records(whole: RunFolder, shards: Sequence[RunFolder]) -> None:
    """The shards' records one after another; a half-written last line is left out."""
    with whole_file(whole.records_file) as making, making.open("wb") as merged:
        for shard in shards:
            held = shard.records_file
            if not held.exists():
                continue
            with held.open("rb") as records:
                merged.writelines(line for line in records if line.endswith(b"\n"))
