"""A list of patients narrows an ingest; whoever is not in the record is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store.subjects import read_subject_list

from .raw_folder import RawFolder, ingested


@pytest.mark.parametrize(
    "text",
    ["10\n30\n", "subject_id\n10\n30\n", "\ufeffsubject_id,x\r\n10,a\r\n\r\n30,b", '"10"\n30'],
)
def test_a_list_is_one_subject_id_a_line_with_or_without_a_header(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "chosen.csv"
    path.write_text(text, encoding="utf-8")
    assert read_subject_list(path) == (10, 30)


def test_only_the_listed_patients_are_taken_and_absent_ones_are_named(
    raw: RawFolder, out: Path, tmp_path: Path
) -> None:
    raw.write("omr", [{"subject_id": subject} for subject in (10, 10, 20, 30, 30, 30)])
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("subject_id\n30\n10\n99\n")
    store, report = ingested(raw, out, subjects=chosen)
    assert store.subjects() == [10, 30]
    assert report.absent_subjects == (99,)
    (told,) = [each for each in report.tables if each.table == "omr"]
    assert (told.rows, told.unselected, told.unlisted) == (5, 1, 0)


def test_another_list_makes_the_store_anew(raw: RawFolder, out: Path, tmp_path: Path) -> None:
    whole, _ = ingested(raw, out)
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("20\n")
    narrow, _ = ingested(raw, out, subjects=chosen)
    assert narrow.subjects() == [20]
    assert narrow.fingerprint != whole.fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10\nten\n", "line 2: 'ten' is no subject_id"),
        ("", "names no patient"),
        ("99\n", "no patient that the list of patients names"),
    ],
)
def test_a_list_that_cannot_be_used_is_one_sentence(
    raw: RawFolder, out: Path, tmp_path: Path, text: str, said: str
) -> None:
    chosen = tmp_path / "chosen.csv"
    chosen.write_text(text)
    with pytest.raises(RawRecordError, match=said):
        ingested(raw, out, subjects=chosen)


def test_a_list_that_does_not_exist_is_named(raw: RawFolder, out: Path, tmp_path: Path) -> None:
    with pytest.raises(RawRecordError, match=r"nobody.csv does not exist"):
        ingested(raw, out, subjects=tmp_path / "nobody.csv")


def test_a_refused_list_leaves_no_folder_behind(raw: RawFolder, tmp_path: Path) -> None:
    (tmp_path / "chosen").write_text("99\n")
    with pytest.raises(RawRecordError, match="holds no patient"):
        ingested(raw, tmp_path / "new" / "store", subjects=tmp_path / "chosen")
    assert not (tmp_path / "new").exists()


def test_a_refused_list_leaves_an_empty_folder_empty(
    raw: RawFolder, out: Path, tmp_path: Path
) -> None:
    out.mkdir()
    (tmp_path / "chosen").write_text("99\n")
    with pytest.raises(RawRecordError, match="holds no patient"):
        ingested(raw, out, subjects=tmp_path / "chosen")
    assert list(out.iterdir()) == []
