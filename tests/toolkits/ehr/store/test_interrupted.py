"""An ingest that is killed, doubled or out of disk, as real processes: nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinseek.errors import StoreError
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.engine import connect, ctrl_c_as_itself

from .raw_folder import RawFolder, ingested, parquet_files

STEP = """
import resource, sys
from clinseek.errors import UserError
from clinseek.toolkits.ehr.store import ingest
raw, out = sys.argv[1:3]
pause_at, largest_file = map(int, sys.argv[3:])
if largest_file:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
calls = 0
def progress(told):
    global calls
    calls += 1
    if calls == pause_at:
        print("here", told.table, flush=True)
        sys.stdin.read()
try:
    ingest(raw, out, progress=progress, vocabulary=lambda s, c: (s / "vocabulary.sqlite").touch())
except UserError as error:
    sys.exit(str(error))
"""
"""An ingest that stands still at its `pause_at`-th word of progress until it is killed."""


@pytest.fixture
def larger(raw: RawFolder) -> RawFolder:
    """A record whose labs fill some hundred kilobytes."""
    raw.write("omr", [{"subject_id": 10, "seq_num": number} for number in range(50)])
    raw.write("d_items", [{"itemid": number} for number in range(50)])
    raw.write(
        "labevents",
        [
            {"subject_id": 10 + 10 * (n % 3), "labevent_id": n * 7919 % 100_003, "value": n * 31}
            for n in range(30_000)
        ],
    )
    return raw


def start(raw: RawFolder, out: Path, *, pause_at: int = 0, largest_file: int = 0) -> Child:
    """An ingest in a process of its own."""
    arguments = [str(raw.path), str(out), str(pause_at), str(largest_file)]
    return subprocess.Popen(
        [sys.executable, "-c", STEP, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


Child = subprocess.Popen[str]


def kill(child: Child) -> None:
    """End a process as a power cut would, and wait until it is gone."""
    child.send_signal(signal.SIGKILL)
    child.communicate()


@pytest.mark.parametrize("moment", range(1, 8))
def test_killed_at_any_moment_it_goes_on_to_the_same_store(
    larger: RawFolder, tmp_path: Path, moment: int
) -> None:
    undisturbed, _ = ingested(larger, tmp_path / "undisturbed")
    out = tmp_path / "store"
    child = start(larger, out, pause_at=moment)
    assert child.stdout is not None
    child.stdout.readline()
    kill(child)
    store, _ = ingested(larger, out)
    assert store.manifest == undisturbed.manifest
    assert parquet_files(out) == parquet_files(undisturbed.path)
    assert sorted(path.name for path in out.iterdir()) == sorted(
        path.name for path in undisturbed.path.iterdir()
    )


def test_killed_again_and_again_at_random_moments_it_still_arrives(
    larger: RawFolder, tmp_path: Path
) -> None:
    undisturbed, _ = ingested(larger, tmp_path / "undisturbed")
    out = tmp_path / "store"
    for tenths in (5, 6, 7, 8, 9):
        child = start(larger, out)
        try:
            child.communicate(timeout=tenths / 10)
        except subprocess.TimeoutExpired:
            kill(child)
    store, _ = ingested(larger, out)
    assert store.manifest == undisturbed.manifest
    assert parquet_files(out) == parquet_files(undisturbed.path)


def test_tables_finished_before_the_kill_are_not_done_again(
    larger: RawFolder, tmp_path: Path
) -> None:
    out = tmp_path / "store"
    child = start(larger, out, pause_at=4)
    assert child.stdout is not None
    assert child.stdout.readline().startswith("here")
    kill(child)
    _, report = ingested(larger, out)
    assert any(each.kept for each in report.tables)


def test_a_second_ingest_into_one_store_is_refused_with_the_process_that_writes(
    larger: RawFolder, tmp_path: Path
) -> None:
    out = tmp_path / "store"
    child = start(larger, out, pause_at=2)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("here")
        with pytest.raises(StoreError, match=f"is being written by process {child.pid}; wait"):
            ingested(larger, out)
        with pytest.raises(StoreError, match=f"is being written by process {child.pid}; wait"):
            Store.open(out)
    finally:
        kill(child)
    assert ingested(larger, out)[0].subjects() == [10, 20, 30]


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """A suite that was started in the background ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_within_a_query_stays_a_keyboard_interrupt(tmp_path: Path) -> None:
    connection = connect(tmp_path)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), ctrl_c_as_itself():
        connection.sql("SELECT sum(range) FROM range(30_000_000_000)").to_arrow_table()
    connection.close()


def test_a_full_disk_is_one_sentence_and_the_ingest_goes_on_when_there_is_room(
    larger: RawFolder, tmp_path: Path
) -> None:
    out = tmp_path / "store"
    child = start(larger, out, largest_file=60_000)
    _, said = child.communicate()
    assert child.returncode == 1
    assert "Traceback" not in said
    assert said.strip() == (
        f"the disk of {out} is full; the tables finished so far are kept: make room and run the "
        "same ingest again, and it goes on from there"
    )
    assert not (out / ".work").exists()
    store, report = ingested(larger, out)
    assert {each.table for each in report.tables if each.kept} == {"admissions"}
    assert parquet_files(out) == parquet_files(ingested(larger, tmp_path / "whole")[0].path)
    assert store.read_subject(10)["labevents"].num_rows == 10_000


def test_ctrl_c_while_duckdb_reads_rows_of_ours_stays_a_keyboard_interrupt() -> None:
    import duckdb

    with pytest.raises(KeyboardInterrupt), ctrl_c_as_itself():
        raise duckdb.InvalidInputException(
            "Invalid Input Error: counting the rows of the object registered as 'cells' failed: "
            "KeyboardInterrupt: "
        )
