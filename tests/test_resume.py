"""A run killed at any moment goes on where it stood, and ends as if nothing had happened."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from langchain_core.tools import BaseTool, StructuredTool

from clinseek import api, kept_threads
from clinseek.errors import StoreError, SubjectError, ThreadError
from clinseek.graphs.seek import build_graph
from clinseek.records import Record
from clinseek.toolkits.ehr.case import Case
from tests.graphs.doubles import (
    CUTOFF,
    LATEST_LABS,
    SUBJECT,
    ScriptedModel,
    Ward,
    calling,
    finishing,
    scripted,
)
from tests.resumed_runs import SLEEPS

ROOT = Path(__file__).parents[1]
KILLS = 30
KILLS_A_THREAD = 3
LONGEST_DELAY = 0.5


class Ended(NamedTuple):
    """How a process ended: killed by us, or by itself."""

    killed: bool


class Runs:
    """The server of `tests.resumed_runs`, and what its runs left in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.resumed_runs", str(folder)],
            cwd=ROOT,
            env={**os.environ, "CLINSEEK_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def go(self, thread: str, *, kill_after: float | None = None) -> Ended:
        """Run a thread in a process of its own; kill -9 it after so many seconds."""
        assert self.server.stdin is not None
        self.server.stdin.write(f"go {thread}\n")
        self.server.stdin.flush()
        pid = int(self._line("started"))
        if kill_after is not None:
            time.sleep(kill_after)
            if not self.record_file(thread).exists():
                os.kill(pid, signal.SIGKILL)
        code = int(self._line("ended"))
        assert code in (0, -signal.SIGKILL), f"the process of {thread} ended with {code}"
        return Ended(killed=code != 0)

    def record_file(self, thread: str) -> Path:
        return self.folder / f"{thread}.json"

    def record(self, thread: str) -> Record:
        return Record.model_validate_json(self.record_file(thread).read_bytes())

    def calls(self, thread: str) -> Counter[tuple[int, float]]:
        """How often each call (turn, seconds) of a thread was made to its end."""
        lines = (self.folder / "calls").read_text().splitlines()
        made = (line.split() for line in lines)
        return Counter((int(turn), float(pause)) for name, turn, pause in made if name == thread)

    def stored_calls(self, thread: str) -> set[tuple[int, float]]:
        """The calls whose results are in the file of threads."""
        return asyncio.run(_stored_calls(thread))

    def close(self) -> None:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.close()
        self.server.wait()
        self.server.stdout.close()

    def _line(self, word: str) -> str:
        assert self.server.stdout is not None
        said, _, rest = self.server.stdout.readline().partition(" ")
        assert said == word
        return rest


async def _stored_calls(thread: str) -> set[tuple[int, float]]:
    async with kept_threads.checkpoints() as saver:
        found = saver.alist({"configurable": {"thread_id": thread}})
        return {
            (entry["arguments"]["turn"], entry["arguments"]["seconds"])
            async for step in found
            for _, channel, value in step.pending_writes or ()
            if channel == "evidence" and isinstance(value, list)
            for entry in value
            if entry["tool"] == "ehr.wait"
        }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def runs(home: Path) -> Iterator[Runs]:
    started = Runs(home)
    started.go("warm")
    yield started
    started.close()


def _end(record: Record) -> dict[str, Any]:
    """What must be the same: everything but times and the name of the thread."""
    told = record.as_json()
    evidence = [{**entry, "seconds": 0} for entry in told["evidence"]]
    same = ("answer", "citations", "messages", "status", "stop_reason", "errors", "usage")
    return {"evidence": evidence, **{name: told[name] for name in same}}


def test_a_run_killed_at_random_moments_ends_as_an_undisturbed_one(runs: Runs) -> None:
    began = time.monotonic()
    runs.go("undisturbed")
    # On a busy machine the kills must spread over a longer run.
    longest = max(LONGEST_DELAY, time.monotonic() - began)
    expected = _end(runs.record("undisturbed"))
    chance = random.Random(20_150)
    kills = between_calls = 0
    for number in range(KILLS):
        if kills >= KILLS:
            break
        thread = f"killed-{number}"
        stored: set[tuple[int, float]] = set()
        made: Counter[tuple[int, float]] = Counter()
        for _ in range(KILLS_A_THREAD):
            killed = runs.go(thread, kill_after=chance.uniform(0.0, longest)).killed
            again = runs.calls(thread)
            assert {call: again[call] for call in stored} == {call: made[call] for call in stored}
            if not killed:
                break
            kills += 1
            stored, made = runs.stored_calls(thread), again
            between_calls += len(stored) % len(SLEEPS) != 0
        runs.go(thread)
        assert _end(runs.record(thread)) == expected
    assert kills >= KILLS
    assert between_calls >= 3


def _asked(ward: Ward, thread: str, **options: Any) -> Record:
    model = scripted(calling(LATEST_LABS), finishing("3.2", citations=["E1#3"]))
    settings: dict[str, Any] = {"means": ward.means(model), **options}
    return api.ask(
        "?", subject_id=SUBJECT, cutoff=CUTOFF, store=ward.folder, thread=thread, **settings
    )


def test_a_thread_that_ended_gives_its_record_again_without_running(home: Path) -> None:
    ward = Ward(home)
    first = _asked(ward, "t")
    silent = scripted(RuntimeError("must not be asked"))

    again = api.resume("t", means=ward.means(silent))

    assert again == first
    assert silent.heard == []


def test_a_thread_goes_on_with_the_context_it_was_begun_with(home: Path) -> None:
    ward = Ward(home)

    model = scripted(finishing("3.2"))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_cancelled(ward))
    record = api.resume("t", means=ward.means(model))

    assert api.threads()[0]["status"] == "answered"
    assert [tool["function"]["name"] for tool in record.tools] == [
        "ehr.run_sql_query",
        "ehr.finish",
    ]
    assert [error["kind"] for error in record.errors] == ["uncited"]


async def _cancelled(ward: Ward) -> None:
    class Slow(ScriptedModel):
        async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(60)

    asking = asyncio.create_task(
        api.aask(
            "?",
            subject_id=SUBJECT,
            cutoff=CUTOFF,
            store=ward.folder,
            thread="t",
            tools="ehr.run_sql_query",
            max_revisions=0,
            means=ward.means(Slow(script=[])),
        )
    )
    await asyncio.sleep(0.5)
    asking.cancel()
    try:
        await asking
    finally:
        assert api.threads()[0]["status"] == "interrupted"
        assert api.threads()[0]["stop_reason"] == "cancelled"


def test_a_thread_whose_store_was_ingested_again_is_refused(home: Path) -> None:
    ward = Ward(home)
    _asked(ward, "t")
    ward.fingerprint = "another"

    with pytest.raises(ThreadError, match="another state of the store"):
        api.resume("t", means=ward.means(scripted(finishing())))


def test_a_thread_that_does_not_exist_is_named(home: Path) -> None:
    with pytest.raises(ThreadError, match="there is no thread 'nowhere'"):
        api.resume("nowhere")


def test_a_name_that_is_taken_is_refused(home: Path) -> None:
    ward = Ward(home)
    _asked(ward, "t")

    with pytest.raises(ThreadError, match="exists already"):
        _asked(ward, "t")


def test_a_thread_that_another_process_runs_is_refused(home: Path) -> None:
    ward = Ward(home)
    _asked(ward, "t")

    with kept_threads.held("t"), pytest.raises(ThreadError, match="is being run right now"):
        api.resume("t", means=ward.means(scripted(finishing())))


def test_a_case_that_is_gone_is_made_again_with_the_same_rows(home: Path) -> None:
    ward = Ward(home)

    def lose_the_case(messages: Any) -> Any:
        for file in (home / "home" / "cases").iterdir():
            file.unlink()
        return calling(LATEST_LABS, tag="again")

    model = scripted(calling(LATEST_LABS), lose_the_case, finishing("3.2", citations=["E2#3"]))
    record = _asked(ward, "t", means=ward.means(model))

    assert ward.opened == 2
    assert record.evidence[0]["row_ids"] == record.evidence[1]["row_ids"] == [3]
    assert record.errors == []


def test_a_store_that_is_gone_stops_the_run_which_goes_on_when_it_is_back(home: Path) -> None:
    ward = Ward(home)
    gone = [True]

    def tools_of(case: Case) -> Sequence[BaseTool]:
        def look() -> str:
            """Look."""
            if gone.pop() if gone else False:
                raise StoreError("the store is gone")
            return "3.2"

        finish = StructuredTool.from_function(lambda: "", name="ehr.finish", description="-")
        return [StructuredTool.from_function(look, name="ehr.look"), finish]

    model = scripted(calling(("ehr.look", {}), tag="look"), finishing("3.2", citations=["E1"]))
    means = ward.means(model, tools_of=tools_of)

    with pytest.raises(StoreError, match="the store is gone"):
        _asked(ward, "t", means=means)
    record = api.resume("t", means=means)

    assert (record.answer, record.errors) == (["3.2"], [])


def test_the_file_of_threads_is_its_owners_alone(home: Path) -> None:
    _asked(Ward(home), "t")

    folder = home / "home"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "threads.sqlite").stat().st_mode & 0o077 == 0
    assert (folder / "cases").stat().st_mode & 0o077 == 0


def test_a_mistyped_patient_leaves_no_thread_behind(home: Path) -> None:
    ward = Ward(home)
    with pytest.raises(SubjectError):
        api.ask(
            "?", subject_id=8, cutoff=CUTOFF, store=home, means=ward.means(scripted(finishing()))
        )

    assert api.threads() == []


def test_nothing_but_plain_values_and_messages_is_read_back_from_the_file(home: Path) -> None:
    ward = Ward(home)
    record = _asked(ward, "t")

    async def read() -> Any:
        async with kept_threads.checkpoints() as saver:
            graph = build_graph(means=ward.means(), checkpointer=saver)
            return (await graph.aget_state({"configurable": {"thread_id": "t"}})).values

    state = asyncio.run(read())
    assert json.loads(json.dumps(state["evidence"])) == record.as_json()["evidence"]
