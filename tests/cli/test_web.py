"""`--web` and what goes with it, `--approve web`, and `clinseek web`, as a person types them."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine
from tests.models.server import Body, ChatServer, answer

QUESTION = "What does this potassium mean, and by which source?"
POTASSIUM = "corpus://demo/potassium.md"
MILD = "5.5 to 5.9 | mild hyperkalaemia"


def _call(name: str, **arguments: Any) -> Body:
    return answer(calls=[(name, json.dumps(arguments))])


def _look(_: Body) -> Body:
    arguments = {"subject_id": str(SUBJECT), "table_name": "labevents"}
    return answer(
        calls=[
            ("ehr_get_latest_records", json.dumps(arguments)),
            ("browser_search", json.dumps({"query": "high potassium"})),
        ]
    )


def _finish(asked: Body) -> Body:
    """Cites the row that was read and the line that was shown."""
    shown = [message["content"] for message in asked["messages"] if message["role"] == "tool"]
    line = next(line for line in shown[-1].splitlines() if MILD in line).partition(":")[0]
    response = {
        "response": ["5.9 mEq/L", "mild hyperkalaemia"],
        "citations": [["E1#2"], [f"【1†{line}】"]],
    }
    return answer(calls=[("ehr_finish", json.dumps(response))])


SCRIPT = (_look, _call("browser_open", id=POTASSIUM), _finish)


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer(*SCRIPT) as server:
        yield server


@pytest.fixture
def at(store: Path, chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    for name in ("", "_BACKEND", "_CORPUS", "_ARCHIVE", "_GUARD", "_DENY"):
        monkeypatch.delenv(f"CLINSEEK_WEB{name}", raising=False)
    monkeypatch.delenv("SERPER_API_KEY", raising=False)
    place = ("--store", store, "--subject", SUBJECT, "--at", CUTOFF)
    return (*place, "--model", chat.spec, "--allow-host", "127.0.0.1")


@pytest.fixture
def recorded(
    clinseek: CommandLine, at: tuple[object, ...], chat: ChatServer, tmp_path: Path
) -> Path:
    """The archive of a run that browsed."""
    file = tmp_path / "web.sqlite"
    assert clinseek("ask", *at, "--archive", file, QUESTION).code == 0
    chat.restart(*SCRIPT)
    return file


def test_the_answer_shows_the_page_its_address_its_hash_and_the_cited_line(
    clinseek: CommandLine, at: tuple[object, ...], tmp_path: Path
) -> None:
    page = tmp_path / "run.html"

    ran = clinseek("ask", *at, "--html", page, QUESTION)

    assert ran.code == 0, ran.err
    assert "mild hyperkalaemia  [E3#L" in ran.out
    assert f"  {POTASSIUM}\n  retrieved 20" in ran.out
    assert "sha256 " in ran.out
    assert MILD in ran.out
    written = page.read_text()
    line = ran.out.partition("[E3#")[2].partition("]")[0]
    assert f'href="#E3-{line}"' in written
    assert f'<div id="E3-{line}" class="cited">{line}: ' in written


def test_json_has_url_title_lines_time_and_hash_of_the_evidence(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    told = json.loads(clinseek("ask", *at, "--json", QUESTION).out)

    web = told["evidence"][2]["web"]
    assert web["url"] == POTASSIUM
    assert web["cursor"] == 1
    assert len(web["sha256"]) == 64
    assert {"title", "first", "last", "retrieved"} <= set(web)


def test_a_replay_gives_what_was_recorded_and_asks_nobody(
    clinseek: CommandLine, at: tuple[object, ...], recorded: Path
) -> None:
    ran = clinseek("ask", *at, "--web", "replay", "--archive", recorded, "--json", QUESTION)

    told = json.loads(ran.out)
    assert told["answer"] == ["5.9 mEq/L", "mild hyperkalaemia"]
    assert told["errors"] == []


def test_a_person_at_the_terminal_edits_a_query_and_lets_the_rest_go(
    clinseek: CommandLine, at: tuple[object, ...], typed: int
) -> None:
    os.write(typed, b"hyperkalaemia\n\n")

    ran = clinseek("ask", *at, "--approve", "web", "--json", QUESTION)

    assert "about to leave: browser.search query='high potassium'" in ran.err
    assert "about to leave: browser.open id='corpus://demo/potassium.md'" in ran.err
    told = json.loads(ran.out)
    assert told["evidence"][1]["arguments"] == {"query": "hyperkalaemia"}
    assert told["answer"] == ["5.9 mEq/L", "mild hyperkalaemia"]


def test_where_nobody_answers_the_run_waits_and_resume_goes_on(
    clinseek: CommandLine, at: tuple[object, ...], typed: int, chat: ChatServer
) -> None:
    os.close(typed)
    first = clinseek("ask", *at, "--approve", "web", "--thread", "left", QUESTION)
    chat.restart(*SCRIPT[1:])
    reads, writes = os.pipe()
    os.dup2(reads, 0)
    os.write(writes, b"y\ny\n")

    again = clinseek("resume", "left")

    assert first.code == 2
    assert first.err.splitlines()[-1].endswith("go on with: clinseek resume left")
    assert again.code == 0
    assert "mild hyperkalaemia  [E3#L" in again.out
    os.close(writes)
    os.close(reads)


@pytest.fixture
def typed() -> Iterator[int]:
    """Where to write what the person types."""
    before = os.dup(0)
    reads, writes = os.pipe()
    os.dup2(reads, 0)
    os.close(reads)
    yield writes
    os.dup2(before, 0)
    os.close(before)


def test_web_ls_show_and_export_look_into_an_archive(
    clinseek: CommandLine, recorded: Path, tmp_path: Path
) -> None:
    listed = json.loads(clinseek("web", "ls", "--archive", recorded, "--json").out)
    page, search = sorted(listed["answers"], key=lambda each: str(each["kind"]))
    assert search["asked"] == "high potassium"
    assert listed["backends"][0].startswith("offline ")
    assert "high potassium" in clinseek("web", "ls", "--archive", recorded).out
    for what in (POTASSIUM, page["page"][:10]):
        shown = clinseek("web", "show", what, "--archive", recorded).out
        assert MILD in shown
    told = json.loads(
        clinseek("web", "show", "high potassium", "--archive", recorded, "--json").out
    )
    assert told["lines"][0] == "# Search Results"
    raw = clinseek("web", "show", POTASSIUM, "--archive", recorded, "--raw").out
    assert raw.startswith("# Potassium in the blood")
    copied = clinseek("web", "export", tmp_path / "copy.sqlite", "--archive", recorded, "--json")
    assert json.loads(copied.out)["answers"] == 2
    again = clinseek("web", "ls", "--archive", tmp_path / "copy.sqlite", "--json")
    assert json.loads(again.out)["answers"] == listed["answers"]


def test_the_archive_at_home_is_found_where_there_is_but_one(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    assert "there is no web archive in" in clinseek("web", "ls").err
    clinseek("ask", *at, QUESTION)

    assert "high potassium" in clinseek("web", "ls").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--web", "sometimes"), "'sometimes' is not one of 'record', 'replay', 'live', 'off'"),
        (("--web-backend", "bing"), "there is no web backend 'bing'; use offline, serper"),
        (("--web-backend", "serper"), "needs SERPER_API_KEY in the environment; set it"),
        (("--web-backend", "searxng"), "needs an address, as in searxng:http://HOST"),
        (("--web-corpus", "/nowhere"), "there is no corpus /nowhere"),
        (("--web", "replay"), "name it with --archive"),
        (("--web", "replay", "--archive", "/nowhere.sqlite"), "there is no web archive /nowhere"),
        (("--web-deny", "/nowhere"), "the list of closed pages /nowhere cannot be read"),
        (("--approve", "everything"), "'everything' is not"),
    ],
)
def test_a_web_that_cannot_be_is_one_sentence_before_the_run(
    clinseek: CommandLine, at: tuple[object, ...], arguments: tuple[str, ...], said: str
) -> None:
    ran = clinseek("ask", *at, *arguments, QUESTION)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err
    assert json.loads(clinseek("threads", "--json").out) == {"threads": []}


def test_an_archive_of_another_version_or_kind_is_one_sentence(
    clinseek: CommandLine, at: tuple[object, ...], recorded: Path, tmp_path: Path
) -> None:
    with sqlite3.connect(recorded) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    text = tmp_path / "notes.sqlite"
    text.write_text("no database at all, but some words that are long enough" * 9)

    for file, said in ((recorded, "has version 99"), (text, "cannot be read as a web archive")):
        for ran in (
            clinseek("ask", *at, "--archive", file, QUESTION),
            clinseek("web", "ls", "--archive", file),
        ):
            assert ran.code == 2
            assert said in ran.err.splitlines()[-1]


def test_an_export_never_writes_over_a_file(clinseek: CommandLine, recorded: Path) -> None:
    ran = clinseek("web", "export", recorded, "--archive", recorded)

    assert ran.code == 2
    assert "is there already" in ran.err


def test_what_an_archive_does_not_hold_is_told(clinseek: CommandLine, recorded: Path) -> None:
    ran = clinseek("web", "show", "https://nowhere.example/", "--archive", recorded)

    assert ran.code == 2
    assert "holds no 'https://nowhere.example/'; see: clinseek web ls" in ran.err


def test_an_export_to_nowhere_is_one_sentence_and_leaves_nothing(
    clinseek: CommandLine, recorded: Path, tmp_path: Path
) -> None:
    ran = clinseek("web", "export", tmp_path / "none" / "c.sqlite", "--archive", recorded)

    assert ran.code == 2
    assert "cannot be written (No such file or directory); name another place" in ran.err


def test_a_damaged_archive_is_one_sentence(clinseek: CommandLine, recorded: Path) -> None:
    with sqlite3.connect(recorded) as connection:
        connection.execute("UPDATE blobs SET bytes = x'0011223344'")
    connection.close()
    shown = clinseek("web", "show", POTASSIUM, "--archive", recorded)
    with sqlite3.connect(recorded) as connection:
        connection.execute("DROP TABLE answers")
    connection.close()
    listed = clinseek("web", "ls", "--archive", recorded)

    for ran in (shown, listed):
        assert ran.code == 2
        assert f"the web archive {recorded.name} cannot be used (" in ran.err


def test_a_query_that_is_kept_twice_is_shown_by_its_number_of_hits(
    clinseek: CommandLine, recorded: Path
) -> None:
    with sqlite3.connect(recorded) as connection:
        (kept,) = connection.execute("SELECT topn FROM answers WHERE kind = 'search'").fetchone()
        connection.execute(
            "INSERT INTO answers SELECT kind, asked, topn + 1, sentence, lasting, url, title, "
            "mime, body, page, web, retrieved FROM answers WHERE kind = 'search'"
        )
    connection.close()
    asked = ("web", "show", "high potassium", "--archive", recorded)

    assert f"name --topn: {kept}, {kept + 1}" in clinseek(*asked).err
    assert "# Search Results" in clinseek(*asked, "--topn", kept).out
    assert f"but with {kept}, {kept + 1}" in clinseek(*asked, "--topn", 49).err
