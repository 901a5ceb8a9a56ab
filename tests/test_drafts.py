"""Folders that are whole or not there, of which one process at a time makes each."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clinseek.drafts import draft_of
from clinseek.errors import SettingError

MAKER = """
import sys, time
from pathlib import Path
from clinseek.drafts import draft_of
with draft_of(sys.argv[1]) as draft:
    (draft / "rows").write_text("half")
    print("begun", flush=True)
    time.sleep(60)
"""


def test_a_draft_takes_its_place_only_once_it_is_whole(tmp_path: Path) -> None:
    def stopped_half_way() -> None:
        with draft_of(tmp_path / "made") as draft:
            (draft / "rows").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stopped_half_way()
    assert list(tmp_path.iterdir()) == []

    with draft_of(tmp_path / "made") as draft:
        (draft / "rows").write_text("whole")
    assert [file.name for file in tmp_path.iterdir()] == ["made"]
    assert [file.name for file in (tmp_path / "made").iterdir()] == ["rows"]


def test_one_folder_is_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    with draft_of(tmp_path / "made") as draft:
        (draft / "rows").write_text("whole")
        with (
            pytest.raises(SettingError, match="is being made by another process"),
            draft_of(tmp_path / "made"),
        ):
            pytest.fail("two may not make one folder")
    assert (tmp_path / "made" / "rows").read_text() == "whole"


def test_what_a_killed_process_left_is_removed_by_the_next_that_makes_the_folder(
    tmp_path: Path,
) -> None:
    out = tmp_path / "made"
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER, str(out)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not out.exists()

    with draft_of(out) as draft:
        assert list(draft.iterdir()) == []
    assert [file.name for file in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("held", ["a folder", "a file"])
def test_what_is_there_is_not_written_over(tmp_path: Path, held: str) -> None:
    out = tmp_path / "made"
    if held == "a folder":
        out.mkdir()
        (out / "rows").write_text("others")
    else:
        out.write_text("others")
    left = tmp_path / ".made.draft"  # of one that was killed behind its last step
    left.mkdir()
    with pytest.raises(SettingError, match="is there already; name a new folder"), draft_of(out):
        pytest.fail("it holds something")
    assert [file.name for file in tmp_path.iterdir()] == ["made"]


def test_an_empty_folder_that_is_there_is_filled_and_is_its_owners_alone(tmp_path: Path) -> None:
    out = tmp_path / "made"
    out.mkdir()
    with draft_of(out) as draft:
        (draft / "rows").write_text("whole")
    assert (out / "rows").read_text() == "whole"
    assert out.stat().st_mode & 0o077 == 0


def test_a_parent_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingError, match=r"--out .*/file/made: cannot be written \("),
        draft_of(tmp_path / "file" / "made"),
    ):
        pytest.fail("a file holds no folder")
