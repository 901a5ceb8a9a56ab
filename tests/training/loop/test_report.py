"""The loop's table: what counts as a valid call, and by which code its stages were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinseek.records import RunError
from clinseek.training.loop import commands
from clinseek.training.loop.commands import Stages
from clinseek.training.loop.commit import stages_by_commit
from clinseek.training.loop.page import commits_told
from clinseek.training.loop.report import is_valid
from tests.evals.scorers.made import a_record, an_entry


def noted(kind: str) -> list[RunError]:
    """What a run notes of its answer when it stands with something wanting."""
    return [RunError(where="reason", round=2, number=0, kind=kind, message="as it was noted")]


def test_a_run_that_ended_by_its_own_call_with_nothing_mended_is_valid() -> None:
    assert is_valid(a_record(["yes"]))
    assert not is_valid(a_record(["yes"], stop_reason="round_limit"))
    assert not is_valid(a_record(["yes"], repairs={"json": 1}))
    assert not is_valid(a_record(["yes"], evidence=[an_entry(1, "no", refused=True)]))


@pytest.mark.parametrize("kind", ["no_such_evidence", "not_held"])
def test_a_run_whose_citation_was_taken_out_is_not_valid(kind: str) -> None:
    assert not is_valid(a_record(["yes"], errors=noted(kind)))


def test_an_answer_that_cites_nothing_had_nothing_mended() -> None:
    assert is_valid(a_record(["yes"], errors=noted("uncited")))


def test_each_stage_notes_the_commit_that_it_began_at_and_the_table_tells_them_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = ["a1", "b2"]
    monkeypatch.setattr(commands, "commit_now", lambda: head[0])
    stages = Stages(tmp_path, lambda _: None)
    with stages.stage("cohort") as due:
        assert due
        head.pop(0)
    with stages.stage("store"):
        assert head == ["b2"]
    with stages.stage("cohort") as due:
        assert not due
    made = stages_by_commit(stages.took())
    assert made == {"a1": ["cohort"], "b2": ["store"]}
    assert commits_told(made) == "made by 2 commits: a1 (cohort), b2 (store)"
