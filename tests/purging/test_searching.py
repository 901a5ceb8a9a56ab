"""Looking for marks in every byte of a folder."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from clinseek.purging import Mark, search
from clinseek.purging.searching import number_marks

NAME = Mark("a name", "Wilhelmina Å".encode())


def test_a_mark_is_found_in_a_name_a_file_and_a_gzip_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "Wilhelmina Å.txt").write_text("nothing")
    (tmp_path / "deep" / "page.html").write_text("of Wilhelmina Å, aged 60")
    (tmp_path / "log.gz").write_bytes(gzip.compress("of Wilhelmina Å".encode()))
    (tmp_path / "other").write_text("of Wilhelm")
    (tmp_path / "empty").touch()
    found = search([tmp_path], [NAME])
    assert {each.file.name for each in found.left} == {"Wilhelmina Å.txt", "page.html", "log.gz"}
    assert found.files == 5


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("10000019", True),
        ("p10000019/s5", True),
        ('{"subject_id":10000019}', True),
        ("110000019", False),
        ("10000019.0 and 100000190", True),
        ("100000190", False),
    ],
)
def test_a_number_counts_where_no_digit_stands_beside_it(
    tmp_path: Path, text: str, stands: bool
) -> None:
    (tmp_path / "file").write_text(text)
    assert bool(search([tmp_path], number_marks("patient", 10000019)).left) is stands


def test_a_number_that_msgpack_wrote_is_found(tmp_path: Path) -> None:
    import ormsgpack

    (tmp_path / "file").write_bytes(ormsgpack.packb({"subject_id": 10000019}))
    assert search([tmp_path], number_marks("patient", 10000019)).left


def test_what_is_packed_otherwise_is_named_and_what_is_passed_over_is_not_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "file").write_text("Wilhelmina Å")
    (tmp_path / "link").symlink_to(tmp_path / "demo")
    found = search([tmp_path], [NAME], passed_over=[tmp_path / "demo"])
    assert found.left == ()
    assert found.unread == (tmp_path / "rows.parquet",)


@pytest.mark.parametrize("name", ["run.tgz", "run.TAR.GZ", "run.dat", "run", "run.zip"])
def test_what_gzip_packed_is_looked_into_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    page = tmp_path / "page"
    page.write_text("of Wilhelmina Å")
    place = tmp_path / "place"
    place.mkdir()
    with tarfile.open(place / name, "w:gz") as packed:
        packed.add(page)
    found = search([place], [NAME])
    assert [each.file.name for each in found.left] == [name]
    assert found.unread == ()


@pytest.mark.parametrize("name", ["run.txz", "table.xlsx", "a.dat", "a.zip", "a.gz", "log.json"])
def test_what_is_packed_otherwise_is_named_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    """By how it begins: of a suffix that nobody thought of it was said that nothing is there."""
    file = tmp_path / name
    for packed in _packed(tmp_path.parent / f"{tmp_path.name}.zip", b"of somebody"):
        file.write_bytes(packed)
        found = search([tmp_path], [NAME])
        assert (found.left, found.unread) == ((), (file,)), packed[:8]


def _packed(room: Path, content: bytes) -> list[bytes]:
    """The same bytes in the forms that this Python can write, and how others begin."""
    with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("page", content)
    return [
        room.read_bytes(),
        bz2.compress(content),
        lzma.compress(content),
        lzma.compress(content, format=lzma.FORMAT_ALONE),
        b"\x28\xb5\x2f\xfd...",
        b"7z\xbc\xaf\x27\x1c...",
        b"PAR1...PAR1",
        gzip.compress(room.read_bytes()),
        gzip.compress(gzip.compress(content)),
    ]


@pytest.mark.parametrize("kept", [30, -4])
def test_a_gzip_file_that_is_broken_is_named(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "log.gz"
    file.write_bytes(gzip.compress("of Wilhelmina Å".encode())[:kept])
    assert search([tmp_path], [NAME]).unread == (file,)


@pytest.mark.parametrize("content", [b"x", b"PK", b"7zip is a word", b"BZh is a word too", b"]"])
def test_what_is_not_packed_is_looked_into_and_not_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    found = search([tmp_path], [NAME, Mark("all of it", content)])
    assert [each.what for each in found.left] == ["all of it"]
    assert found.unread == ()


@pytest.mark.parametrize("how", ["w", "w:gz"])
@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"x"), b"PK\x03\x04...", b"SQLite format 3\0..."],
    ids=["gzip", "zip", "SQLite"],
)
def test_a_tar_that_holds_what_is_packed_is_named(
    tmp_path: Path, packed: bytes, how: Literal["w", "w:gz"]
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for name, content in (("a", b"plain"), ("b", packed)):
        (tmp_path / name).write_bytes(content)
    with tarfile.open(place / "plain", how) as written:
        written.add(tmp_path / "a")
    with tarfile.open(place / "both", how) as written:
        written.add(tmp_path / "a")
        written.add(tmp_path / "b")
    assert search([place], [NAME]).unread == (place / "both",)


def test_a_tar_that_is_cut_off_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    (tmp_path / "page").write_bytes(b"x" * 5_000)
    with tarfile.open(file, "w") as written:
        written.add(tmp_path / "page")
    file.write_bytes(file.read_bytes()[:2_000])
    assert search([tmp_path], [NAME]).unread == (file,)
