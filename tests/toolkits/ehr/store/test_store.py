"""A store is opened only when it is whole, and gives one patient's rows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinseek.errors import StoreError, SubjectError
from clinseek.toolkits.ehr.store import Store

from .raw_folder import RawFolder, ingested


def test_a_patient_who_is_not_held_is_told_with_an_example_of_who_is(
    raw: RawFolder, out: Path
) -> None:
    store, _ = ingested(raw, out)
    with pytest.raises(SubjectError, match=r"11 is not in .* 3 patients, for example 10"):
        store.read_subject(11)


def test_a_store_says_whom_and_what_it_holds(raw: RawFolder, out: Path) -> None:
    raw.write("d_items", [{"itemid": 1}])
    store, report = ingested(raw, out)
    assert store.subjects() == [10, 20, 30]
    assert 20 in store
    assert 21 not in store
    assert "20" not in store
    assert set(store.tables) == {"patients", "admissions", "d_items"}
    assert store.fingerprint == report.fingerprint == store.manifest.fingerprint
    assert store.vocabulary == out / "vocabulary.sqlite"


def test_only_the_patients_own_rows_are_read(raw: RawFolder, out: Path) -> None:
    raw.write("omr", [{"subject_id": 10 * (1 + n % 3), "seq_num": n} for n in range(30_000)])
    store, _ = ingested(raw, out)
    for place, subject in enumerate((10, 20, 30)):
        found = store.read_subject(subject)["omr"]
        assert set(found["subject_id"].to_pylist()) == {subject}
        assert found["seq_num"].to_pylist() == list(range(place, 30_000, 3))


def test_some_tables_may_be_read_alone(raw: RawFolder, out: Path) -> None:
    raw.write("omr", [{"subject_id": 10}])
    store, _ = ingested(raw, out)
    assert set(store.read_subject(10, tables=["omr", "labevents"])) == {"omr"}


def test_many_threads_may_read_at_once(raw: RawFolder, out: Path) -> None:
    raw.write("omr", [{"subject_id": 10 * (1 + n % 3)} for n in range(9_000)])
    store, _ = ingested(raw, out)
    with ThreadPoolExecutor(8) as readers:
        counts = readers.map(lambda n: store.read_subject(n)["omr"].num_rows, [10, 20, 30] * 8)
    assert set(counts) == {3_000}


def test_no_store_is_told_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store at .*clinseek ingest DIR --out"):
        Store.open(tmp_path / "nowhere")


def test_a_folder_that_is_no_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no store"):
        Store.open(tmp_path)


def test_a_store_of_a_newer_schema_is_refused_with_what_to_do(raw: RawFolder, out: Path) -> None:
    ingested(raw, out)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    with pytest.raises(StoreError, match=r"newer clinseek \(store schema 99.* upgrade clinseek"):
        Store.open(out)
    with pytest.raises(StoreError, match="newer clinseek"):
        ingested(raw, out)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema_version": 1}'])
def test_a_manifest_that_cannot_be_read_is_one_sentence(
    raw: RawFolder, out: Path, text: str
) -> None:
    ingested(raw, out)
    (out / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=r"manifest.json cannot be read .* ingest again"):
        Store.open(out)


def test_a_store_that_lost_a_file_is_told_as_broken_and_mended_by_ingest(
    raw: RawFolder, out: Path
) -> None:
    before, _ = ingested(raw, out)
    (out / "tables" / "admissions").rename(out / "tables" / "gone")
    with pytest.raises(StoreError, match=r"is broken: .*admissions is gone; ingest again"):
        Store.open(out)
    after, _ = ingested(raw, out)
    assert after.manifest == before.manifest


@pytest.mark.parametrize("text", [b"", b"PAR1 no more", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_damaged_file_is_named(raw: RawFolder, out: Path, text: bytes) -> None:
    store, _ = ingested(raw, out)
    (out / "tables" / "admissions" / "00000.parquet").write_bytes(text)
    with pytest.raises(StoreError, match=r"admissions/00000.parquet is damaged .* ingest again"):
        store.read_subject(10)


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1, 10**30])
def test_a_number_beyond_all_subject_ids_is_no_patient(
    raw: RawFolder, out: Path, number: int
) -> None:
    store, _ = ingested(raw, out)
    assert number not in store
