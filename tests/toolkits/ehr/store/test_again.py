"""Running an ingest again: nothing finished is done twice, what changed is done anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinseek.errors import RawRecordError, StoreError
from clinseek.toolkits.ehr.store import IngestReport, Store, ingest

from .raw_folder import RawFolder, ingested, parquet_files, touch_vocabulary


def kept(report: IngestReport) -> set[str]:
    """The tables that the run found finished."""
    return {each.table for each in report.tables if each.kept}


def test_a_complete_store_is_left_as_it_is(raw: RawFolder, out: Path) -> None:
    raw.write("omr", [{"subject_id": 10}])
    first, _ = ingested(raw, out)
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.name != ".lock"}
    second, report = ingested(raw, out)
    assert report.already_complete
    assert kept(report) == {"patients", "admissions", "omr"}
    assert report.rows == 7
    assert first.manifest == second.manifest
    changed = [path for path, written in files.items() if path.stat().st_mtime_ns != written]
    assert changed in ([], [out])


def test_only_the_table_whose_file_changed_is_done_again(raw: RawFolder, out: Path) -> None:
    raw.write("omr", [{"subject_id": 10}])
    raw.write("labevents", [{"subject_id": 10}])
    before, _ = ingested(raw, out)
    raw.write("omr", [{"subject_id": 10}, {"subject_id": 20}])
    after, report = ingested(raw, out)
    assert kept(report) == {"patients", "admissions", "labevents"}
    assert not report.already_complete
    assert after.fingerprint != before.fingerprint
    assert after.read_subject(20)["omr"].num_rows == 1


def test_a_table_that_is_gone_from_the_download_is_gone_from_the_store(
    raw: RawFolder, out: Path
) -> None:
    path = raw.write("omr", [{"subject_id": 10}])
    dictionary = raw.write("d_items", [{"itemid": 1}])
    ingested(raw, out)
    path.unlink()
    dictionary.unlink()
    store, _ = ingested(raw, out)
    assert set(store.tables) == {"patients", "admissions"}
    assert not (out / "tables" / "omr").exists()
    assert not (out / "dictionaries" / "d_items.parquet").exists()


def test_a_new_patient_makes_the_tables_of_an_unfinished_store_anew(
    raw: RawFolder, out: Path
) -> None:
    raw.lines("transfers", "10").write_bytes(b"no gz")
    with pytest.raises(RawRecordError):
        ingested(raw, out)
    raw.write("patients", [{"subject_id": subject} for subject in (5, 10, 20, 30)])
    raw.write("transfers", [])
    store, report = ingested(raw, out)
    assert kept(report) == set()
    assert store.subjects() == [5, 10, 20, 30]


def test_the_fingerprint_tells_content_and_neither_place_nor_time(tmp_path: Path) -> None:
    stores = []
    for name in ("one", "two"):
        raw = RawFolder(tmp_path / name)
        raw.write("omr", [{"subject_id": 10, "result_value": "25"}])
        stores.append(ingested(raw, tmp_path / f"{name}-store")[0])
    assert stores[0].fingerprint == stores[1].fingerprint
    assert parquet_files(stores[0].path) == parquet_files(stores[1].path)


@pytest.mark.parametrize("cells", [{"result_value": "26"}, {"result_value": ""}, {"seq_num": 0}])
def test_the_fingerprint_changes_with_any_cell(
    raw: RawFolder, tmp_path: Path, cells: dict[str, object]
) -> None:
    raw.write("omr", [{"subject_id": 10, "result_value": "25"}])
    before, _ = ingested(raw, tmp_path / "before")
    raw.write("omr", [{"subject_id": 10, "result_value": "25", **cells}])
    after, _ = ingested(raw, tmp_path / "after")
    assert before.fingerprint != after.fingerprint


def test_other_code_lists_make_the_vocabulary_again_and_no_table(
    raw: RawFolder, out: Path, tmp_path: Path
) -> None:
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "ccs.csv").write_text("1")
    before, _ = ingested(raw, out, codes=codes)
    (codes / "ccs.csv").write_text("2")
    after, report = ingested(raw, out, codes=codes)
    assert not report.already_complete
    assert kept(report) == {"patients", "admissions"}
    assert after.fingerprint != before.fingerprint


def test_code_lists_that_do_not_exist_are_named(raw: RawFolder, out: Path, tmp_path: Path) -> None:
    with pytest.raises(RawRecordError, match=r"code lists .*nowhere does not exist"):
        ingested(raw, out, codes=tmp_path / "nowhere")


def test_a_folder_that_holds_other_things_is_refused_and_untouched(
    raw: RawFolder, out: Path
) -> None:
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match=r"is no store, and it is not empty .*thesis.txt"):
        ingested(raw, out)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_may_become_a_store(raw: RawFolder, out: Path) -> None:
    out.mkdir()
    assert ingested(raw, out)[0].subjects() == [10, 20, 30]


def test_a_place_that_is_a_file_is_refused(raw: RawFolder, out: Path) -> None:
    out.write_text("")
    with pytest.raises(StoreError, match="the store cannot be made at"):
        ingested(raw, out)


def test_an_error_leaves_the_finished_tables_and_says_that_the_store_is_unfinished(
    raw: RawFolder, out: Path
) -> None:
    raw.lines("transfers", "10").write_bytes(b"no gz")
    with pytest.raises(RawRecordError):
        ingested(raw, out)
    with pytest.raises(StoreError, match="is unfinished; run the same clinseek ingest again"):
        Store.open(out)
    assert not (out / ".work").exists()
    raw.write("transfers", [])
    assert kept(ingested(raw, out)[1]) == {"patients", "admissions"}


def test_a_vocabulary_that_failed_is_made_when_the_ingest_goes_on(
    raw: RawFolder, out: Path
) -> None:
    def failing(_store: Path, _codes: Path | None) -> None:
        raise StoreError("no room for the vocabulary")

    with pytest.raises(StoreError, match="no room"):
        ingest(raw.path, out, vocabulary=failing)
    assert not (out / "manifest.json").exists()
    report = ingest(raw.path, out, vocabulary=touch_vocabulary)
    assert kept(report) == {"patients", "admissions"}
    assert Store.open(out).vocabulary.exists()


def test_without_a_builder_of_its_own_an_ingest_makes_the_real_vocabulary(
    raw: RawFolder, out: Path
) -> None:
    import sqlite3
    from contextlib import closing

    raw.write("d_labitems", [{"itemid": 50912, "label": "Creatinine"}])
    ingest(raw.path, out)
    with closing(sqlite3.connect(Store.open(out).vocabulary)) as vocabulary:
        rows = vocabulary.execute("SELECT label FROM d_labitems").fetchall()
    assert rows == [("Creatinine",)]
