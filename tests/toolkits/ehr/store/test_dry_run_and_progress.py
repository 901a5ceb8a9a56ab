"""What an ingest tells before and while it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinseek.errors import StoreError
from clinseek.toolkits.ehr.store import IngestProgress, ingest
from clinseek.toolkits.ehr.store.report import ProgressMeter

from .raw_folder import RawFolder, ingested


def large_labs(raw: RawFolder, rows: int) -> None:
    """Labs of three patients, unlike each other enough not to pack to nothing."""
    raw.write(
        "labevents",
        (
            {
                "subject_id": 10 + 10 * (3 * n // rows),
                "labevent_id": n,
                "valuenum": n * 7919 % 10_007 / 10,
                "charttime": f"2150-01-{1 + n % 28:02d} 00:00:00",
            }
            for n in range(rows)
        ),
    )


def test_a_dry_run_writes_nothing_and_comes_near_the_truth(raw: RawFolder, out: Path) -> None:
    large_labs(raw, 200_000)
    told = ingest(raw.path, out, dry_run=True)
    assert not out.exists()
    assert told.dry_run
    assert told.fingerprint is None
    assert told.seconds > 0
    _, done = ingested(raw, out)
    assert told.subjects == done.subjects
    assert told.rows == pytest.approx(done.rows, rel=0.1)
    assert told.disk_bytes == pytest.approx(done.disk_bytes, rel=0.3)


def test_a_dry_run_counts_the_vocabulary_in(raw: RawFolder, out: Path) -> None:
    raw.write(
        "d_labitems",
        [{"itemid": 50_000 + n, "label": f"Analyte {n * 7919}"} for n in range(90_000)],
    )
    told = ingest(raw.path, out, dry_run=True)
    done = ingest(raw.path, out)
    assert told.disk_bytes == pytest.approx(done.disk_bytes, rel=0.5)


def test_the_time_left_is_not_told_from_the_first_piece_alone() -> None:
    told: list[IngestProgress] = []
    meter = ProgressMeter(1_000_000, told.append)
    meter.start("labevents", 1_000_000)
    meter.read(10, 1_000)
    assert [each.seconds_left for each in told] == [None]


def test_the_time_left_is_told_when_a_twentieth_is_done() -> None:
    told: list[IngestProgress] = []
    meter = ProgressMeter(1_000_000, told.append)
    meter.start("labevents", 1_000_000)
    meter.read(1_000, 100_000)
    assert told[0].seconds_left is not None


def test_a_dry_run_counts_only_the_listed_patients(
    raw: RawFolder, out: Path, tmp_path: Path
) -> None:
    large_labs(raw, 30_000)
    (tmp_path / "chosen").write_text("10\n11\n")
    told = ingest(raw.path, out, dry_run=True, subjects=tmp_path / "chosen")
    assert told.subjects == 1
    assert told.absent_subjects == (11,)
    labs = next(each for each in told.tables if each.table == "labevents")
    assert labs.rows == pytest.approx(10_000, rel=0.01)


def test_a_dry_run_refuses_a_folder_with_other_things_too(raw: RawFolder, out: Path) -> None:
    out.mkdir()
    (out / "thesis.txt").touch()
    with pytest.raises(StoreError, match="is no store"):
        ingest(raw.path, out, dry_run=True)


def test_progress_tells_every_table_and_ends_with_the_vocabulary(raw: RawFolder, out: Path) -> None:
    large_labs(raw, 30_000)
    told: list[IngestProgress] = []
    ingested(raw, out, progress=told.append)
    assert [each.table for each in told if each.table == "labevents"]
    assert {each.table for each in told} == {"patients", "admissions", "labevents", "vocabulary"}
    assert told[-1].table == "vocabulary"
    last_of_labs = [each for each in told if each.table == "labevents"][-1]
    assert last_of_labs.rows == 30_000
    assert last_of_labs.rows_per_second > 0
    left = [each.seconds_left for each in told if each.seconds_left is not None]
    assert left
    assert min(left) >= 0


def test_the_report_tells_rows_and_seconds_of_each_table(raw: RawFolder, out: Path) -> None:
    large_labs(raw, 1_000)
    _, report = ingested(raw, out)
    assert {each.table: each.rows for each in report.tables} == {
        "patients": 3,
        "admissions": 3,
        "labevents": 1_000,
    }
    assert all(each.seconds > 0 for each in report.tables)
    assert report.rows == 1_006
    assert report.disk_bytes > 0
