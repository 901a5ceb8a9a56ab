"""The file of threads."""

import asyncio
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.base import id as numbering
from langgraph.checkpoint.serde.types import ERROR

from clinseek import kept_threads
from clinseek.settings import threads_file


def _plan(thread: str) -> kept_threads.Plan:
    asked = {"question": "?", "subject_id": 1, "cutoff": "2150-01-01 00:00:00"}
    return kept_threads.Plan(
        thread=thread,
        asked=asked,
        context={"model": "offline", "profile": "available"},
        fingerprint="x",
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path))
    return tmp_path


def test_many_begin_at_once_on_a_home_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(10):
        monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / str(at)))
        gate = Barrier(16)

        def begin(thread: int, gate: Barrier = gate) -> None:
            gate.wait()
            kept_threads.begin(_plan(str(thread)))

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(begin, range(16)))

        assert len(kept_threads.listing()) == 16


def test_a_home_whose_first_run_died_while_it_made_the_file_works(home: Path) -> None:
    (home / "threads.new").write_bytes(b"half a file")

    kept_threads.begin(_plan("one"))

    assert [line["thread"] for line in kept_threads.listing()] == ["one"]
    assert not (home / "threads.new").exists()


def test_the_file_is_its_owners_alone_and_never_waits_for_readers() -> None:
    kept_threads.begin(_plan("one"))

    assert threads_file().stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(threads_file())) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_step_taken_after_the_clock_was_put_back_is_the_last(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process numbers its steps by the clock; the next one may find it an hour behind."""

    async def step(hours_back: int) -> str:
        monkeypatch.setattr(numbering, "_last_v6_timestamp", None)  # as a new process has it
        now = time.time_ns() - hours_back * 3_600_000_000_000
        monkeypatch.setattr(time, "time_ns", lambda: now)
        async with kept_threads.checkpoints_in(home / "steps.sqlite") as saver:
            numbered = {**empty_checkpoint(), "id": str(numbering.uuid6())}
            config = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
            await saver.aput(config, numbered, {}, {})  # type: ignore[arg-type]
            last = await saver.aget_tuple({"configurable": {"thread_id": "t"}})
            assert last is not None
            assert last.checkpoint["id"] == numbered["id"]
            return numbered["id"]

    numbers = [uuid.UUID(asyncio.run(step(hours))) for hours in (0, 1, 2)]

    assert numbers == sorted(numbers)
    assert {number.version for number in numbers} == {6}


def test_what_a_cancelled_step_had_begun_to_write_is_not_taken_for_its_whole(home: Path) -> None:
    """Else a run that was stopped between a step's state and its way on would have no way on."""

    async def kept() -> list[tuple[str, str]]:
        async with kept_threads.checkpoints_in(home / "steps.sqlite") as saver:
            named = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
            placed = await saver.aput(named, empty_checkpoint(), {}, {})  # type: ignore[arg-type]
            await saver.aput_writes(placed, [("rounds", 1), ("branch:to:act", None)], "whole")
            stopped = [("rounds", 2), (ERROR, asyncio.CancelledError())]
            await saver.aput_writes(placed, stopped, "cancelled")
            last = await saver.aget_tuple({"configurable": {"thread_id": "t"}})
            assert last is not None
            return [(task, channel) for task, channel, _ in last.pending_writes or ()]

    assert sorted(asyncio.run(kept())) == [
        ("cancelled", ERROR),
        ("whole", "branch:to:act"),
        ("whole", "rounds"),
    ]
