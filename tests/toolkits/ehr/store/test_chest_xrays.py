"""MIMIC-CXR and MIMIC-CXR-JPG folders become one table of images."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.cli.ingest import closing_lines
from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.store.cxr.study_time import study_time
from clinseek.toolkits.ehr.tables.cxr import LABELS
from clinseek.validity.oracle import raw_records, stored_record

from .raw_folder import RawFolder, ingested, rejected_rows, rows_of, touch_vocabulary
from .raw_images import ImageFolder, labels_line, metadata_line

IDS = (10_000_010, 10_000_020, 10_000_030)


@pytest.fixture
def raw(tmp_path: Path) -> RawFolder:
    return RawFolder(tmp_path / "raw", subjects=IDS)


@pytest.fixture
def jpg(tmp_path: Path) -> ImageFolder:
    """MIMIC-CXR-JPG on another disk: a study of two images, and one of another patient."""
    folder = ImageFolder(tmp_path / "other" / "mimic-cxr-jpg" / "2.0.0")
    folder.write(
        "metadata",
        metadata_line("aa-1", IDS[0], 50_000_009),
        metadata_line("aa-2", IDS[0], 50_000_009),
        metadata_line("bb-1", IDS[1], 50_000_001, time="530.0"),
        metadata_line("zz-9", 19_999_999, 50_000_002),
    )
    folder.write(
        "split", ("aa-1", 50_000_009, IDS[0], "train"), ("bb-1", 50_000_001, IDS[1], "test")
    )
    folder.write(
        "chexpert",
        labels_line(IDS[0], 50_000_009, Edema="-1.0", Pleural_Effusion="1.0", No_Finding="0.0"),
    )
    folder.write("negbio", labels_line(IDS[0], 50_000_009, Edema="1.0"))
    folder.image(IDS[0], 50_000_009, "aa-1")
    return folder


def images(raw: RawFolder, *folders: ImageFolder, out: Path, subject: int = IDS[0]) -> list[Any]:
    """The rows of one patient's X-rays after an ingest of all folders."""
    ingest([raw.path, *(folder.path for folder in folders)], out, vocabulary=touch_vocabulary)
    return rows_of(Store.open(out), subject, "cxr")


def test_an_image_is_a_row_with_its_time_split_path_and_labels(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    first, second = images(raw, jpg, out=out)

    told = {column: cell for column, cell in first.items() if cell is not None}
    assert told == {
        "subject_id": IDS[0],
        "study_id": 50_000_009,
        "dicom_id": "aa-1",
        "studydatetime": datetime(2180, 5, 6, 21, 30, 14, 531_000),
        "viewposition": "AP",
        "rows": 3056,
        "columns": 2544,
        "performedprocedurestepdescription": "CHEST (PORTABLE AP)",
        "procedurecodesequence_codemeaning": "CHEST (PORTABLE AP)",
        "viewcodesequence_codemeaning": "antero-posterior",
        "patientorientationcodesequence_codemeaning": "Erect",
        "split": "train",
        "image_path": f"files/p10/p{IDS[0]}/s50000009/aa-1.jpg",
        "chexpert_edema": -1,
        "chexpert_no_finding": 0,
        "chexpert_pleural_effusion": 1,
        "negbio_edema": 1,
    }
    assert second["split"] is None
    assert [second[label] for label in LABELS] == [first[label] for label in LABELS]


def test_zeros_that_study_time_lost_are_given_back(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    (row,) = images(raw, jpg, out=out, subject=IDS[1])
    assert row["studydatetime"] == datetime(2180, 5, 6, 0, 5, 30)


def test_patients_whom_mimic_iv_does_not_list_are_left_out_and_counted(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    report = ingest([raw.path, jpg.path], out, vocabulary=touch_vocabulary)
    (cxr,) = (table for table in report.tables if table.table == "cxr")
    assert (cxr.module, cxr.rows, cxr.unlisted, cxr.rejected) == ("cxr", 3, 1, 0)


def test_only_selected_patients_are_taken(
    raw: RawFolder, jpg: ImageFolder, out: Path, tmp_path: Path
) -> None:
    chosen = tmp_path / "chosen.txt"
    chosen.write_text(f"{IDS[1]}\n")
    report = ingest([raw.path, jpg.path], out, subjects=chosen, vocabulary=touch_vocabulary)
    (cxr,) = (table for table in report.tables if table.table == "cxr")
    assert (cxr.rows, cxr.unselected) == (1, 2)


def test_the_images_stay_where_they_are_and_are_not_even_listed(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    report = ingest([raw.path, jpg.path], out, vocabulary=touch_vocabulary)
    assert report.strays == ()
    assert not [path for path in out.rglob("*") if path.suffix == ".jpg"]
    said = "\n".join(closing_lines(report))
    assert f"X-ray images (.jpg) stay where they are: seen below {jpg.path}" in said


def test_the_folder_may_be_a_part_of_the_raw_folder(raw: RawFolder, out: Path) -> None:
    inside = ImageFolder(raw.path / "cxr")
    inside.write("metadata", metadata_line("aa-1", IDS[0], 50_000_009))
    inside.image(IDS[0], 50_000_009, "aa-1")
    inside.report(IDS[0], 50_000_009)
    _, report = ingested(raw, out)
    (row,) = rows_of(Store.open(out), IDS[0], "cxr")
    assert report.strays == report.unknown_tables == ()
    assert row["report_path"] == f"files/p10/p{IDS[0]}/s50000009.txt"


def test_the_original_mimic_cxr_has_dicom_files_and_lists(
    raw: RawFolder, jpg: ImageFolder, out: Path, tmp_path: Path
) -> None:
    """Its study times stand in the metadata of MIMIC-CXR-JPG alone."""
    dicom = ImageFolder(tmp_path / "mimic-cxr" / "2.1.0")
    path = f"files/p10/p{IDS[0]}/s50000009/aa-1.dcm"
    dicom.write("records", (IDS[0], 50_000_009, "aa-1", path))
    dicom.write("studies", (IDS[0], 50_000_009, f"files/p10/p{IDS[0]}/s50000009.txt"))
    dicom.image(IDS[0], 50_000_009, "aa-1", ".dcm")
    (jpg.path / f"files/p10/p{IDS[0]}/s50000009/aa-1.jpg").unlink()
    rows = images(raw, jpg, dicom, out=out)
    assert [row["image_path"] for row in rows] == [path, path.replace("aa-1", "aa-2")]
    assert [row["report_path"] for row in rows] == [f"files/p10/p{IDS[0]}/s50000009.txt"] * 2


@pytest.mark.parametrize("broken", ["../../x", "/etc/passwd", "a/../../b", "..\\x"])
def test_a_path_that_leads_out_of_the_folder_is_left_empty(
    raw: RawFolder, jpg: ImageFolder, out: Path, broken: str
) -> None:
    jpg.write("records", (IDS[0], 50_000_009, "aa-1", broken))
    jpg.write("studies", (IDS[0], 50_000_009, broken))
    first, second = images(raw, jpg, out=out)
    assert (first["image_path"], first["report_path"]) == (None, None)
    assert second["image_path"] == f"files/p10/p{IDS[0]}/s50000009/aa-2.jpg"


def test_where_both_kinds_of_image_lie_the_smaller_files_are_named(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    path = f"files/p10/p{IDS[0]}/s50000009/aa-1.dcm"
    jpg.write("records", (IDS[0], 50_000_009, "aa-1", path))
    jpg.image(IDS[0], 50_000_009, "aa-1", ".dcm")
    assert images(raw, jpg, out=out)[0]["image_path"] == path.replace(".dcm", ".jpg")


def test_reports_unpacked_into_a_folder_of_their_own_are_found(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    jpg.report(IDS[0], 50_000_009, below="mimic-cxr-reports")
    rows = images(raw, jpg, out=out)
    path = f"mimic-cxr-reports/files/p10/p{IDS[0]}/s50000009.txt"
    assert [row["report_path"] for row in rows] == [path, path]


def test_files_that_are_missing_leave_their_columns_empty_and_are_told(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    for part in ("split", "negbio"):
        (jpg.path / f"mimic-cxr-2.0.0-{part}.csv.gz").unlink()
    report = ingest([raw.path, jpg.path], out, vocabulary=touch_vocabulary)
    first = rows_of(Store.open(out), IDS[0], "cxr")[0]
    assert (first["split"], first["negbio_edema"], first["chexpert_edema"]) == (None, None, -1)
    assert (
        "empty in cxr, for want of a file: split, the labels of NegBio, report_path (no report was "
        "seen, nor cxr-study-list.csv.gz)"
    ) in list(closing_lines(report))


def test_without_metadata_it_is_refused_with_where_to_get_it(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    (jpg.path / "mimic-cxr-2.0.0-metadata.csv.gz").unlink()
    with pytest.raises(
        RawRecordError, match=r"no mimic-cxr-2\.0\.0-metadata\.csv\.gz, which alone"
    ):
        ingest([raw.path, jpg.path], out)


def test_a_file_that_lacks_a_column_is_named_with_it(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    path = jpg.write("split", header=("dicom_id", "study_id", "subject_id"))
    with pytest.raises(RawRecordError, match="column split of table split missing") as refused:
        ingest([raw.path, jpg.path], out)
    assert str(path) in str(refused.value)
    assert "MIMIC-CXR" in str(refused.value)


def test_a_file_that_is_there_twice_is_refused(raw: RawFolder, jpg: ImageFolder, out: Path) -> None:
    jpg.write("split", ending=".csv")
    with pytest.raises(RawRecordError, match="the split of MIMIC-CXR is there twice"):
        ingest([raw.path, jpg.path], out)


def test_a_broken_line_is_set_aside_with_its_file_line_and_column(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    jpg.write(
        "metadata",
        metadata_line("aa-1", IDS[0], 50_000_009),
        metadata_line("aa-2", IDS[0], 50_000_009, time="half past nine"),
        metadata_line("aa-3", IDS[0], 50_000_009, date="21801345"),
        metadata_line("aa-4", IDS[0], 50_000_009, time="246060"),
    )
    jpg.write(
        "chexpert",
        labels_line(IDS[0], 50_000_009, Edema="maybe"),
        labels_line(IDS[0], 50_000_009, Edema="0.0"),
    )
    (row,) = images(raw, jpg, out=out)
    assert (row["dicom_id"], row["chexpert_edema"]) == ("aa-1", 0)
    assert [(each["file"], each["line"], each["reason"]) for each in rejected_rows(out, "cxr")] == [
        (
            "cxr/mimic-cxr-2.0.0-metadata.csv.gz",
            "3",
            "studydatetime: '21800506 half past nine' is no time",
        ),
        (
            "cxr/mimic-cxr-2.0.0-metadata.csv.gz",
            "4",
            "studydatetime: '2180-13-45 21:30:14.531' is no time",
        ),
        (
            "cxr/mimic-cxr-2.0.0-metadata.csv.gz",
            "5",
            "studydatetime: '2180-05-06 24:60:60' is no time",
        ),
        ("cxr/mimic-cxr-2.0.0-chexpert.csv.gz", "2", "edema: 'maybe' is no integer"),
    ]


def test_a_study_without_a_time_counts_from_the_end_of_its_day(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    jpg.write("metadata", metadata_line("aa-1", IDS[0], 50_000_009, time=""))
    (row,) = images(raw, jpg, out=out)
    assert row["studydatetime"] == datetime(2180, 5, 6, 23, 59, 59)


def test_a_store_that_stands_gets_the_table_and_keeps_all_others(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    before, first = ingested(raw, out)
    assert "cxr" in first.missing
    report = ingest([raw.path, jpg.path], out, vocabulary=touch_vocabulary)
    assert {each.table: each.kept for each in report.tables} == {
        "patients": True,
        "admissions": True,
        "cxr": False,
    }
    assert Store.open(out).fingerprint != before.fingerprint
    again = ingest([raw.path, jpg.path], out, vocabulary=touch_vocabulary)
    assert again.already_complete


def test_reports_that_are_unpacked_later_are_noticed(
    raw: RawFolder, jpg: ImageFolder, out: Path
) -> None:
    assert images(raw, jpg, out=out)[0]["report_path"] is None
    jpg.report(IDS[0], 50_000_009)
    assert images(raw, jpg, out=out)[0]["report_path"] is not None


def test_a_dry_run_counts_the_images(raw: RawFolder, jpg: ImageFolder, out: Path) -> None:
    report = ingest([raw.path, jpg.path], out, dry_run=True)
    (cxr,) = (table for table in report.tables if table.table == "cxr")
    assert cxr.rows == 3
    assert not out.exists()


@pytest.mark.parametrize("lists", [False, True], ids=["by ids", "by lists"])
def test_the_second_reading_of_the_raw_files_finds_the_same_rows(
    raw: RawFolder, jpg: ImageFolder, out: Path, *, lists: bool
) -> None:
    jpg.write(
        "metadata",
        *(
            metadata_line(f"aa-{number}", IDS[number % 3], 50_000_000 + number % 4, time=time)
            for number, time in enumerate(TIMES)
        ),
        metadata_line("aa-90", IDS[0], 50_000_001, date=""),
        metadata_line("aa-91", IDS[0], 50_000_001, date="1"),
        ("aa-92", IDS[0], 50_000_001),
        metadata_line("../../../x", IDS[0], 50_000_001),
    )
    jpg.write("split", ("aa-1", 1, IDS[1], "validate"), ("aa-1", 1, IDS[1], "test"), ("x",))
    jpg.report(IDS[1], 50_000_001)
    if lists:
        jpg.write("records", (IDS[1], 50_000_001, "aa-1", "files/elsewhere/aa-1.dcm"))
        jpg.write("studies", (IDS[1], 50_000_001, "files/elsewhere/s1.txt"))
    ingest([raw.path, jpg.path], out, vocabulary=touch_vocabulary)
    again = raw_records([raw.path, jpg.path], IDS, ["patients", "admissions", "cxr"])
    kept = 0
    for subject in IDS:
        held = stored_record(Store.open(out), subject)["cxr"]
        kept += len(held)
        assert sorted(held, key=repr) == sorted(again[subject]["cxr"], key=repr)
    assert kept == len(TIMES) - len(UNREADABLE) + 2


UNREADABLE = ("1234567", "-1", "12:30:00", "1e5", "240000", "126000", "noon")
TIMES = (
    "213014.531", "75321", "75321.0", "0", "0.0", "5", "59.9", "530", "95959.999999", "000001.5",
    "235959.1234567", "", *UNREADABLE,
)  # fmt: skip
"""StudyTime in all shapes, and some that cannot be read."""


@given(st.times())
def test_a_time_is_read_back_whatever_was_lost_of_it(moment: time) -> None:
    digits = moment.strftime("%H%M%S").lstrip("0")
    written = f"{digits or '0'}.{moment.microsecond:06d}".rstrip("0").rstrip(".") or "0"
    read = study_time("21500305", written if digits else f"0.{moment.microsecond:06d}")
    assert read is not None
    assert datetime.fromisoformat(read.ljust(26, "0") if "." in read else read).time() == moment
