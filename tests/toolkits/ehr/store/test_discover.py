"""Which files of a download are tables, and what is said of the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store.discover import discover

from .raw_folder import RawFolder, ingested


def test_tables_are_found_at_any_depth_in_folders_named_like_modules(tmp_path: Path) -> None:
    RawFolder(tmp_path / "mimiciv" / "3.1")
    ed = RawFolder(tmp_path / "elsewhere")
    ed.write("triage", [])
    found = discover([tmp_path / "mimiciv", tmp_path / "elsewhere" / "ed"])
    assert set(found.tables) == {"patients", "admissions", "triage"}


def test_a_folder_that_is_itself_hosp_is_enough(raw: RawFolder) -> None:
    assert set(discover([raw.path / "hosp"]).tables) == {"patients", "admissions"}


def test_a_link_named_hosp_counts_as_hosp(raw: RawFolder, tmp_path: Path) -> None:
    (raw.path / "hosp").rename(tmp_path / "renamed")
    (raw.path / "hosp").symlink_to(tmp_path / "renamed")
    assert "patients" in discover([raw.path]).tables


def test_naming_a_folder_and_the_folder_above_it_finds_each_file_once(raw: RawFolder) -> None:
    assert "patients" in discover([raw.path, raw.path / "hosp"]).tables


def test_the_same_table_in_two_places_is_refused_with_both_names(raw: RawFolder) -> None:
    first = raw.write("omr", [])
    second = raw.write("omr", [], ending=".csv")
    with pytest.raises(RawRecordError, match="omr is there twice") as refused:
        discover([raw.path])
    assert str(first) in str(refused.value)
    assert str(second) in str(refused.value)


def test_a_link_to_a_file_that_is_not_there_is_refused(raw: RawFolder, tmp_path: Path) -> None:
    (raw.path / "hosp" / "omr.csv.gz").symlink_to(tmp_path / "unmounted")
    with pytest.raises(RawRecordError, match=r"omr.csv.gz is a link to a file that is not there"):
        discover([raw.path])


def test_stray_files_and_unknown_tables_are_named_and_companions_are_not(raw: RawFolder) -> None:
    stray = raw.path / "demo_subject_id.csv"
    half = raw.path / "hosp" / "labevents.csv.gz.part"
    unknown = raw.path / "hosp" / "foo.csv.gz"
    misplaced = raw.path / "hosp" / "chartevents.csv"
    for path in (stray, half, unknown, misplaced, raw.path / "LICENSE.txt"):
        path.touch()
    found = discover([raw.path])
    assert set(found.strays) == {stray, half}
    assert set(found.unknown_tables) == {unknown, misplaced}


def test_an_unknown_table_is_never_in_the_store(raw: RawFolder, out: Path) -> None:
    (raw.path / "hosp" / "foo.csv").write_text("subject_id,secret\n10,1\n")
    store, report = ingested(raw, out)
    assert [path.name for path in report.unknown_tables] == ["foo.csv"]
    assert set(store.tables) == {"patients", "admissions"}
    assert not list(out.rglob("*foo*"))


def test_missing_optional_tables_are_named(raw: RawFolder, out: Path) -> None:
    _, report = ingested(raw, out)
    assert "labevents" in report.missing
    assert "patients" not in report.missing


def test_a_store_that_lies_among_the_raw_files_is_passed_over(raw: RawFolder) -> None:
    store = raw.path / "store"
    ingested(raw, store)
    _, report = ingested(raw, store)
    assert report.already_complete
    assert report.strays == ()


@pytest.mark.parametrize("table", ["patients", "admissions"])
def test_without_patients_or_admissions_nothing_can_be_made(raw: RawFolder, table: str) -> None:
    (raw.path / "hosp" / f"{table}.csv.gz").unlink()
    with pytest.raises(RawRecordError, match=f"hosp/{table}.csv.gz not found"):
        discover([raw.path])


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(RawRecordError, match=r"nowhere does not exist; name the folder"):
        discover([tmp_path / "nowhere"])


def test_a_file_in_place_of_a_folder_is_named(raw: RawFolder) -> None:
    with pytest.raises(RawRecordError, match="is a file, not a folder"):
        discover([raw.path / "hosp" / "patients.csv.gz"])


def test_a_folder_without_any_table_says_what_a_download_looks_like(raw: RawFolder) -> None:
    shutil.rmtree(raw.path / "hosp")
    with pytest.raises(RawRecordError, match=r"no MIMIC table found under .* hosp, icu, ed"):
        discover([raw.path])


def test_code_lists_among_the_raw_files_are_no_strays(tmp_path: Path) -> None:
    from clinseek.toolkits.ehr.synthetic import synthesise

    synthesise(tmp_path / "raw", patients=1, seed=3)
    codes = tmp_path / "raw" / "codes"
    assert discover([tmp_path / "raw"], apart=[codes]).strays == ()
    assert {path.parent for path in discover([tmp_path / "raw"]).strays} == {codes}


def test_x_rays_alone_are_no_record(tmp_path: Path) -> None:
    (tmp_path / "cxr").mkdir()
    (tmp_path / "cxr" / "mimic-cxr-2.0.0-metadata.csv").write_text("dicom_id,subject_id\n")
    with pytest.raises(RawRecordError, match="X-rays alone, which are no record by themselves"):
        discover([tmp_path / "cxr"])
