"""An evaluation: every run kept as it ends, gone on with, refused where it is another one."""

import asyncio
import fcntl
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from clinseek.errors import CaseError, SettingError
from clinseek.evals.rows import write_rows
from clinseek.evals.runner import open_run
from clinseek.evals.runner.evaluation import run_rows
from clinseek.evals.runner.running import Limits
from clinseek.evals.runner.settings import RunSettings
from clinseek.evals.runner.tally import Tally
from clinseek.toolkits.ehr.case import Case
from tests.evals.runner.wardrows import EVIDENCE, able, evaluated, row, rows
from tests.graphs.doubles import LATEST_LABS, SUBJECT, Ward, calling, finishing, scripted

REFUSED = PermissionError("the key is wrong")
"""A fault that no second try within a run mends."""


def test_each_row_and_epoch_gives_one_record(ward: Ward, tmp_path: Path) -> None:
    done = evaluated(ward, tmp_path / "run", epochs=2)
    held = list(open_run(tmp_path / "run").records())
    assert [(record.epoch, record.qid) for record in held] == [
        (epoch, qid) for epoch in (1, 2) for qid in ("q1", "q2", "q3")
    ]
    assert {record.key[0] for record in held} == {one.fingerprint for one in rows()}
    assert all(record.row["label"] == 3.2 and record.answer == ["3.2"] for record in held)
    assert (done.complete, done.tally.answered) == (True, 6)
    assert open_run(tmp_path / "run").rows() == rows()


def test_what_ended_never_runs_again(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run")
    before = (tmp_path / "run" / "records.jsonl").read_bytes()
    silent = scripted(REFUSED)
    again = evaluated(ward, tmp_path / "run", model=silent)
    assert (again.tally.done, silent.heard) == (3, [])
    assert (tmp_path / "run" / "records.jsonl").read_bytes() == before


def test_more_epochs_add_to_those_there_are(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run")
    model = able()
    done = evaluated(ward, tmp_path / "run", model=model, epochs=2)
    assert (done.tally.done, open_run(tmp_path / "run").plan.epochs) == (6, 2)


def _sent(ward: Ward, out: Path, setting: str) -> tuple[list[BaseMessage], list[str]]:
    model = able() if setting != "curated" else scripted(finishing("3.2", tag="only"))
    evaluated(ward, out, rows(1), model=model, settings={"setting": setting})
    return model.heard[0], model.bound[0]


def test_no_setting_sees_what_is_not_its_own(ward: Ward, tmp_path: Path) -> None:
    automated, tools = _sent(ward, tmp_path / "a", "automated")
    assert EVIDENCE not in str(automated)
    assert "labevents (" in str(automated[1].content)
    curated, only = _sent(ward, tmp_path / "c", "curated")
    assert only == ["ehr.finish"]
    assert EVIDENCE in str(curated[1].content)
    assert "tables: none" in str(curated[1].content)
    assert "labevents" not in str(curated)
    briefed, both = _sent(ward, tmp_path / "b", "briefed")
    assert both == tools
    assert EVIDENCE in str(briefed[1].content)
    assert "labevents (" in str(briefed[1].content)


def test_settings_share_role_answer_channel_and_budget(ward: Ward, tmp_path: Path) -> None:
    automated, tools = _sent(ward, tmp_path / "a", "automated")
    curated, _ = _sent(ward, tmp_path / "c", "curated")
    listed = ", ".join(tools)
    assert str(automated[0].content).replace(listed, "ehr.finish") == curated[0].content
    assert "ehr.finish" in tools
    a, c = open_run(tmp_path / "a").settings, open_run(tmp_path / "c").settings
    assert a.model_copy(update={"setting": "curated"}) == c


def test_a_curated_answer_needs_no_citation_and_opens_no_record(ward: Ward, tmp_path: Path) -> None:
    _sent(ward, tmp_path / "run", "curated")
    (record,) = open_run(tmp_path / "run").records()
    assert (record.answer, record.errors, record.usage["model_calls"]) == (["3.2"], [], 1)
    assert (record.setting, ward.opened) == ("curated", 0)


def test_rows_without_a_package_cannot_run_curated(ward: Ward, tmp_path: Path) -> None:
    bare = [row(1), row(2, curated_evidence=None)]
    with pytest.raises(SettingError, match="row q2 has no curated evidence"):
        evaluated(ward, tmp_path / "run", bare, settings={"setting": "curated"})
    assert not (tmp_path / "run").exists()


def test_a_failed_run_is_tried_again_and_its_errors_are_kept(ward: Ward, tmp_path: Path) -> None:
    model = scripted(calling(LATEST_LABS, tag="look"), REFUSED, finishing("3.2", tag="b"))
    done = evaluated(ward, tmp_path / "run", rows(1), model=model, settings={"max_revisions": 0})
    first, last = open_run(tmp_path / "run").attempts()
    assert (first.status, last.status, done.tally.retried) == ("failed", "answered", 1)
    assert [error["kind"] for error in last.errors][:1] == ["model_error"]
    assert "the key is wrong" in last.errors[0]["message"]
    assert [record.status for record in open_run(tmp_path / "run").records()] == ["answered"]
    assert len(last.evidence) == 2  # the look-up of before was not made again


def test_tries_are_limited_and_begin_anew_with_the_next_command(ward: Ward, tmp_path: Path) -> None:
    broken = scripted(*[REFUSED] * 9)
    limits = Limits(retries=2, fail_on_error=1)
    done = evaluated(ward, tmp_path / "run", rows(1), model=broken, limits=limits)
    assert (broken.raised, done.tally.failed, done.complete) == (3, 1, False)
    assert len(list(open_run(tmp_path / "run").attempts())) == 3
    mended = evaluated(ward, tmp_path / "run", rows(1), limits=limits)
    assert (mended.complete, mended.tally.failed) == (True, 0)


def test_too_many_failures_stop_it_and_the_rest_is_left(ward: Ward, tmp_path: Path) -> None:
    limits = Limits(concurrency=1, retries=0, fail_on_error=0.2)
    done = evaluated(
        ward, tmp_path / "run", rows(10), model=scripted(*[REFUSED] * 50), limits=limits
    )
    assert (done.stopped, done.tally.failed, done.tally.running) == (True, 3, 0)
    assert "the key is wrong" in str(done.tally.first_error)
    assert evaluated(ward, tmp_path / "run", rows(10), limits=limits).complete


def test_a_run_that_cannot_be_made_is_a_failed_record(ward: Ward, tmp_path: Path) -> None:
    strangers = [row(1), row(2, subject_id=SUBJECT + 1)]
    done = evaluated(ward, tmp_path / "run", strangers, limits=Limits(fail_on_error=1))
    one, other = open_run(tmp_path / "run").records()
    assert (one.status, other.status, other.stop_reason) == ("answered", "failed", "run_error")
    assert other.errors[0]["kind"] == "SubjectError"
    assert (done.tally.failed, done.tally.retried) == (1, 0)


def _cancelled_at(ward: Ward, out: Path, turn: int) -> None:
    """Cancel an evaluation while the model thinks about its n-th turn of the first run."""

    async def begin() -> None:
        task = asyncio.current_task()
        assert task is not None
        gone = Event()

        def stop(_: Sequence[BaseMessage]) -> AIMessage:
            task.get_loop().call_soon_threadsafe(task.cancel)
            # An answer that raced the cancelling could be recorded as a failed run.
            assert gone.wait(30), "the evaluation waits for a model that it has left"
            raise REFUSED

        turns: list[Any] = [calling(LATEST_LABS, tag="look"), finishing("3.2", tag="end")]
        turns[turn] = stop
        try:
            await run_rows(
                rows(), model=scripted(*turns), settings=RunSettings(model="scripted"), out=out,
                store=ward.folder, means=ward.means(),
                limits=Limits(concurrency=1, fail_on_error=9),
            )  # fmt: skip
        finally:
            gone.set()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(begin())


def test_a_cancelled_evaluation_goes_on_where_its_runs_stood(ward: Ward, tmp_path: Path) -> None:
    _cancelled_at(ward, tmp_path / "run", 1)
    opened = ward.opened
    done = evaluated(ward, tmp_path / "run", limits=Limits(concurrency=1))
    assert (done.complete, len(list(open_run(tmp_path / "run").records()))) == (True, 3)
    assert ward.opened == opened + 2  # that of the first run was open already
    left = {file.name for file in (tmp_path / "run").iterdir()}
    assert left == {".lock", "run.json", "rows.jsonl", "records.jsonl"}


def test_changed_rows_under_an_old_run_are_refused(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run")
    changed = [row(1), row(2, label=4.1), row(4)]
    with pytest.raises(SettingError) as raised:
        evaluated(ward, tmp_path / "run", changed)
    told = str(raised.value)
    assert "1 row is changed (q2)" in told
    assert "1 row is new (q4)" in told
    assert "1 row is gone (q3)" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tools": "paper20"}, "tools was all, and is paper20 now"),
        ({"setting": "curated"}, "setting was automated, and is curated now"),
        ({"max_rounds": 7}, "max_rounds was 200, and is 7 now"),
    ],
)
def test_other_settings_under_an_old_run_are_refused(
    ward: Ward, tmp_path: Path, settings: dict[str, Any], told: str
) -> None:
    evaluated(ward, tmp_path / "run", rows(1))
    with pytest.raises(SettingError, match=told):
        evaluated(ward, tmp_path / "run", rows(1), settings=settings)


def test_another_store_under_an_old_run_is_refused(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", rows(1))
    ward.fingerprint = "ward-2"
    with pytest.raises(SettingError, match="the store holds other records"):
        evaluated(ward, tmp_path / "run", rows(1))


def test_metadata_may_change_under_an_old_run(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", rows(1))
    assert evaluated(ward, tmp_path / "run", [row(1, metadata={"split": "test"})]).complete


def test_a_folder_is_run_by_one_process_at_a_time(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        other.write("process 77")
        other.flush()
        with pytest.raises(SettingError, match=r"run by another process \(process 77\)"):
            evaluated(ward, tmp_path / "run", rows(1))


def test_a_half_written_last_line_is_cut_off_and_said(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", rows(2))
    records = tmp_path / "run" / "records.jsonl"
    whole = records.read_bytes()
    first = whole.split(b"\n")[0]
    records.write_bytes(first + b"\n" + whole[len(first) + 1 : len(first) + 99])
    assert len(list(open_run(tmp_path / "run").records())) == 1
    done = evaluated(ward, tmp_path / "run", rows(2))
    assert done.complete
    assert "the last line was half written" in done.tally.remarks[0]
    assert len(list(open_run(tmp_path / "run").records())) == 2


def test_a_full_disk_is_one_sentence_and_no_run_is_lost(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    records = tmp_path / "run" / "records.jsonl"
    write_rows(tmp_path / "run" / "rows.jsonl", rows(1))
    model = able()
    evaluated(ward, tmp_path / "other", rows(1))
    (tmp_path / "run" / "run.json").write_bytes((tmp_path / "other" / "run.json").read_bytes())
    records.symlink_to("/dev/full")
    with pytest.raises(SettingError, match=r"cannot be written .No space left on device"):
        evaluated(ward, tmp_path / "run", rows(1), model=model)
    records.unlink()
    silent = scripted(REFUSED)
    assert evaluated(ward, tmp_path / "run", rows(1), model=silent).complete
    assert silent.heard == []


def test_a_broken_line_in_the_midst_is_named(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", rows(2))
    records = tmp_path / "run" / "records.jsonl"
    records.write_bytes(b'{"half": \n' + records.read_bytes())
    with pytest.raises(SettingError, match=r"records.jsonl, line 1: no record of a run"):
        list(open_run(tmp_path / "run").records())


def test_a_folder_of_several_runs_is_opened_by_name(ward: Ward, tmp_path: Path) -> None:
    for name in ("a", "b"):
        evaluated(ward, tmp_path / "runs" / name, rows(1))
    with pytest.raises(SettingError, match="holds several runs"):
        open_run(tmp_path / "runs")
    with pytest.raises(SettingError, match="no run folder"):
        open_run(tmp_path / "home")


def test_the_tally_is_told_as_runs_begin_and_end(ward: Ward, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def told(tally: Tally) -> None:
        seen.append((tally.running, tally.done))

    done = evaluated(
        ward, tmp_path / "run", limits=Limits(concurrency=1), on_change=told,
        score_of=lambda _row, record: float(record.answer == ["3.2"]),
    )  # fmt: skip
    assert seen == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3)]
    score = done.tally.score
    assert score is not None
    assert (score.mean, score.radius, score.scored) == (1.0, None, 3)


def test_the_plan_says_what_was_run_and_how(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", command="clinseek eval rows.jsonl", rows_file="rows.jsonl")
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    assert told["command"] == "clinseek eval rows.jsonl"
    assert told["rows"] == {one.qid: one.fingerprint for one in rows()}
    assert told["store_fingerprint"] == "ward-1"
    assert set(told["versions"]) == {"package", "rules", "prompts"}


def test_evaluations_side_by_side_share_their_places(ward: Ward, tmp_path: Path) -> None:
    tallies: dict[str, Tally] = {}
    at_once: list[int] = []

    async def one(name: str, room: asyncio.Semaphore) -> None:
        def told(tally: Tally) -> None:
            tallies[name] = tally
            at_once.append(sum(each.running for each in tallies.values()))

        await run_rows(
            rows(), model=able(), settings=RunSettings(model="scripted"), out=tmp_path / name,
            store=ward.folder, means=ward.means(), limits=Limits(concurrency=2), on_change=told,
            room=room,
        )  # fmt: skip

    async def both() -> None:
        room = asyncio.Semaphore(2)
        await asyncio.gather(one("a", room), one("b", room))

    asyncio.run(both())
    assert max(at_once) == 2
    assert [tallies[name].done for name in "ab"] == [3, 3]


class _FullWard(Ward):
    def open_case(self, *_: Any, **__: Any) -> Case:
        full = sqlite3.OperationalError("database or disk is full")
        raise CaseError("the case could not be made") from full


def test_what_ended_an_evaluation_keeps_what_it_was_raised_from(tmp_path: Path) -> None:
    """A full disk is told from a fault of ours by it."""
    with pytest.raises(CaseError) as ended:
        evaluated(_FullWard(tmp_path), tmp_path / "run")
    assert str(ended.value.__cause__) == "database or disk is full"
