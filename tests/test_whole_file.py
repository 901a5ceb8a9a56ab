"""Files that are whole or as they were, and their owner's alone."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.whole_file import sha256_of, whole_file


@pytest.fixture(autouse=True)
def everyone_may_read() -> Iterator[None]:
    """The shell's usual umask, as Python has it where the command line does not set its own."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def write(file: Path, text: str, fault: Exception | None = None) -> None:
    with whole_file(file) as making:
        making.write_text(text)
        if fault is not None:
            raise fault


def test_a_file_is_its_owners_alone_and_its_folder_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "rows.jsonl"
    write(file, "one")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("one", 0o600)
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_everyone_could_read_is_its_owners_alone_once_written_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rows.jsonl"
    for left in (file, tmp_path / ".rows.jsonl.making"):  # of a write that was killed
        left.write_text("before")
    write(file, "one")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("one", 0o600)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), SettingError),
        (KeyError("a fault of ours"), KeyError),
    ],
)
def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(
    tmp_path: Path, fault: Exception, told: type[Exception]
) -> None:
    file = tmp_path / "rows.jsonl"
    write(file, "before")
    with pytest.raises(told):
        write(file, "half", fault)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_disk_that_is_full_is_one_sentence(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(SettingError, match=r"a\.jsonl: cannot be written \(No space left on dev"):
        write(tmp_path / "a.jsonl", "half", full)
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"file/a\.jsonl: cannot be written \("):
        write(tmp_path / "file" / "a.jsonl", "one")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", "one")
    assert sha256_of(tmp_path / "rows.jsonl") == hashlib.sha256(b"one").hexdigest()
