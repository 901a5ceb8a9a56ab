"""The crash drills would tell: each kind of broken promise is noticed, and the cheap one holds."""

import signal
from pathlib import Path
from typing import Any

import pytest

from drills.apart import lines_of
from drills.commands import Commands, Ended
from drills.crash import disks, stops
from drills.crash.kills import Undisturbed, differences, faults
from drills.crash.roads.road import Ground, Work, stamps
from drills.crash.roads.seeking import Ask
from drills.crash.roads.training import Train
from drills.host import serving
from drills.rooms import drills_named
from tests.toolkits.browser.servers import Site

SAID_WELL = "Interrupted; run the same command again, it goes on"


class Written(Work):
    """Work whose result is one file."""

    def results(self, ended: Ended) -> dict[str, Any]:
        del ended
        return {"file": (self.folder / "file").read_text()}


@pytest.fixture
def work(tmp_path: Path) -> Written:
    ground = Ground(tmp_path, tmp_path, tmp_path, [1], None, None, Site("", []))  # type: ignore[arg-type]
    made = Written(ground, tmp_path / "go")
    (made.folder / "file").write_text("result")
    return made


def _ended(code: int = 0, said: str = "") -> Ended:
    return Ended(code, 0.1, "", said)


WHOLE = Undisturbed({"file": "result"}, {"file"}, 0.1)


def test_a_go_that_ended_as_an_undisturbed_one_has_no_fault(work: Written) -> None:
    assert list(faults(WHOLE, work, _ended())) == []


def test_another_result_and_a_file_left_behind_are_told(work: Written) -> None:
    (work.folder / "file").write_text("other")
    (work.folder / "tmp" / "sheet.sqlite").write_text("a whole record")
    assert list(faults(WHOLE, work, _ended())) == [
        "file is not that of an undisturbed run",
        "tmp/sheet.sqlite was left behind",
    ]
    assert list(differences({"a": 1}, {})) == ["a is missing"]


def test_a_command_that_cannot_go_on_is_told_with_its_words(work: Written) -> None:
    (told,) = faults(WHOLE, work, _ended(2, "clinseek: the store is locked"))
    assert told == "run again it ended with 2: clinseek: the store is locked"


def test_a_stop_must_be_quick_clean_and_say_how_to_go_on() -> None:
    assert list(stops._faults_of_stop(130, SAID_WELL, 0.2)) == []
    assert list(stops._faults_of_stop(-signal.SIGTERM, "", 3.1)) == [
        "it ended with -15 and not with 130",
        "it took 3.1 s to stop",
        "it did not say what to type to go on",
    ]


def test_a_refusal_to_write_must_be_one_sentence_with_its_reason() -> None:
    words = ("full",)
    assert list(disks._faults_of_refusal(_ended(2, "the disk is full: make room"), words)) == []
    assert list(disks._faults_of_refusal(_ended(70, "Traceback: boom"), words)) == [
        "it ended with 70: Traceback: boom",
        "it showed a traceback",
        "it did not say why: Traceback: boom",
    ]


def test_a_file_that_was_written_again_is_known_by_its_stamp(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    file.write_text("1")
    before = stamps([file], tmp_path)
    assert stamps([file], tmp_path) == before
    (tmp_path / "new").write_text("1")
    (tmp_path / "new").replace(file)
    assert stamps([file], tmp_path) != before


def test_a_turn_that_was_stored_and_asked_for_again_is_told(tmp_path: Path) -> None:
    import httpx

    with serving(rounds=2) as host:
        ground = Ground(tmp_path, tmp_path, tmp_path, [1], None, host, Site("", []))  # type: ignore[arg-type]
        go = Ask(ground, tmp_path / "go")
        asked = {"model": "tiny", "messages": [{"role": "user", "content": "drill-0: ?"}]}
        address = host.spec.partition("@")[2].partition("?")[0]
        httpx.post(f"{address}/chat/completions", json=asked, trust_env=False)

        assert go.redone({"turns": {"drill-0": 0}, "ended": set(), "asked": 0}) == []
        (told,) = go.redone({"turns": {"drill-0": 1}, "ended": set(), "asked": 0})
        assert told == "turn 0 of drill-0 was asked for again"
        (told,) = go.redone({"turns": {}, "ended": {"drill-0"}, "asked": 0})
        assert told == "turn 0 of drill-0 was asked for again"
        assert go.redone({"turns": {"drill-0": 1}, "ended": set(), "asked": 1}) == []

        answered = {"role": "assistant", "content": "I look"}
        asked = {"model": "tiny", "messages": [*asked["messages"], answered]}
        httpx.post(f"{address}/chat/completions", json=asked, trust_env=False)
        (told,) = go.redone({"turns": {}, "ended": set(), "asked": 1})
        assert told == "1 turns of drill-0 were answered, and 0 are kept"


def test_a_step_that_a_checkpoint_held_and_was_trained_again_is_told(work: Written) -> None:
    go = Train(work.ground, work.folder.parent / "training")
    (go.out / "checkpoints" / "step-4").mkdir(parents=True)
    kept, sessions = go.kept(), go.out / "sessions.jsonl"
    sessions.write_text('{"from_step": 4}\n{"from_st')
    assert go.redone(kept) == []
    sessions.write_text('{"from_step": 2}\n')
    assert go.redone(kept) == ["step 3 was trained again, after the checkpoint of step 4"]
    (go.out / "train.json").write_text("{}")
    ended = go.kept()
    assert go.redone(ended) == []
    (go.out / "train.json").unlink()
    assert go.redone(ended) == ["a training that had ended was begun again"]


def test_a_command_of_the_server_is_the_command_itself(tmp_path: Path) -> None:
    with Commands(tmp_path) as commands:
        told = commands.run(["--version"])
        refused = commands.run(["show", tmp_path / "nowhere"])
    assert (told.code, told.out) == (0, "0.1.0\n")
    assert refused.code == 2
    assert "no store at" in refused.err


def test_a_clock_that_is_put_back_loses_no_step() -> None:
    (drill,) = drills_named(["crash.clocks"])
    lines = list(lines_of(drill, "quick"))
    assert [line.broken for line in lines] == [[]]
    assert lines[0].count == 3


def test_a_command_ends_as_a_process_does_with_its_threads_and_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "left"
    (tmp_path / "lingering.py").write_text(
        "import atexit, os, pathlib, threading, time\n"
        f"left = pathlib.Path({str(left)!r})\n"
        "atexit.register(lambda: left.write_text('last words'))\n"
        "def wait():\n    time.sleep(0.5)\n"
        "os.register_at_fork(after_in_child=lambda: threading.Thread(target=wait).start())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with Commands(tmp_path / "said", imports=["lingering"]) as commands:
        ended = commands.run(["--version"])
        assert (ended.code, left.read_text()) == (0, "last words")
    assert ended.seconds >= 0.5
