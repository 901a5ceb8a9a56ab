"""The declared tasks: how many, by which names, and the page that is made of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.definitions import definitions_page, told_of
from clinseek.evals.benchmarks.tasks import TASKS, tasks_named
from clinseek.toolkits.ehr.tables import TABLES

DOCS = Path(__file__).parents[4] / "docs"


def test_all_published_tasks_are_declared() -> None:
    kinds = Counter(task.kind for task in TASKS.values())
    assert kinds == {"decision": 27, "risk": 18, "agentehr": 6, "medmod": 4}


def test_no_two_tasks_share_a_name_or_a_spelling() -> None:
    spelled = [name for task in TASKS.values() for name in (task.name, *task.aliases)]
    assert len({name.lower() for name in spelled}) == len(spelled)


def test_a_task_is_found_by_its_published_spelling_by_its_kind_and_in_any_case() -> None:
    assert [task.name for task in tasks_named(["ED_ICU_Tranfer_12hour"])] == [
        "ED_ICU_Transfer_12hour"
    ]
    assert len(tasks_named(["RISK", "labEvents", "labevents"])) == 19
    assert len(tasks_named(["all"])) == 55


def test_a_mistyped_task_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(SettingError, match="did you mean LengthOfStay_3day"):
        tasks_named(["LengthOfStay3day"])


def test_only_tasks_of_a_next_event_or_of_codes_look_ahead() -> None:
    assert {task.kind for task in TASKS.values() if task.looks_ahead} == {"decision", "agentehr"}
    assert not any(task.looks_ahead for task in TASKS.values() if task.kind in ("risk", "medmod"))


def test_tasks_name_tables_that_there_are_and_look_for_their_answer() -> None:
    for task in TASKS.values():
        assert set(task.tables) <= set(TABLES)
        assert task.drops
        assert not any(look_up.hint for look_up in task.drops)
        assert told_of(task)["name"] == task.name


def test_the_page_is_made_of_the_declared_tasks() -> None:
    written = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert written == definitions_page(), "run: clinseek bench tasks --page > docs/benchmarks.md"
