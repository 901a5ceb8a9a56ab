"""Calls, what they gave, what was redundant, and how soon the answer's ground was found."""

from __future__ import annotations

import pytest

from clinseek.evals.tool_use import sql_error_kind, tool_use_of, tools_side_by_side
from clinseek.evals.tool_use.calls import CallCount
from clinseek.records import RunError, TurnUsed
from tests.evals.scorers.made import a_record, an_entry


def a_turn(number: int) -> TurnUsed:
    return TurnUsed(
        round=number,
        input_tokens=100,
        cached_tokens=0,
        output_tokens=10,
        reasoning_tokens=0,
        estimated=False,
        characters=0,
        seconds=2.0,
        waited=50.0,
        attempts=1,
        ended="tool_calls",
    )


RECORD = a_record(
    ["4.1"],
    citations=[["E3#17"]],
    evidence=[
        an_entry(1, "labs", row_ids=[17, 18]),
        an_entry(2, "labs", row_ids=[17, 18]),  # the same call, the same answer
        an_entry(3, "labs by time", row_ids=[17], arguments={"other": 1}),  # rows known already
        an_entry(
            4,
            "SQL error: no such column: foo; columns of labevents: ...",
            tool="ehr.run_sql_query",
            tables=[],
            table=None,
            refused=True,
        ),
        an_entry(5, "page", tool="browser.search", tables=[], table=None),
        an_entry(6, "it broke", tool="browser.open", tables=[], table=None, refused=True),
        an_entry(7, "labs, and more", row_ids=[17, 19]),  # the same call with another answer
    ],
    turns=[a_turn(number) for number in range(1, 9)],
    errors=[RunError(where="act", round=6, number=6, kind="tool_failed", message="x")],
)


def test_calls_are_counted_by_tool_namespace_and_task() -> None:
    used = tool_use_of([(RECORD, "labs"), (a_record([]), "other")])
    assert (used.runs, used.total.calls, used.rounds) == (2, 7, 8)
    assert used.by_task["labs"].calls == 7
    assert used.runs_by_task == {"labs": 1, "other": 1}
    assert used.by_namespace["browser"].calls == 2
    assert used.browsing_share == pytest.approx(2 / 7)
    assert used.share("ehr.get_latest_records") == pytest.approx(4 / 7)
    assert used.tables == {"labevents": 1}


def test_refusals_faults_and_calls_that_brought_nothing_are_told_apart() -> None:
    used = tool_use_of([(RECORD, "labs")])
    total = used.total
    assert (total.answered, total.refused, total.failed) == (5, 1, 1)
    assert (total.redundant, total.nothing_new) == (1, 1)
    assert used.sql_errors == {"no_such_column": 1}


def test_the_first_citation_counts_what_it_took_to_find_it() -> None:
    used = tool_use_of([(RECORD, "labs"), (a_record(["x"]), "labs"), (a_record([]), "labs")])
    (first,) = used.first
    assert (first.round, first.tokens) == (3, 330)
    assert first.seconds == pytest.approx(6.3)  # waiting is left out
    assert used.uncited == 1
    assert used.as_json()["first_citation"]["median_round"] == 3


def test_nothing_counted_is_nothing_divided() -> None:
    used = tool_use_of([])
    assert (used.calls_a_run, used.browsing_share, used.share("ehr.finish")) == (0.0, 0.0, 0.0)


def test_two_systems_stand_side_by_side_by_tool() -> None:
    lines = tools_side_by_side(
        [{"sql": CallCount(calls=3, refused=1), "get": CallCount(calls=1)}],
        [{"sql": CallCount(calls=1)}, {"sql": CallCount(calls=1)}],
    )
    assert [line.tool for line in lines] == ["sql", "get"]
    assert (lines[0].a_share, lines[0].b_share, lines[0].share_gained) == (0.75, 1.0, 0.25)
    assert (lines[0].a_refused, lines[1].b_calls) == (1, 0)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("SQL error: no such table: x; did you mean", "no_such_table"),
        ('SQL error: near "FORM": syntax error', "syntax"),
        ("SQL error: ambiguous column name: charttime", "ambiguous"),
        ("only one SELECT is allowed here: the record is read-only", "not_select"),
        ("only one statement at a time; send one SELECT", "several_statements"),
        ("the query ran longer than 10 s and was stopped", "too_slow"),
        ("the statement has 300,000 characters; at most 100,000 are read", "too_large"),
        ("SQL error: something of 2031", "other"),
    ],
)
def test_the_kinds_of_sql_errors(sentence: str, kind: str) -> None:
    assert sql_error_kind(sentence) == kind
