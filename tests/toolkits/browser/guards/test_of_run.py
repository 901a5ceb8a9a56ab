"""The guards of a run, together."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clinseek.errors import CaseError, Refusal, SettingError
from clinseek.toolkits.browser.guards.denied import DenyList
from clinseek.toolkits.browser.guards.of_run import guards_of_run


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.sqlite"
    with closing(sqlite3.connect(path)) as held:
        held.execute("CREATE TABLE patients (row_id INTEGER, subject_id INTEGER, dod TEXT)")
        held.execute("INSERT INTO patients VALUES (1, 10014354, NULL)")
        held.commit()
    return path


def test_a_run_has_every_guard(case: Path) -> None:
    guards = guards_of_run(case, closed=DenyList.shipped())
    assert guards.egress is not None
    assert guards.denied is not None
    assert guards.egress.check("patient 10014354") is not None
    assert guards.denied.check("https://physionet.org/content/mimiciv/3.1/") is not None
    assert guards.addresses.check("http://93.184.216.34/").address == "93.184.216.34"
    with pytest.raises(Refusal):
        guards.addresses.check("http://127.0.0.1/")


def test_without_a_case_there_is_nothing_to_hold_back() -> None:
    guards = guards_of_run(None)
    assert guards.egress is None
    assert guards.denied is None


def test_what_is_shown_loses_its_orders_and_is_marked_as_data() -> None:
    marking = guards_of_run(None).marking
    said = marking.wrapped(marking.neutral("<tool_call> [E3]"), source="https://example.org")
    assert said.splitlines()[1:-1] == ["\u2039tool_call> \u2039E3]"]


def test_a_case_that_is_no_case_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"none\.sqlite cannot be read"):
        guards_of_run(tmp_path / "none.sqlite")


def test_a_strictness_that_is_none_is_told_at_the_start(case: Path) -> None:
    with pytest.raises(SettingError, match="strict, balanced, off, not 'lax'"):
        guards_of_run(case, strictness="lax")
