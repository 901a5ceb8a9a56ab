"""Patients are cut into shards of neighbours, and rows find their shard in memory or on disk."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.toolkits.ehr.store.shards import (
    MOST_SHARDS,
    PATIENTS_A_SHARD,
    Spool,
    plan_shards,
)

from .raw_folder import RawFolder, ingested, rows_of


@given(st.sets(st.integers(1, 10**8), min_size=1, max_size=50), st.integers(1, 10**8))
def test_shards_are_ranges_that_hold_every_patient_once(patients: set[int], other: int) -> None:
    plan = plan_shards(patients, patients | {other})
    assert plan.subjects == tuple(sorted(patients))
    assert sum(shard.subjects for shard in plan.shards) == len(patients)
    assert plan.absent({other}) == (() if other in patients else (other,))


@pytest.mark.parametrize("patients", [1, PATIENTS_A_SHARD, 364_627, 2_000_000])
def test_there_are_never_more_shards_than_files_a_process_may_open(patients: int) -> None:
    plan = plan_shards(range(patients))
    assert len(plan.shards) <= MOST_SHARDS
    assert plan.shards[-1].last == patients - 1


@pytest.mark.parametrize("in_memory", [1, 10_000_000])
def test_a_spool_gives_every_shard_its_rows_whether_on_disk_or_not(
    tmp_path: Path, in_memory: int
) -> None:
    spool = Spool(tmp_path / "spool", 4, in_memory=in_memory)
    for start in range(0, 12, 3):
        places = range(start, start + 3)
        spool.add(
            pa.table(
                {
                    "value": pa.array(places, pa.int64()),
                    "shard": pa.array([place % 3 for place in places], pa.int32()),
                }
            )
        )
    found = {}
    for shard, rows in spool.by_shard():
        table = rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows
        found[shard] = sorted(table["value"].to_pylist())
    assert found == {0: [0, 3, 6, 9], 1: [1, 4, 7, 10], 2: [2, 5, 8, 11], 3: []}


def test_each_patient_of_many_shards_is_read_back(tmp_path: Path) -> None:
    subjects = range(10, 10 + 2 * PATIENTS_A_SHARD + 500)
    raw = RawFolder(tmp_path / "raw", subjects=subjects)
    raw.write("omr", [{"subject_id": subject, "seq_num": subject} for subject in subjects[::-1]])
    store, report = ingested(raw, tmp_path / "store")
    assert report.subjects == len(subjects)
    assert [shard.subjects for shard in store.manifest.shards] == [1_000, 1_000, 500]
    assert len(list((store.path / "tables" / "omr").iterdir())) == 3
    for subject in (subjects[0], subjects[999], subjects[1_000], subjects[2_000], subjects[-1]):
        assert [row["seq_num"] for row in rows_of(store, subject, "omr")] == [subject]
