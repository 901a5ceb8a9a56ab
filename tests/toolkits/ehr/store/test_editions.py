"""A whole store ingested into again: it stays whole until its next edition stands."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clinseek.errors import RawRecordError, StoreError
from clinseek.toolkits.ehr.store import Store, edition, ingest

from .raw_folder import RawFolder, ingested, parquet_files, rows_of, touch_vocabulary

KILLED = """
import os, pathlib, signal, sys
from clinseek.toolkits.ehr.store import ingest
raw, out, renamed = sys.argv[1:]
real = pathlib.Path.replace
def replace(path, target):
    moved = real(path, target)
    if str(path).endswith(renamed):
        os.kill(os.getpid(), signal.SIGKILL)
    return moved
pathlib.Path.replace = replace
ingest(raw, out, vocabulary=lambda s, c: (s / "vocabulary.sqlite").touch())
"""
"""An ingest that dies right after it has renamed a path with this ending."""


def killed(raw: RawFolder, out: Path, renamed: str) -> None:
    """Run an ingest that is killed in the middle."""
    arguments = [str(raw.path), str(out), renamed]
    child = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert child.returncode == -signal.SIGKILL


def names(store: Path) -> list[str]:
    """What lies in the folder of a store."""
    return sorted(path.name for path in store.iterdir())


@pytest.mark.parametrize("subjects", [(10, 20, 30, 40), (1, 2)])
def test_another_download_is_refused_and_the_store_stays(
    raw: RawFolder, out: Path, tmp_path: Path, subjects: tuple[int, ...]
) -> None:
    first, _ = ingested(raw, out)
    other = RawFolder(tmp_path / "other", subjects=subjects)
    with pytest.raises(StoreError, match=r"holds another download \(3 patients; .* another folder"):
        ingested(other, out)
    assert Store.open(out) == first


def test_a_bad_second_download_leaves_the_store_whole(raw: RawFolder, out: Path) -> None:
    raw.write("omr", [{"subject_id": 10}])
    first, _ = ingested(raw, out)
    files = parquet_files(out)
    raw.write("omr", [{"subject_id": 10}, {"subject_id": 20}])
    raw.lines("transfers", "10").write_bytes(b"no gz")
    with pytest.raises(RawRecordError):
        ingested(raw, out)
    assert Store.open(out) == first
    assert {name: text for name, text in parquet_files(out).items() if name in files} == files
    assert len(rows_of(Store.open(out), 20, "omr")) == 0


def test_a_table_that_came_before_the_bad_one_is_not_done_again(raw: RawFolder, out: Path) -> None:
    ingested(raw, out)
    raw.write("omr", [{"subject_id": 10}])
    raw.lines("transfers", "10").write_bytes(b"no gz")
    with pytest.raises(RawRecordError):
        ingested(raw, out)
    raw.write("transfers", [])
    _, report = ingested(raw, out)
    assert {each.table for each in report.tables if not each.kept} == {"transfers"}
    assert names(out) == names(ingested(raw, out.with_name("fresh"))[0].path)


def test_a_module_can_be_added_later(raw: RawFolder, out: Path) -> None:
    ingested(raw, out)
    raw.write("edstays", [{"subject_id": 10, "stay_id": 1}])
    store, report = ingested(raw, out)
    assert {each.table for each in report.tables if not each.kept} == {"edstays"}
    assert len(rows_of(store, 10, "edstays")) == 1
    fresh, _ = ingested(raw, out.with_name("fresh"))
    assert store.manifest == fresh.manifest
    assert parquet_files(out) == parquet_files(fresh.path)
    assert names(out) == names(fresh.path)


def test_other_patients_of_the_same_download_can_be_chosen_later(
    raw: RawFolder, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "chosen").write_text("10\n30\n")
    ingested(raw, out)
    store, _ = ingested(raw, out, subjects=tmp_path / "chosen")
    assert store.subjects() == [10, 30]


def test_a_vocabulary_that_failed_the_second_time_leaves_the_store_whole(
    raw: RawFolder, out: Path
) -> None:
    def failing(_store: Path, _codes: Path | None) -> None:
        raise StoreError("no room for the vocabulary")

    first, _ = ingested(raw, out)
    raw.write("omr", [{"subject_id": 10}])
    with pytest.raises(StoreError, match="no room"):
        ingest(raw.path, out, vocabulary=failing)
    assert Store.open(out) == first
    assert first.vocabulary.exists()
    assert ingest(raw.path, out, vocabulary=touch_vocabulary).fingerprint != first.fingerprint


def test_going_back_to_the_first_download_forgets_what_was_begun(raw: RawFolder, out: Path) -> None:
    first, _ = ingested(raw, out)
    broken = raw.lines("transfers", "10")
    broken.write_bytes(b"no gz")
    with pytest.raises(RawRecordError):
        ingested(raw, out)
    broken.unlink()
    second, report = ingested(raw, out)
    assert report.already_complete
    assert second == first
    assert not edition.draft_of(out).exists()


@pytest.mark.parametrize("name", [".progress.json.draft", ".work/labevents"])
def test_killed_in_the_second_ingest_the_first_store_is_read_and_the_second_goes_on(
    raw: RawFolder, out: Path, name: str
) -> None:
    raw.write("labevents", [{"subject_id": 10}])
    first, _ = ingested(raw, out)
    raw.write("labevents", [{"subject_id": 10}, {"subject_id": 20}])
    killed(raw, out, name)
    assert Store.open(out) == first
    assert len(rows_of(first, 10, "labevents")) == 1
    assert len(rows_of(first, 20, "labevents")) == 0
    fresh, _ = ingested(raw, out.with_name("fresh"))
    assert ingested(raw, out)[0].manifest == fresh.manifest
    assert parquet_files(out) == parquet_files(fresh.path)
    assert names(out) == names(fresh.path)


@pytest.mark.parametrize(
    "renamed",
    [
        "store/tables",
        "store/vocabulary.sqlite",
        "store/.next",
        ".ready/tables",
        ".ready/dictionaries",
        ".ready/vocabulary.sqlite",
        ".ready/manifest.json",
    ],
)
def test_killed_among_the_renames_the_next_ingest_ends_the_switch(
    raw: RawFolder, out: Path, renamed: str
) -> None:
    raw.write("omr", [{"subject_id": 10}])
    raw.write("d_items", [{"itemid": 1}])
    ingested(raw, out)
    raw.write("omr", [{"subject_id": 10}, {"subject_id": 20}])
    killed(raw, out, renamed)
    fresh, _ = ingested(raw, out.with_name("fresh"))
    store, report = ingested(raw, out)
    assert report.already_complete
    assert store.manifest == fresh.manifest
    assert parquet_files(out) == parquet_files(fresh.path)
    assert names(out) == names(fresh.path)
