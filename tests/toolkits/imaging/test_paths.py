"""Which files a run may open."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pytest

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.imaging.reading import roots
from clinseek.toolkits.imaging.reading.roots import ImageRoot
from tests.toolkits.imaging.drawing import write_png


@pytest.fixture
def root(tmp_path: Path) -> ImageRoot:
    images = tmp_path / "images"
    (images / "p10" / "s5").mkdir(parents=True)
    write_png(images / "p10" / "s5" / "one.png")
    write_png(tmp_path / "outside.png")
    return ImageRoot(images, made=tmp_path / "made")


def test_an_image_is_named_by_its_path_below_the_root_or_by_its_whole_path(root: ImageRoot) -> None:
    below = root.read("p10/s5/one.png")
    whole = root.read(f"{root.folder}/p10/s5/one.png")
    assert below == whole
    assert below.name == "p10/s5/one.png"


@pytest.mark.parametrize(
    "written", ["../outside.png", "p10/../../outside.png", "p10/s5/../s5/one.png", "made/../x"]
)
def test_two_dots_are_refused_wherever_they_lead(root: ImageRoot, written: str) -> None:
    with pytest.raises(Refusal, match=r"may not hold `\.\.`"):
        root.read(written)


def test_an_absolute_path_elsewhere_is_refused_whether_it_exists_or_not(root: ImageRoot) -> None:
    assert root.folder is not None
    for written in (f"{root.folder.parent}/outside.png", "/etc/passwd", "/no/such/file.png"):
        with pytest.raises(Refusal, match="lies outside this run's images"):
            root.read(written)


def test_a_link_is_not_followed_be_it_the_file_or_a_folder_on_the_way(root: ImageRoot) -> None:
    assert root.folder is not None
    (root.folder / "file.png").symlink_to(root.folder.parent / "outside.png")
    (root.folder / "folder").symlink_to(root.folder.parent)
    (root.folder / "inside.png").symlink_to(root.folder / "p10" / "s5" / "one.png")
    for written in ("file.png", "folder/outside.png", "inside.png"):
        with pytest.raises(Refusal, match="link"):
            root.read(written)


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(root: ImageRoot) -> None:
    assert root.folder is not None
    os.mkfifo(root.folder / "pipe.png")
    for written in ("p10", ".", "pipe.png"):
        with pytest.raises(Refusal, match="it is no file"):
            root.read(written)


@pytest.mark.parametrize("written", ["", "  ", "a\0b", "x" * 2_000])
def test_what_is_no_path_is_refused(root: ImageRoot, written: str) -> None:
    with pytest.raises(Refusal, match="empty or no path"):
        root.read(written)


def test_a_file_that_is_not_there_is_named_and_no_folder_of_the_machine_is(root: ImageRoot) -> None:
    with pytest.raises(Refusal, match="no such file among this run's images") as told:
        root.read("p10/two.png")
    assert str(root.folder) not in str(told.value)


def test_a_file_of_0_bytes_holds_no_image(root: ImageRoot) -> None:
    assert root.folder is not None
    (root.folder / "empty.dcm").touch()
    with pytest.raises(Refusal, match=r"empty\.dcm has 0 bytes"):
        root.read("empty.dcm")


def test_what_the_tools_made_is_read_under_made_also_without_images(tmp_path: Path) -> None:
    root = ImageRoot(None, made=tmp_path / "drawn")
    write_png(tmp_path / "drawn" / "overlay.png")
    assert root.read("made/overlay.png").name == "made/overlay.png"
    assert root.read(str(tmp_path / "drawn" / "overlay.png")).name == "made/overlay.png"
    assert root.holds("made/overlay.png")
    assert not root.holds("overlay.png")


def test_the_hash_follows_the_file_when_it_changes(root: ImageRoot) -> None:
    assert root.folder is not None
    before = root.sha256("p10/s5/one.png")
    assert root.sha256("p10/s5/one.png") == before == root.read("p10/s5/one.png").sha256
    (root.folder / "p10" / "s5" / "one.png").write_bytes(b"other")
    assert root.sha256("p10/s5/one.png") != before


def test_a_root_that_is_no_folder_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is no folder"):
        ImageRoot(tmp_path / "nowhere", made=tmp_path / "made")


def test_where_files_are_named_no_other_of_the_folder_can_be_opened(
    root: ImageRoot, tmp_path: Path
) -> None:
    assert root.folder is not None
    (root.folder / "two.png").write_bytes(b"two")
    few = ImageRoot(root.folder, made=tmp_path / "made-by-few", only=["two.png"])
    (few.made / "one.png").write_bytes(b"drawn")

    assert few.name_of(f"{root.folder}/two.png") == "two.png"
    assert few.read("made/one.png").content == b"drawn"
    for other in ("p10/s5/one.png", f"{root.folder}/p10/s5/one.png"):
        with pytest.raises(Refusal, match="no such file among this run's images"):
            few.read(other)


@pytest.mark.parametrize(
    "name", ["a\nimage 2: b.png", "a\x1b[31m.png", "a\u2028b.png", "\ud800.png"]
)
def test_a_name_that_would_end_its_line_or_cannot_be_told_is_refused(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "images").mkdir()
    with suppress(UnicodeEncodeError):
        (tmp_path / "images" / name).write_bytes(b"x")
    root = ImageRoot(tmp_path / "images", made=tmp_path / "made")
    with pytest.raises(Refusal, match="no control character") as told:
        root.read(name)
    str(told.value).encode()
    assert len(str(told.value).splitlines()) == 1


def test_a_hash_is_remembered_only_of_a_file_that_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.png"
    root = ImageRoot(tmp_path, made=tmp_path / "made")
    for content in (b"one", b"two"):
        file.write_bytes(content)
        assert root.sha256("x.png") == hashlib.sha256(content).hexdigest()
    assert root._hashes == {}
    monkeypatch.setattr(roots, "_RESTS_AFTER_NS", -1)
    root.sha256("x.png")
    assert len(root._hashes) == 1
