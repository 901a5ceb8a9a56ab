"""Folders that live as long as their process: what a killed one leaves, the next removes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clinseek.scratch import Scratch, scratch_folder

HOLDER = """
import sys, time
from pathlib import Path
from clinseek.scratch import Scratch
scratch = Scratch("held-", parent=Path(sys.argv[1]))
(scratch.path / "rows").write_text("a whole record")
print(scratch.path, flush=True)
time.sleep(60)
"""


def _holder(parent: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(parent)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_it_is_its_owners_alone_and_gone_with_the_context(tmp_path: Path) -> None:
    with scratch_folder("clinseek-x-", parent=tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "rows").write_text("1")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_that_makes_one(tmp_path: Path) -> None:
    process, left = _holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (left / "rows").exists()

    with scratch_folder("held-", parent=tmp_path):
        assert not left.exists()


def test_what_a_living_process_holds_stays(tmp_path: Path) -> None:
    process, held = _holder(tmp_path)
    with scratch_folder("held-", parent=tmp_path):
        assert (held / "rows").exists()
    process.kill()
    process.communicate()


def test_another_prefix_and_a_folder_without_a_lock_are_let_alone(tmp_path: Path) -> None:
    for name in ("other-1", "mine-of-an-older-version"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows").write_text("1")
    (tmp_path / "mine-killed-at-once").mkdir()

    with scratch_folder("mine-", parent=tmp_path) as folder:
        there = {each.name for each in tmp_path.iterdir()}

    assert there == {"other-1", "mine-of-an-older-version", folder.name}


def test_removing_it_again_does_nothing(tmp_path: Path) -> None:
    scratch = Scratch("x-", parent=tmp_path)
    scratch.remove()
    scratch.remove()
    assert not scratch.path.exists()
    with pytest.raises(OSError, match="No such file"):
        next(scratch.path.iterdir())
