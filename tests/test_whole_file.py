"""Files that are whole or as they were, and their owner's alone."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
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


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_device(place: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes a device")
    try:
        os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no device may be made here")


@pytest.mark.parametrize(
    ("make", "kind"), [(a_pipe, "a pipe"), (a_device, "a device"), (Path.mkdir, "a folder")]
)
@pytest.mark.parametrize("by_a_link", [False, True])
def test_what_is_no_file_is_refused_before_anything_is_written(
    tmp_path: Path, make: Callable[[Path], None], kind: str, *, by_a_link: bool
) -> None:
    node = named = tmp_path / "node"
    make(node)
    before = node.stat()
    if by_a_link:
        named = tmp_path / "link"
        named.symlink_to(node)
    there = set(tmp_path.iterdir())
    with pytest.raises(SettingError, match=rf"{named.name}: this is {kind}; name a file"):  # noqa: SIM117
        with whole_file(named):
            pytest.fail("something would be written")
    after = node.lstat()
    assert (after.st_mode, after.st_ino) == (before.st_mode, before.st_ino)
    assert set(tmp_path.iterdir()) == there


@pytest.mark.parametrize("target", ["there.csv", "new.csv", "nowhere/new.csv"])
def test_a_link_stays_and_the_file_it_leads_to_is_whole_or_as_it_was(
    tmp_path: Path, target: str
) -> None:
    (tmp_path / "there.csv").write_text("before")
    led_to, link, outer = tmp_path / target, tmp_path / "link.csv", tmp_path / "outer.csv"
    link.symlink_to(target)  # relative to its folder
    outer.symlink_to(link)
    before = led_to.read_text() if led_to.exists() else None
    with pytest.raises(KeyError):
        write(outer, "half", KeyError("a fault of ours"))
    assert (led_to.read_text() if led_to.exists() else None) == before
    write(outer, "one")
    assert link.is_symlink()
    assert outer.is_symlink()
    assert (led_to.read_text(), led_to.stat().st_mode & 0o777) == ("one", 0o600)
    assert not list(tmp_path.rglob(".*"))


def test_a_link_that_leads_to_itself_is_one_sentence(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(link)
    with pytest.raises(SettingError, match=r"link\.csv: cannot be written \(Too many levels"):
        write(link, "one")
    assert link.is_symlink()


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", "one")
    assert sha256_of(tmp_path / "rows.jsonl") == hashlib.sha256(b"one").hexdigest()
