"""Checkpoints of a training: whole, or not gone on from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.training.recipes.folder import TrainingFolder, step_of


@pytest.fixture
def folder(tmp_path: Path) -> TrainingFolder:
    """A training with checkpoints of steps 4 and 6."""
    made = TrainingFolder(tmp_path / "out")
    for step in (4, 6):
        made.keep_checkpoint(a_checkpoint(made, step), step, keep=2)
    return made


def a_checkpoint(folder: TrainingFolder, step: int) -> Path:
    """What a trainer writes before a checkpoint takes its place."""
    draft = folder.draft / f"checkpoint-{step}"
    (draft / "shards").mkdir(parents=True)
    for name in ("model.safetensors", "optimizer.pt", "shards/0.pt"):
        (draft / name).write_bytes(f"{name} after step {step}".encode())
    return draft


def newest(folder: TrainingFolder) -> int | None:
    found = folder.last_checkpoint()
    return None if found is None else step_of(found)


def cut_short(checkpoint: Path) -> None:
    file = checkpoint / "optimizer.pt"
    file.write_bytes(file.read_bytes()[:-3])


def flipped(checkpoint: Path) -> None:
    """One bit is another, and the length the same."""
    file = checkpoint / "model.safetensors"
    held = bytearray(file.read_bytes())
    held[-1] ^= 1
    file.write_bytes(held)


def without_a_file(checkpoint: Path) -> None:
    (checkpoint / "shards" / "0.pt").unlink()


def without_its_note(checkpoint: Path) -> None:
    (checkpoint / "whole.json").unlink()


DAMAGES = [
    (cut_short, r"optimizer.pt has 22 of 25 bytes"),
    (flipped, r"model.safetensors is not as it was written"),
    (without_a_file, r"shards/0.pt is missing"),
    (without_its_note, r"whole.json cannot be read"),
]


def test_checkpoints_as_they_were_written_are_gone_on_from(folder: TrainingFolder) -> None:
    assert folder.drop_damaged() == []
    assert newest(folder) == 6


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_where_the_newest_is_damaged_the_one_before_is_gone_on_from_and_that_is_told(
    folder: TrainingFolder, damage: Callable[[Path], None], said: str
) -> None:
    damage(folder.checkpoints / "step-6")
    (line,) = folder.drop_damaged()
    assert line == (
        f"{folder.checkpoints / 'step-6'}: is not whole ({said}), and was removed; going on from "
        "step-4"
    )
    assert newest(folder) == 4


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_where_none_is_whole_the_folder_to_delete_is_named_and_nothing_is_removed(
    folder: TrainingFolder, damage: Callable[[Path], None], said: str
) -> None:
    for checkpoint in folder.checkpoints.glob("step-*"):
        damage(checkpoint)
    wanted = rf"checkpoints: no checkpoint is whole \(step-4: {said}; step-6: .*delete that folder"
    with pytest.raises(SettingError, match=wanted):
        folder.drop_damaged()
    assert len(list(folder.checkpoints.glob("step-*"))) == 2
    assert newest(folder) is None


def test_an_older_one_that_is_damaged_does_not_stop_the_newest(folder: TrainingFolder) -> None:
    cut_short(folder.checkpoints / "step-4")
    (line,) = folder.drop_damaged()
    assert "step-4: is not whole" in line
    assert line.endswith("going on from step-6")
    assert newest(folder) == 6


def test_a_kill_while_an_old_one_is_removed_leaves_no_half_of_it(
    folder: TrainingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = shutil.rmtree

    def killed(path: Path, ignore_errors: bool = False) -> None:
        if path.is_dir() and path.name == "step-4":
            (path / "optimizer.pt").unlink()
            raise InterruptedError
        removed(path, ignore_errors=ignore_errors)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(InterruptedError):
            folder.keep_checkpoint(a_checkpoint(folder, 8), 8, keep=2)
    assert folder.drop_damaged() == []
    assert newest(folder) == 8
    assert sorted(each.name for each in folder.checkpoints.iterdir()) == ["step-6", "step-8"]
