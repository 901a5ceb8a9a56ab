"""`clinseek purge`: what is removed stands in no byte that is left, and what is left is named."""

import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from clinseek import kept_threads
from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import open_run
from clinseek.purging import Mark, search
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine, Ran, write_raw
from tests.models.server import ChatServer, answer

OTHER = 10000027
TOLD = b"2150-03-04 06:00:00"
"""A moment of the one potassium, which every run about this patient was told."""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files of this test alone."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def asked(clinseek: CommandLine, store: Path) -> Callable[..., Ran]:
    """Ask about the patient in a thread of a name."""

    def ask(thread: str, *more: object) -> Ran:
        ran = clinseek(
            *("ask", "--store", store, "--subject", SUBJECT, "--at", CUTOFF, "--thread", thread),
            *more,
            "What was the latest potassium?",
        )
        assert ran.code == 0, ran.err
        return ran

    return ask


def _holds(place: Path, *words: str) -> list[str]:
    found = search([place], [Mark(word, word.encode()) for word in words])
    return [each.what for each in found.left]


def test_a_thread_that_is_purged_stands_in_no_byte_and_another_is_whole(
    clinseek: CommandLine, asked: Callable[..., Ran], home: Path
) -> None:
    asked("first-run")
    asked("other-run")
    ran = clinseek("purge", "--run", "first-run", "--yes", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["proven"], told["searched"]["left"]) == (0, True, [])
    assert told["searched"]["marks"]["a step's id"] > 3
    assert _holds(home, "first-run") == []
    assert [line["thread"] for line in kept_threads.listing()] == ["other-run"]
    assert clinseek("resume", "other-run").code == 0
    with closing(sqlite3.connect(home / "threads.sqlite")) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_the_last_thread_leaves_none_of_what_it_was_told(
    clinseek: CommandLine, asked: Callable[..., Ran], home: Path
) -> None:
    asked("the-only-run")
    assert _holds(home, TOLD.decode(), "Potassium")
    assert clinseek("purge", "--run", "the-only-run", "--yes").code == 0
    assert _holds(home, TOLD.decode(), "Potassium", "potassium") == []


def test_the_search_finds_what_a_plain_removal_of_rows_leaves(
    asked: Callable[..., Ran], home: Path
) -> None:
    asked("the-only-run")
    with closing(sqlite3.connect(home / "threads.sqlite")) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for table in ("checkpoints", "writes", "runs"):
            connection.execute(f"DELETE FROM {table}")
        connection.commit()
    assert _holds(home, "the-only-run") == ["the-only-run"]


def test_a_dry_run_tells_what_there_is_and_removes_nothing(
    clinseek: CommandLine, asked: Callable[..., Ran], home: Path
) -> None:
    asked("first-run")
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    ran = clinseek("purge", "--run", "first-run", "--dry-run", "--json")
    there = {each["what"]: each["many"] for each in json.loads(ran.out)["there"]}
    assert ran.code == 0
    assert there["steps of a thread"] > 10
    assert {file: file.read_bytes() for file in before} == before


def test_it_removes_nothing_where_nobody_can_be_asked(
    clinseek: CommandLine, asked: Callable[..., Ran]
) -> None:
    asked("first-run")
    ran = clinseek("purge", "--run", "first-run")
    assert ran.code == 2
    assert "nothing was removed" in ran.err
    assert len(kept_threads.listing()) == 1


@pytest.mark.parametrize("words", [(), ("--run", "x", "--cases")])
def test_one_thing_is_purged_at_a_time(clinseek: CommandLine, words: tuple[str, ...]) -> None:
    ran = clinseek("purge", *words)
    assert ran.code == 2
    assert "name one of --run, --subject and --cases" in ran.err


def test_a_thread_that_is_not_there_is_one_sentence(clinseek: CommandLine) -> None:
    ran = clinseek("purge", "--run", "no-such-run", "--yes")
    assert (ran.code, "there is no thread 'no-such-run'" in ran.err) == (2, True)


@pytest.mark.parametrize("words", [("--run", "first-run"), ("--subject", SUBJECT), ("--cases",)])
def test_it_refuses_while_a_run_is_going(
    clinseek: CommandLine, asked: Callable[..., Ran], words: tuple[object, ...]
) -> None:
    asked("first-run")
    asked("going-run")
    with kept_threads.held("going-run"):
        ran = clinseek("purge", *words, "--yes")
    assert ran.code == 2
    assert "'going-run' is being run right now" in ran.err
    assert len(kept_threads.listing()) == 2


def test_a_query_and_its_pages_leave_the_archive_with_the_run_that_sent_it(
    clinseek: CommandLine, asked: Callable[..., Ran], home: Path
) -> None:
    query = "a potassium that is too high by far"
    for thread, words in (("first-run", query), ("other-run", "sodium")):
        search_web = answer(calls=[("browser_search", json.dumps({"query": words}))])
        finish = answer(calls=[("ehr_finish", '{"response": ["4.4"], "citations": [["E1"]]}')])
        with ChatServer(search_web, finish) as server:
            asked(thread, "--model", server.spec, "--max-revisions", "0")
    assert _holds(home / "web", query) == [query]
    ran = clinseek("purge", "--run", "first-run", "--yes")
    assert ran.code == 0, ran.out
    assert _holds(home, query) == []
    assert "sodium" in clinseek("web", "ls").out


def test_a_patients_queries_leave_the_archive_that_was_named_and_a_replayed_one_stays(
    clinseek: CommandLine, asked: Callable[..., Ran], tmp_path: Path, home: Path
) -> None:
    query = "a potassium that is too high by far"
    search_web = answer(calls=[("browser_search", json.dumps({"query": query}))])
    finish = answer(calls=[("ehr_finish", '{"response": ["4.4"], "citations": [["E1"]]}')])
    mine, given = tmp_path / "my.archive", tmp_path / "given.archive"
    with ChatServer(search_web, finish) as server:
        asked("first-run", "--model", server.spec, "--max-revisions", "0", "--archive", mine)
    shutil.copy(mine, given)
    with ChatServer(search_web, finish) as server:
        asked("other-run", "--model", server.spec, "--max-revisions", "0", "--archive", given,
              "--web", "replay")  # fmt: skip
    assert _holds(mine, query) == [query]
    ran = clinseek("purge", "--subject", SUBJECT, "--yes", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["proven"]) == (0, True), ran.out
    assert str(mine) in told["searched"]["places"]
    assert _holds(mine, query) == []
    assert _holds(given, query) == [query]


def test_an_archive_that_is_not_where_a_run_wrote_it_is_told(
    clinseek: CommandLine, asked: Callable[..., Ran], tmp_path: Path
) -> None:
    search_web = answer(calls=[("browser_search", '{"query": "a potassium that is too high"}')])
    finish = answer(calls=[("ehr_finish", '{"response": ["4.4"], "citations": [["E1"]]}')])
    with ChatServer(search_web, finish) as server:
        asked("first-run", "--model", server.spec, "--max-revisions", "0",
              "--archive", tmp_path / "my.archive")  # fmt: skip
    (tmp_path / "my.archive").rename(tmp_path / "elsewhere")
    ran = clinseek("purge", "--subject", SUBJECT, "--yes")
    assert ran.code == 1
    assert f"NOT THERE: {tmp_path / 'my.archive'}" in ran.out
    assert "nothing of it is left there" not in ran.out


def _row(number: int, subject_id: int, **over: Any) -> Row:
    return Row(
        **{
            "qid": f"q{number}-{subject_id}",
            "subject_id": subject_id,
            "cutoff": CUTOFF,
            "task": "latest_lab",
            "question": "What was the latest potassium?",
            "answer_form": "number",
            "label": 4.4,
            **over,
        }
    )


@pytest.fixture
def run_of_two(clinseek: CommandLine, tmp_path: Path) -> Path:
    """An evaluation over two patients, scored."""
    from clinseek.toolkits.ehr.store import ingest

    raw = write_raw(tmp_path / "raw")
    admissions = raw / "hosp" / "admissions.csv"
    line = admissions.read_text().splitlines()[1]
    other = line.replace(str(SUBJECT), str(OTHER)).replace("20000001", "20000002")
    admissions.write_text(f"{admissions.read_text()}{other}\n")
    ingest([raw], tmp_path / "store")
    rows = [_row(1, SUBJECT), _row(2, OTHER), _row(3, SUBJECT)]
    write_rows(tmp_path / "rows.jsonl", rows)
    out = tmp_path / "runs" / "a"
    ran = clinseek(
        *("eval", tmp_path / "rows.jsonl", "--store", tmp_path / "store", "--out", out),
        *("--cache", tmp_path / "runs" / "cache"),
    )
    assert ran.code == 0, ran.err
    assert clinseek("score", out).code == 0
    return out


def test_a_patient_leaves_the_folders_that_are_named_and_the_others_stay(
    clinseek: CommandLine, run_of_two: Path, home: Path
) -> None:
    assert _holds(run_of_two.parent, str(SUBJECT), "20000001")
    ran = clinseek("purge", "--subject", SUBJECT, "--in", run_of_two.parent, "--yes", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["proven"]) == (0, True), ran.err
    assert told["searched"]["marks"]["the number of an admission or stay"] == 2
    assert _holds(run_of_two.parent, str(SUBJECT), "20000001") == []
    folder = open_run(run_of_two)
    assert [record.qid for record in folder.records()] == [f"q2-{OTHER}"]
    assert set(folder.plan.rows) == {f"q2-{OTHER}"}
    assert clinseek("score", run_of_two).code == 0


def test_a_patient_of_two_threads_with_as_many_steps_leaves_both(
    clinseek: CommandLine, asked: Callable[..., Ran]
) -> None:
    asked("first-run")
    asked("other-run")
    ran = clinseek("purge", "--subject", SUBJECT, "--yes")
    assert ran.code == 0, ran.out
    assert kept_threads.listing() == []


def test_what_it_does_not_know_is_found_and_named_and_ends_with_one(
    clinseek: CommandLine, run_of_two: Path
) -> None:
    page = run_of_two.parent / "report.html"
    page.write_text(f"<p>patient {SUBJECT}</p>")
    ran = clinseek("purge", "--subject", SUBJECT, "--in", run_of_two.parent, "--yes")
    assert ran.code == 1
    assert f"LEFT: the patient's number stands in {page}" in ran.out


def test_a_copy_of_a_run_that_somebody_packed_is_found_or_named(
    clinseek: CommandLine, run_of_two: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with tarfile.open(kept / "run.txz", "w:xz") as packed:
        packed.add(run_of_two)
    with ZipFile(kept / "a.dat", "w", ZIP_DEFLATED) as written:
        written.write(run_of_two / "rows.jsonl")
    purge = ("purge", "--subject", SUBJECT, "--in", kept, "--yes")
    ran = clinseek(*purge)
    assert ran.code == 0
    for name in ("run.txz", "a.dat"):
        assert f"packed, and not looked into: {kept / name}" in ran.out
    assert "nothing of it is left there" not in ran.out
    with tarfile.open(kept / "run.tgz", "w:gz") as packed:
        packed.add(run_of_two)
    ran = clinseek(*purge)
    assert ran.code == 1
    assert f"LEFT: the patient's number stands in {kept / 'run.tgz'}" in ran.out


def test_the_folder_of_an_evaluation_goes_whole(
    clinseek: CommandLine, run_of_two: Path, home: Path
) -> None:
    run_id = open_run(run_of_two).plan.run_id
    left = home / "cases" / f"eval-{run_id}-0123456789abcdef-1-0123456789abcdef.sqlite"
    left.write_bytes(b"")
    ran = clinseek("purge", "--run", run_of_two, "--yes")
    assert ran.code == 0, ran.err
    assert not run_of_two.exists()
    assert not left.exists()


def test_a_dry_run_of_a_folder_counts_its_files_and_names_what_no_run_made(
    clinseek: CommandLine, run_of_two: Path
) -> None:
    thesis = run_of_two / "thesis.txt"
    thesis.write_text("x")
    made = [file for file in run_of_two.rglob("*") if file.is_file() and file != thesis]
    ran = clinseek("purge", "--run", run_of_two, "--dry-run", "--json")
    (files,) = json.loads(ran.out)["there"]
    assert (files["what"], files["many"]) == ("files of an evaluation (3 records)", len(made))
    stays = f"STAYS: {thesis}, which no run made"
    assert stays in clinseek("purge", "--run", run_of_two, "--dry-run").out
    ran = clinseek("purge", "--run", run_of_two, "--yes")
    assert (ran.code, stays in ran.out, "is left there" in ran.out) == (1, True, False)
    assert list(run_of_two.iterdir()) == [thesis]


@pytest.mark.parametrize("named", ["", " ", ".", "results"])
def test_a_name_that_is_none_and_a_folder_above_a_run_remove_nothing(
    clinseek: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    run = tmp_path / "desk" / "results" / "run1"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "desk")
    ran = clinseek("purge", "--run", named, "--yes")
    assert ran.code == 2
    assert ("--run is empty" if not named.strip() else "no run folder") in ran.err
    assert (run / "run.json").is_file()


def test_a_name_that_a_thread_and_a_folder_both_have_is_refused(
    clinseek: CommandLine,
    asked: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked("first-run")
    (tmp_path / "desk" / "first-run").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "desk")
    ran = clinseek("purge", "--run", "first-run", "--yes")
    assert ran.code == 2
    assert f"a thread 'first-run' and a folder {Path.cwd() / 'first-run'}" in ran.err
    assert len(kept_threads.listing()) == 1
    monkeypatch.chdir(tmp_path)
    assert clinseek("purge", "--run", "first-run", "--yes").code == 0


def test_a_folder_that_is_no_evaluation_is_not_touched(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    ran = clinseek("purge", "--run", tmp_path / "mine", "--yes")
    assert (ran.code, "no run folder" in ran.err) == (2, True)
    assert (tmp_path / "mine").is_dir()


def test_cases_left_by_the_dead_are_removed_by_patient_or_all(
    clinseek: CommandLine, store: Path, home: Path
) -> None:
    from clinseek.settings import case_folder
    from clinseek.toolkits.ehr.case import open_case

    clinseek("threads")
    for name in ("run-0123456789abcdef.sqlite", "serve-x/abc.sqlite"):
        place = case_folder() / name
        open_case(store, SUBJECT, cutoff=CUTOFF, folder=place.parent, name=place.name)
    (case_folder() / "run-0123456789abcdef.images").mkdir()
    assert clinseek("purge", "--subject", OTHER, "--yes").code == 0
    assert len(list(case_folder().rglob("*.sqlite"))) == 2
    assert clinseek("purge", "--subject", SUBJECT, "--yes").code == 0
    assert not list(case_folder().rglob("*.sqlite"))
    open_case(store, SUBJECT, cutoff=CUTOFF, folder=case_folder())
    assert clinseek("purge", "--cases", "--yes").code == 0
    assert not list(case_folder().iterdir())


def test_a_folder_of_cases_that_somebody_had_before_keeps_what_is_not_of_runs(
    clinseek: CommandLine, home: Path
) -> None:
    mine = home / "cases" / "case-report.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("x")
    (home / "cases" / "run-0123456789abcdef.sqlite").write_bytes(b"")
    ran = clinseek("purge", "--cases", "--yes")
    assert (ran.code, f"STAYS: {mine}" in ran.out) == (1, True)
    assert list(mine.parent.iterdir()) == [mine]


def test_temporary_folders_of_the_dead_go_with_the_cases_and_those_in_use_stay(
    clinseek: CommandLine, store: Path, temporary: Path
) -> None:
    from clinseek.toolkits.ehr.case import open_case

    dead, mine = temporary / "clinseek-sheet-0abc_xyz", temporary / "clinseek-results"
    for folder in (dead, mine):
        folder.mkdir()
        (folder / ".lock").touch()
    (dead / "raw.sqlite").write_bytes(b"rows")
    case = open_case(store, SUBJECT, cutoff=CUTOFF)
    assert clinseek("purge", "--cases", "--yes").code == 0
    assert not dead.exists()
    assert mine.is_dir()
    assert case.path.is_file()
    case.close()


def test_what_a_killed_command_left_of_a_patient_goes_and_that_of_others_stays(
    clinseek: CommandLine, store: Path, temporary: Path
) -> None:
    from clinseek.toolkits.ehr.case import open_case

    theirs, half, other = (temporary / f"clinseek-case-0abc_xy{end}" for end in "123")
    for folder in (theirs, half, other):
        folder.mkdir()
        (folder / ".lock").touch()
    open_case(store, SUBJECT, cutoff=CUTOFF, folder=theirs)
    with closing(sqlite3.connect(half / "raw.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE labevents (subject_id INTEGER)")
        connection.execute("INSERT INTO labevents VALUES (?)", (SUBJECT,))
    (other / "case.sqlite").write_bytes(b"rows")
    ran = clinseek("purge", "--subject", SUBJECT, "--yes")
    assert ran.code == 0, ran.out
    assert list(temporary.iterdir()) == [other]


def test_cases_of_a_server_that_runs_are_left_to_it(
    clinseek: CommandLine, store: Path, home: Path
) -> None:
    from clinseek.serve.ehr import ehr_service
    from clinseek.settings import case_folder

    clinseek("threads")
    with ehr_service(store, cases=case_folder()):
        ran = clinseek("purge", "--cases", "--yes")
    assert (ran.code, "a process that is running; stop it first" in ran.err) == (2, True)
