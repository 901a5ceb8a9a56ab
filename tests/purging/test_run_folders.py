"""Purging run folders: what a run made goes, what anybody else put there stays."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.runner.opening import held_folder, open_folder, plan_runs
from clinseek.evals.runner.response_cache import ResponseCache
from clinseek.evals.runner.run_folder import Shard, open_run, shard_folder
from clinseek.evals.runner.settings import RunSettings
from clinseek.purging import Mark, purge_of_patient, purge_of_run_folder, search

THEIRS, OTHER = 10000019, 10000027
MakeRun = Callable[..., Path]


def _row(subject_id: int, **over: object) -> Row:
    return Row.model_validate(
        {
            "qid": f"q-{subject_id}",
            "subject_id": subject_id,
            "cutoff": "2150-03-05 08:00:00",
            "task": "lab",
            "question": "What was the latest potassium?",
            "label": "4.4",
            **over,
        }
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and temporary files of this test alone."""
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "home"


@pytest.fixture
def made() -> MakeRun:
    """A run folder that was begun and scored; all of its rows about the patients named."""

    def make(out: Path, *subjects: int, shard: Shard | None = None) -> Path:
        rows = [_row(each, images=[f"p{each}/a.png"]) for each in subjects]
        plan = plan_runs(
            rows,
            rows_file="rows.jsonl",
            settings=RunSettings(model="offline"),
            store=None,
            store_fingerprint="",
            shard=shard,
            attached={f"p{each}/a.png": "0" for each in subjects},
        )
        place = out if shard is None else shard_folder(out, shard)
        place.mkdir(parents=True)
        open_folder(place, plan, rows)
        (place / "scores").mkdir()
        (place / "scores" / "default.jsonl").write_text(
            "".join(f'{{"qid":"{row.qid}"}}\n' for row in rows)
        )
        return place

    return make


def _all(place: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in place.rglob("*") if file.is_file()}


def test_a_folder_above_a_run_is_refused_and_nothing_in_it_is_touched(
    tmp_path: Path, made: MakeRun
) -> None:
    desk = tmp_path / "desk"
    run = made(desk / "results" / "run1", THEIRS)
    (desk / "thesis.txt").write_text("x")
    before = _all(desk)
    for place, told in (
        (desk, "no run folder"),
        (tmp_path, "no run folder"),
        (desk / "results", f"name one of those in it: {run}"),
    ):
        with pytest.raises(SettingError, match=told), purge_of_run_folder(place):
            pass
    assert _all(desk) == before


def test_of_a_run_folder_goes_what_the_run_made_and_what_else_lies_there_is_named(
    tmp_path: Path, made: MakeRun
) -> None:
    run = made(tmp_path / "run1", THEIRS)
    apart = tmp_path / "apart"
    apart.mkdir()
    (apart / "default.jsonl").write_text("{}")
    (run / "store").mkdir()
    (run / "store" / "manifest.json").write_text("{}")
    (run / "thesis.txt").write_text("x")
    (run / "scores" / "mine.csv").write_text("x")
    (run / "work").symlink_to(apart)
    inner = made(run / "again", OTHER)
    mine = {run / "store", run / "thesis.txt", run / "scores" / "mine.csv", run / "work", inner}
    with purge_of_run_folder(run) as purge:
        assert set(purge.stays) == mine
        assert [(each.where, each.many) for each in purge.removals] == [(run, 4)]
        purged = purge.carry_out()
    assert not purged.proven
    assert set(run.iterdir()) == {run / "scores", *mine} - {run / "scores" / "mine.csv"}
    assert (run / "store" / "manifest.json").read_text() == "{}"
    assert (apart / "default.jsonl").read_text() == "{}"
    assert open_run(inner).plan.rows


def test_a_run_folder_that_is_a_store_too_is_refused(tmp_path: Path, made: MakeRun) -> None:
    run = made(tmp_path / "run1", THEIRS)
    (run / "manifest.json").write_text("{}")
    before = _all(run)
    with pytest.raises(SettingError, match="Stores stay"), purge_of_run_folder(run):
        pass
    assert _all(run) == before


def test_a_folder_of_shards_goes_with_all_of_them(tmp_path: Path, made: MakeRun) -> None:
    for number in (1, 2):
        made(tmp_path / "run1", THEIRS, shard=Shard(number=number, of=2))
    with purge_of_run_folder(tmp_path / "run1") as purge:
        assert purge.carry_out().proven
    assert not (tmp_path / "run1").exists()


def test_the_last_patient_of_a_folder_takes_no_file_of_others_along(
    tmp_path: Path, made: MakeRun
) -> None:
    run = made(tmp_path / "runs" / "a", THEIRS)
    (run / "thesis.txt").write_text("x")
    with purge_of_patient(THEIRS, places=[tmp_path / "runs"]) as purge:
        purged = purge.carry_out()
    assert [each.name for each in run.iterdir()] == ["thesis.txt"]
    assert purged.stays == (run / "thesis.txt",)


def test_a_link_that_leads_out_is_neither_followed_nor_passed_over_in_silence(
    tmp_path: Path, made: MakeRun
) -> None:
    run = made(tmp_path / "big" / "a", THEIRS)
    cache = tmp_path / "big" / "responses.sqlite"
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.execute("CREATE TABLE answers (key TEXT, answer TEXT)")
        connection.execute("INSERT INTO answers VALUES ('a', 'b')")
    before = _all(tmp_path / "big")
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "a").symlink_to(run)
    (runs / "responses.sqlite").symlink_to(cache)
    with purge_of_patient(THEIRS, places=[runs]) as purge:
        purged = purge.carry_out()
    assert {each.file for each in purged.searched.unseen} == {runs / "a", runs / "responses.sqlite"}
    assert not purged.proven
    assert _all(tmp_path / "big") == before
    with purge_of_patient(THEIRS, places=[runs, tmp_path / "big"]) as purge:
        assert purge.carry_out().searched.unseen == ()


def test_a_folder_that_is_being_run_is_left_to_it(tmp_path: Path, made: MakeRun) -> None:
    run = made(tmp_path / "runs" / "a", THEIRS)
    before = _all(run)
    told = "a is being run by another process; wait for it or stop it"
    with held_folder(run):
        for purge in (
            purge_of_run_folder(run),
            purge_of_patient(THEIRS, places=[tmp_path / "runs"]),
        ):
            with pytest.raises(SettingError, match=told), purge:
                pass
    assert before.items() <= _all(run).items()


def test_kept_answers_go_with_the_run_where_their_cache_is_named(
    tmp_path: Path, made: MakeRun
) -> None:
    for place in (tmp_path / "cache", tmp_path / "cache" / "responses.sqlite"):
        run = made(tmp_path / "a", THEIRS)
        cache = ResponseCache(tmp_path / "cache")
        cache.put("key", AIMessage("a potassium of 4.4"))
        cache.close()
        with purge_of_run_folder(run, places=[place]) as purge:
            assert purge.carry_out().proven
        assert search([tmp_path / "cache"], [Mark("an answer", b"potassium")]).left == ()


def test_what_another_program_calls_run_json_or_responses_is_its_own(
    tmp_path: Path, made: MakeRun
) -> None:
    run = made(tmp_path / "runs" / "a", THEIRS, OTHER)
    other = tmp_path / "runs" / "sacred"
    other.mkdir()
    (other / "run.json").write_text('{"experiment": {}}')
    with closing(sqlite3.connect(other / "responses.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE responses (key TEXT)")
    before = _all(other)
    with purge_of_patient(THEIRS, places=[tmp_path / "runs"]) as purge:
        assert purge.carry_out().proven
    assert _all(other) == before
    assert set(open_run(run).plan.attached) == {f"p{OTHER}/a.png"}


def test_a_purge_that_was_stopped_anywhere_is_finished_by_the_next(
    tmp_path: Path, made: MakeRun
) -> None:
    first = made(tmp_path / "first", THEIRS, OTHER)
    mark = [Mark("the row", f"q-{THEIRS}".encode())]
    for done in range(3):
        runs = tmp_path / f"runs{done}"
        shutil.copytree(first, runs / "a")
        with purge_of_patient(THEIRS, places=[runs]) as purge:
            assert len(purge.removals) == 2
            for removal in purge.removals[:done]:
                removal.remove()
        with purge_of_patient(THEIRS, places=[runs]) as purge:
            assert purge.carry_out().proven
        assert search([runs], mark).left == ()


def test_of_a_whole_folder_run_json_is_the_last_that_goes_and_tells_whose_it_was(
    tmp_path: Path, made: MakeRun
) -> None:
    runs = tmp_path / "runs"
    for name, left in (("begun", ["run.json"]), ("scored", ["run.json", "scores"])):
        run = made(runs / name, THEIRS)
        for file in run.iterdir():
            if file.name not in left:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
    for subject_id in (1, OTHER):
        with purge_of_patient(subject_id, places=[runs]) as purge:
            purge.carry_out()
        assert (runs / "scored" / "scores" / "default.jsonl").is_file()
    assert (runs / "begun" / "run.json").is_file()
    with purge_of_patient(THEIRS, places=[runs]) as purge:
        purge.carry_out()
    assert not (runs / "begun").exists()


def test_scores_that_an_earlier_purge_left_behind_its_rows_go(
    tmp_path: Path, made: MakeRun
) -> None:
    run = made(tmp_path / "runs" / "a", THEIRS, OTHER)
    with purge_of_patient(THEIRS, places=[tmp_path / "runs"]) as purge:
        purge.removals[-1].remove()
    assert (run / "scores" / "default.jsonl").is_file()
    with purge_of_patient(THEIRS, places=[tmp_path / "runs"]) as purge:
        assert purge.carry_out().proven
    assert not (run / "scores").exists()
    assert set(open_run(run).plan.rows) == {f"q-{OTHER}"}


def test_a_file_that_cannot_be_written_is_named_with_what_was_removed_and_what_is_left(
    tmp_path: Path, made: MakeRun
) -> None:
    run = made(tmp_path / "runs" / "a", THEIRS, OTHER)
    in_the_way = run / ".rows.jsonl.making"
    in_the_way.mkdir()
    with (
        purge_of_patient(THEIRS, places=[tmp_path / "runs"]) as purge,
        pytest.raises(SettingError) as stopped,
    ):
        purge.carry_out()
    told = str(stopped.value)
    assert f"{run / 'rows.jsonl'}: cannot be written" in told
    assert f"removed before it: scores (made again by clinseek score) in {run / 'scores'};" in told
    assert f"still there, whole or in part: rows about the patient in {run / 'rows.jsonl'}." in told
    assert "give the same command again" in told
    in_the_way.rmdir()
    with purge_of_patient(THEIRS, places=[tmp_path / "runs"]) as purge:
        assert purge.carry_out().proven
    assert [row.qid for row in open_run(run).rows()] == [f"q-{OTHER}"]
