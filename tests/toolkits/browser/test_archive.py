"""The archive: one file of queries and pages, shared by many, and the runs that replay it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.toolkits.browser.archive import Answer, Archive, Question
from clinseek.toolkits.browser.hits import Failed
from clinseek.toolkits.browser.reader import Mode, page_shown
from clinseek.toolkits.browser.session import BrowserSession
from clinseek.toolkits.observation import Observation
from tests.toolkits.browser.webs import TOOLS, Shelf, reader, session, shelf

ROOT = Path(__file__).parents[3]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("search", {"query": "what does this potassium mean", "topn": 3}),
    ("open", {"id": 0}),
    ("find", {"pattern": "6.5"}),
    ("open", {"id": 0}),
    ("open", {"id": 3, "cursor": 0}),
    ("open", {"id": "https://a.example.org/gone"}),
    ("search", {"query": "closed"}),
    ("open", {"id": 2, "cursor": 0, "loc": 250}),
]


def made(run: BrowserSession) -> list[tuple[str, Observation]]:
    return [run.call(TOOLS[tool], given) for tool, given in CALLS]


def test_two_replays_of_a_run_are_equal_to_it_and_to_each_other(tmp_path: Path) -> None:
    recorded = made(session(shelf(), tmp_path / "web.sqlite"))
    replays = [made(session(None, tmp_path / "web.sqlite", mode="replay")) for _ in range(2)]
    assert replays[0] == replays[1] == recorded


def test_a_replay_asks_nothing_and_says_what_it_misses(tmp_path: Path) -> None:
    made(session(shelf(), tmp_path / "web.sqlite"))
    web = shelf()
    run = session(web, tmp_path / "web.sqlite", mode="replay")
    text, observation = run.call(TOOLS["search"], {"query": "another question"})
    assert observation.refused
    assert "does not hold this query; nothing is fetched in a replay" in text
    text, _ = run.call(TOOLS["open"], {"id": "https://a.example.org/other"})
    assert "does not hold https://a.example.org/other" in text
    assert web.asked == []


def test_a_record_asks_once_for_what_it_has(tmp_path: Path) -> None:
    web = shelf()
    for _ in range(2):
        made(session(web, tmp_path / "web.sqlite"))
    assert web.asked.count("what does this potassium mean") == 1
    assert web.asked.count("https://a.example.org/k") == 1
    assert web.asked.count("closed") == 2, "what failed is tried again"


def test_a_live_run_asks_every_time_and_keeps_the_latest(tmp_path: Path) -> None:
    url = "https://e.org/"
    for text in ("first", "second"):
        run = session(Shelf({url: text}), tmp_path / "web.sqlite", mode="live")
        assert text in run.call(TOOLS["open"], {"id": url})[0]
    assert "second" in run.call(TOOLS["open"], {"loc": 0})[0]
    gone = session(Shelf(), tmp_path / "web.sqlite", mode="live")
    assert gone.call(TOOLS["open"], {"id": url}) == (f"no page {url}", Observation(refused=True))


def test_a_page_that_changed_is_the_old_one_under_its_old_cursor(tmp_path: Path) -> None:
    url, pages = "https://e.org/", {"https://e.org/": "first"}
    run = session(Shelf(pages), tmp_path / "web.sqlite", mode="live")
    run.call(TOOLS["open"], {"id": url})
    pages[url] = "second"
    run.call(TOOLS["open"], {"id": url})
    assert run.reader.page(run.state, 0).lines == ("first",)
    assert run.reader.page(run.state, 1).lines == ("second",)


def test_what_cannot_be_read_is_not_asked_for_again(tmp_path: Path) -> None:
    web = Shelf({"https://e.org/i": "x"}, mime="image/png")
    for _ in range(2):
        text, _ = session(web, tmp_path / "a").call(TOOLS["open"], {"id": "https://e.org/i"})
        assert "only HTML, PDF and text can be read" in text
    assert len(web.asked) == 1


def test_two_spellings_of_white_space_are_one_query(tmp_path: Path) -> None:
    web = shelf()
    run = session(web, tmp_path / "web.sqlite")
    run.call(TOOLS["search"], {"query": " a  b "})
    run.call(TOOLS["search"], {"query": "a b"})
    assert web.asked == ["a b"]


def test_an_archive_of_one_backend_takes_no_answers_of_another(tmp_path: Path) -> None:
    made(session(shelf(), tmp_path / "web.sqlite"))
    with pytest.raises(SettingError, match="holds answers of shelf, and this run asks other"):
        session(Shelf(name="other"), tmp_path / "web.sqlite")
    session(Shelf(name="other"), tmp_path / "web.sqlite", mode="live")


def test_everything_that_was_asked_can_be_listed(tmp_path: Path) -> None:
    made(session(shelf(), tmp_path / "web.sqlite"))
    archive = Archive.open(tmp_path / "web.sqlite", writes=False)
    listed = dict(archive.answers())
    assert len(listed) == 5
    question = Question("page", "https://a.example.org/k")
    assert listed[question] == archive.answer(question)
    page = archive.page(listed[question].page)
    assert page is not None
    assert page.title == "Potassium"
    assert archive.blob(listed[question].body) == shelf().pages["https://a.example.org/k"].encode()
    assert archive.webs() == ("shelf",)


def test_an_exported_archive_is_one_file_that_replays_where_nothing_can_be_written(
    tmp_path: Path,
) -> None:
    recorded = made(session(shelf(), tmp_path / "web.sqlite"))
    given = tmp_path / "given"
    given.mkdir()
    Archive.open(tmp_path / "web.sqlite", writes=False).export(given / "copy.sqlite")
    given.chmod(0o500)
    try:
        assert made(session(None, given / "copy.sqlite", mode="replay")) == recorded
        assert [path.name for path in given.iterdir()] == ["copy.sqlite"]
    finally:
        given.chmod(0o700)
    with pytest.raises(SettingError, match="is there already"):
        Archive.open(given / "copy.sqlite", writes=False).export(given / "copy.sqlite")


def _of_version(path: Path, number: int) -> None:
    Archive.open(path).close()
    with sqlite3.connect(path) as held:
        held.execute(f"PRAGMA user_version = {number}")


def _of_others(path: Path) -> None:
    with sqlite3.connect(path) as held:
        held.execute("CREATE TABLE t (x)")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: _of_version(path, 99), "has version 99; this clinseek reads version 1"),
        (_of_others, "is not a web archive of clinseek"),
        (lambda path: path.write_bytes(b"not a database" * 99), "cannot be read as a web archive"),
        (lambda path: path.mkdir(), "cannot be read as a web archive"),
        (lambda path: None, "there is no web archive"),
    ],
)
def test_what_is_no_archive_of_this_version_is_told_at_the_start(
    tmp_path: Path, make: Any, sentence: str
) -> None:
    make(tmp_path / "web.sqlite")
    with pytest.raises(SettingError, match=sentence):
        Archive.open(tmp_path / "web.sqlite", writes=False)


def test_an_archive_in_a_place_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="cannot be made"):
        Archive.open(tmp_path / "file" / "web.sqlite")


@pytest.mark.parametrize("mode", ["record", "live"])
def test_the_first_sound_answer_stays_unless_it_is_replaced(tmp_path: Path, mode: Mode) -> None:
    archive = Archive.open(tmp_path / "web.sqlite")
    question, replace = Question("page", "https://e.org/"), mode == "live"
    archive.keep(question, Answer("down"), replace=replace)
    first = archive.keep(question, Answer(title="first"), replace=replace)
    assert archive.answer(question) == first
    archive.keep(question, Answer("down again"), replace=replace)
    assert archive.answer(question) == first
    archive.keep(question, Answer(title="second"), replace=replace)
    held = archive.answer(question)
    assert held is not None
    assert held.title == ("second" if replace else "first")


def test_many_threads_record_into_one_archive(tmp_path: Path) -> None:
    path = tmp_path / "web.sqlite"

    def one(number: int) -> list[tuple[str, Observation]]:
        run = BrowserSession(reader(shelf(), path))
        return [*made(run), run.call(TOOLS["search"], {"query": f"question {number}"})]

    with ThreadPoolExecutor(16) as threads:
        runs = list(threads.map(one, range(40)))
    assert all([text for text, _ in run[:-1]] == [text for text, _ in runs[0][:-1]] for run in runs)
    asked = [question.asked for question, _ in Archive.open(path).answers()]
    assert sum(name.startswith("question ") for name in asked) == 40


_WRITER = """
import sys
from pathlib import Path
from clinseek.toolkits.browser.archive import Answer, Archive, Question
archive = Archive.open(Path(sys.argv[1]))
for number in range(25):
    blob = f"{sys.argv[2]} {number}".encode()
    archive.keep(Question("page", f"https://e.org/{sys.argv[2]}/{number}"), Answer(web="w"), blob,
                 replace=False)
"""


def test_many_processes_make_and_fill_one_archive(tmp_path: Path) -> None:
    path = tmp_path / "web.sqlite"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), str(number)], stderr=subprocess.PIPE
        )
        for number in range(4)
    ]
    for writer in writers:
        _, said = writer.communicate()
        assert writer.returncode == 0, said.decode()
    assert sum(1 for _ in Archive.open(path).answers()) == 100
    assert not list(tmp_path.glob(".web*"))


def test_an_archive_that_was_closed_is_one_file(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path / "web.sqlite")
    archive.keep(Question("page", "https://e.org/"), Answer(title="t"), replace=False)
    archive.close()
    assert [path.name for path in tmp_path.iterdir()] == ["web.sqlite"]
    shutil.copy(tmp_path / "web.sqlite", tmp_path / "copy.sqlite")
    assert len(list(Archive.open(tmp_path / "copy.sqlite", writes=False).answers())) == 1


def test_a_call_that_is_under_way_when_the_archive_is_closed_comes_to_its_end(
    tmp_path: Path,
) -> None:
    archive = Archive.open(tmp_path / "web.sqlite")
    for url in ("https://e.org/1", "https://e.org/2"):
        archive.keep(Question("page", url), Answer(title="t"), replace=False)
    every = list(archive.answers())

    under_way = archive.answers()
    first = next(under_way)
    archive.close()

    assert [first, *under_way] == every
    assert archive.answer(every[0][0]) == every[0][1]
    assert [path.name for path in tmp_path.iterdir()] == ["web.sqlite"]


def test_a_failure_that_lasts_is_not_tried_again(tmp_path: Path) -> None:
    web = Shelf(failing=Failed("never", lasting=True))
    for _ in range(2):
        session(web, tmp_path / "a").call(TOOLS["search"], {"query": "q"})
    assert web.asked == ["q"]


def test_an_archive_that_is_damaged_within_a_run_is_an_observation(tmp_path: Path) -> None:
    run = session(shelf(), tmp_path / "web.sqlite")
    made(run)
    with sqlite3.connect(tmp_path / "web.sqlite") as held:
        held.execute("UPDATE blobs SET bytes = x'0011'")
    replay = session(None, tmp_path / "web.sqlite", mode="replay")
    text, observation = replay.call(TOOLS["open"], {"id": "https://a.example.org/k"})
    assert observation.refused
    assert "the web archive web.sqlite cannot be used (Error -" in text
    shown = made(session(shelf(), tmp_path / "whole.sqlite"))[1][1].web
    assert shown is not None
    assert page_shown(Archive.open(tmp_path / "whole.sqlite"), shown) is not None
    assert page_shown(Archive.open(tmp_path / "web.sqlite"), shown) is None
    with sqlite3.connect(tmp_path / "web.sqlite") as held:
        held.execute("DROP TABLE answers")
    text, observation = run.call(TOOLS["search"], {"query": "sodium"})
    assert observation.refused
    assert "no such table: answers" in text
    assert "go on without it" in text


def test_an_export_is_for_its_owner_alone_and_nothing_is_left_of_one_that_failed(
    tmp_path: Path,
) -> None:
    archive = Archive.open(tmp_path / "web.sqlite")
    archive.export(tmp_path / "copy.sqlite")
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o777 == 0o600
    with pytest.raises(SettingError, match="cannot be written"):
        archive.export(tmp_path / "none" / "copy.sqlite")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes((tmp_path / "copy.sqlite").read_bytes()[:5000])
    with pytest.raises(SettingError, match=r"the web archive damaged\.sqlite cannot be used"):
        Archive(damaged, writes=False).export(tmp_path / "again.sqlite")
    assert not (tmp_path / "again.sqlite").exists()


def test_nothing_lies_beside_an_archive_that_was_made(tmp_path: Path) -> None:
    Archive.open(tmp_path / "web.sqlite").close()
    assert {path.name for path in tmp_path.iterdir()} == {"web.sqlite"}
    assert (tmp_path / "web.sqlite").stat().st_mode & 0o077 == 0


SMALL_DISK = """
import sys
from pathlib import Path
from clinseek.errors import SettingError
from clinseek.toolkits.browser.archive import Archive
from drills.crash.mounts import mounted, mounted_again

disk = Path(sys.argv[1])
if not mounted(disk, "size=1048576"):
    sys.exit("nothing can be mounted here")
for pages in range(8, 24):
    archive = disk / f"{pages}.sqlite"
    mounted_again(disk, f"size={pages * 4096}")
    try:
        Archive.open(archive).close()
        made = True
    except SettingError:
        made = False
    mounted_again(disk, "size=1048576")
    Archive.open(archive).close()
    print(made)
    for left in disk.iterdir():
        left.unlink()
"""


def test_an_archive_that_a_full_disk_did_not_let_be_made_is_made_when_there_is_room(
    tmp_path: Path,
) -> None:
    """Once, what the log held was lost as it closed, and a file without a table was left."""
    ran = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if "nothing can be mounted" in ran.stderr:
        pytest.skip("nothing can be mounted here")
    assert ran.returncode == 0, ran.stderr[-500:]
    assert set(ran.stdout.split()) == {"True", "False"}
