"""Looking for marks in every byte of a folder."""

import gzip
from pathlib import Path

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
