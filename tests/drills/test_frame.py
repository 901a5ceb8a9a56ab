"""The frame of the drills: rooms are found, a broken promise ends with 1, nothing is lost."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from drills import __main__ as command
from drills import apart
from drills.drill import Drill, Line, Size
from drills.rooms import UnknownDrillError, drills_named, every_drill


def _two_lines(_size: Size, _place: Path) -> Iterator[Line]:
    yield Line("killed", count=3)
    yield Line("tried on Ray", gap="Ray is not installed")


HELD = Drill("room.held", "it goes on", _two_lines)
FALSE = Drill(
    "room.false", "nothing is lost", lambda size, place: iter([Line("x", 1, ["a run was lost"])])
)


@pytest.fixture
def only_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The two drills of this file, in this process."""

    def chosen(words: Sequence[str]) -> list[Drill]:
        return [each for each in (HELD, FALSE) if not words or each.name in words]

    monkeypatch.setattr(command, "drills_named", chosen)
    monkeypatch.setattr(
        command, "lines_of", lambda drill, size: list(apart.told(drill, size, tmp_path))
    )


def _ran(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["drills", *words])
    return command.main()


def test_no_two_drills_have_one_name() -> None:
    there = every_drill()
    assert len({drill.name for drill in there}) == len(there)


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownDrillError, match="there is no drill 'crsh'; there are: "):
        drills_named(["crsh"])


@pytest.mark.usefixtures("only_ours")
def test_a_broken_promise_ends_with_one_and_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ran(monkeypatch, "--only", "room.held") == 0
    assert _ran(monkeypatch) == 1
    told = capsys.readouterr().out
    assert "a run was lost" in told
    assert "not tried: Ray is not installed" in told
    assert "BROKEN: room.false; 1 not tried here" in told


@pytest.mark.usefixtures("only_ours")
def test_what_was_saved_is_told_again_and_becomes_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, page = tmp_path / "1.json", tmp_path / "2.json", tmp_path / "page.md"
    assert _ran(monkeypatch, "--only", "room.held", "--save", str(one)) == 0
    assert _ran(monkeypatch, "--only", "room.false", "--save", str(two)) == 1
    capsys.readouterr()

    ended = _ran(
        monkeypatch, "--saved", str(one), "--saved", str(two), "--markdown", str(page), "--json"
    )

    assert ended == 1
    held = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in held["drills"]] == ["room.false", "room.held"]
    assert "| killed | 3 | nothing |" in page.read_text()
    assert "| x | 1 | once |" in page.read_text()


def test_a_drill_runs_apart_with_a_home_and_no_word_of_the_caller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLINSEEK_STORE", "/somewhere/else")
    monkeypatch.setenv("LANGSMITH_API_KEY", "secret")

    given = apart.environment(tmp_path)

    assert given["CLINSEEK_HOME"] == str(tmp_path / "home")
    assert given["TMPDIR"] == str(tmp_path / "tmp")
    assert "CLINSEEK_STORE" not in given
    assert "LANGSMITH_API_KEY" not in given


def test_a_drill_that_cannot_run_is_broken_in_its_own_words() -> None:
    """Apart it is not found, since no room holds it: the process ends without a line."""
    (line,) = apart.lines_of(HELD, "quick")

    assert line.done == "the drill itself"
    assert line.broken[0].startswith("ended with 1: ")
