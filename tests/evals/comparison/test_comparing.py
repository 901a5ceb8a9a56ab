"""Two evaluations side by side: what is paired, what is left out, what is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.evals.comparison import Comparison, compare_runs
from clinseek.evals.published import write_published
from clinseek.evals.rows import Row
from clinseek.evals.scorers.run_source import RunSource, run_source
from clinseek.evals.scorers.scored_run import ScoredRun, score_run
from clinseek.records import Record
from tests.evals.scorers.made import a_record, a_row, a_run_folder, an_entry

Answers = Sequence[tuple[str, int, str]]
"""(qid, epoch, answer)."""

ROWS = tuple(
    a_row(
        "yes",
        qid=f"q{number}",
        subject_id=10 + number // 2,
        task="even" if number % 2 == 0 else "odd",
        answer_form="yes_no",
    )
    for number in range(12)
)


def scored(name: str, answers: Answers, *, rows: Sequence[Row] = ROWS) -> ScoredRun:
    """An evaluation in which each run gave one answer; "" for a run that failed."""
    records = [
        a_record(
            [answer] if answer else [],
            qid=qid,
            epoch=epoch,
            status=None if answer else "failed",
            stop_reason="finish" if answer else "model_error",
        )
        for qid, epoch, answer in answers
    ]
    epochs = max((epoch for _, epoch, _ in answers), default=1)
    source = RunSource(
        name=name,
        rows=tuple(rows),
        expected=tuple((row.qid, epoch) for epoch in range(1, epochs + 1) for row in rows),
        records=lambda: iter(records),
        scores=Path("nowhere"),
    )
    return score_run(source, ["default"])


def answers(said: Callable[[int], str], numbers: Sequence[int] = range(12)) -> Answers:
    return [(f"q{number}", 1, said(number)) for number in numbers]


def test_the_difference_and_the_flips_are_those_of_the_shared_rows() -> None:
    a = scored("A", answers(lambda n: "yes" if n < 6 else "no"))
    b = scored("B", answers(lambda n: "yes" if n != 0 else "no"))
    compared = compare_runs(a, b, draws=200)
    assert (compared.overall.a, compared.overall.b) == (0.5, 11 / 12)
    assert compared.overall.test.difference == pytest.approx(5 / 12)
    gained = [flip.qid for flip in compared.flips if flip.direction == "gained"]
    assert gained == [f"q{number}" for number in range(6, 12)]
    assert [flip.qid for flip in compared.flips if flip.direction == "lost"] == ["q0"]
    assert [each.task for each in compared.tasks] == ["even", "odd"]
    assert all((each.p_holm or 0) >= each.test.p for each in compared.tasks)


def test_a_run_with_itself_differs_by_nothing() -> None:
    a = scored("A", answers(lambda n: "yes" if n % 3 else "no"))
    compared = compare_runs(a, a, draws=200)
    assert (compared.overall.test.difference, compared.overall.test.p) == (0.0, 1.0)
    assert compared.flips == ()
    assert compared.left_out == ()


def test_what_is_left_out_is_named_with_its_reason() -> None:
    other = a_row("no", qid="q3", subject_id=11, task="odd", answer_form="yes_no")
    extra = a_row("yes", qid="extra", answer_form="yes_no")
    unlabelled = a_row(None, qid="q5", subject_id=12, task="odd", answer_form="yes_no")
    rows = [{"q3": other, "q5": unlabelled}.get(row.qid, row) for row in ROWS]
    a = scored("A", answers(lambda _: "yes", range(10)))
    b = scored("B", [*answers(lambda _: "yes"), ("extra", 1, "yes")], rows=[*rows, extra])
    reasons = {each.reason: each.runs for each in compare_runs(a, b, draws=200).left_out}
    assert reasons == {
        "another row in A than in B": (("q3", 1), ("q5", 1)),
        "no record in A": (("q10", 1), ("q11", 1)),
        "row only in B": (("extra", 1),),
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"cutoff": "2151-01-01"},
        {"tolerance": 5.0},
        {"unit": "days"},
        {"answer_form": None},
        {"gold_rows": [{"table": "labevents", "key": {"labevent_id": 1}}]},
    ],
)
def test_a_row_that_is_judged_by_something_else_is_another_row(changed: dict[str, Any]) -> None:
    rows = [row.model_copy(update=changed) if row.qid == "q3" else row for row in ROWS]
    a = scored("A", answers(lambda _: "yes"))
    compared = compare_runs(a, scored("B", answers(lambda _: "yes"), rows=rows), draws=200)
    assert [(each.reason, each.runs) for each in compared.left_out] == [
        ("another row in A than in B", (("q3", 1),))
    ]


def test_a_published_file_is_the_same_row_in_all_that_it_tells(tmp_path: Path) -> None:
    """It tells neither tolerance nor unit; a cutoff that both tell must be the same."""
    rows = [
        a_row(12345678.0, qid="n", answer_form="number", unit="mL", tolerance=1.0),
        a_row("yes", qid="y", answer_form="yes_no"),
    ]
    records = [a_record(["12345678"], qid="n"), a_record(["yes"], qid="y")]
    ours = score_run(run_source(a_run_folder(tmp_path / "A", rows, records)), ["published"])
    write_published(tmp_path / "b.jsonl", rows, records)
    theirs = score_run(run_source(tmp_path / "b.jsonl"), ["published"])
    compared = compare_runs(ours, theirs, scorer="published", draws=200)
    assert (compared.rows, compared.left_out, compared.overall.b) == (2, (), 1.0)

    moved = [a_row("yes", qid="y", answer_form="yes_no", cutoff="2151-01-01")]
    write_published(tmp_path / "b.jsonl", [rows[0], *moved], records)
    theirs = score_run(run_source(tmp_path / "b.jsonl"), ["published"])
    compared = compare_runs(ours, theirs, scorer="published", draws=200)
    assert compared.left_out[0].runs == (("y", 1),)


def test_a_failed_run_is_a_score_of_nothing_and_stays() -> None:
    a = scored("A", answers(lambda _: "yes"))
    b = scored("B", answers(lambda n: "" if n == 0 else "yes"))
    compared = compare_runs(a, b, draws=200)
    assert compared.rows == 12
    assert [flip.qid for flip in compared.flips] == ["q0"]


def test_epochs_are_paired_and_each_row_weighs_the_same() -> None:
    a = scored("A", [("q0", 1, "yes"), ("q0", 2, "no"), ("q2", 1, "no")])
    b = scored("B", [("q0", 1, "yes"), ("q0", 2, "yes"), ("q2", 1, "no")])
    compared = compare_runs(a, b, draws=200)
    assert (compared.rows, compared.runs) == (2, 3)
    assert compared.overall.test.difference == 0.25


def test_runs_that_share_nothing_are_refused_in_one_sentence() -> None:
    strange = a_row("yes", qid="z1")
    with pytest.raises(SettingError, match=r"A and B share no row that both have scored"):
        compare_runs(
            scored("A", answers(lambda _: "yes")), scored("B", [("z1", 1, "yes")], rows=[strange])
        )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(range(12)), wrong=st.sets(st.integers(0, 11)))
def test_the_order_of_records_changes_nothing(order: list[int], wrong: set[int]) -> None:
    a = scored("A", answers(lambda _: "yes"))
    told, moved = (
        compare_runs(a, scored("B", answers(lambda n: "no" if n in wrong else "yes", numbers)))
        for numbers in (range(12), order)
    )
    assert told.as_json() == moved.as_json()


def test_calls_are_those_of_the_shared_runs(tmp_path: Path) -> None:
    def run(name: str, numbers: Sequence[int]) -> ScoredRun:
        records = [
            a_record(["yes"], qid=f"q{number}", evidence=[an_entry(1, "labs")])
            for number in numbers
        ]
        return score_run(run_source(a_run_folder(tmp_path / name, ROWS, records)), ["default"])

    compared = compare_runs(run("A", range(6)), run("B", range(4, 12)), draws=200)
    (tool,) = compared.tools
    assert (tool.a_calls, tool.b_calls, tool.a_share) == (2, 2, 1.0)


def test_settings_that_differ_are_told(tmp_path: Path) -> None:
    def run(name: str, **made: Any) -> ScoredRun:
        record: Record = a_record(["yes"], qid="q0")
        folder = a_run_folder(tmp_path / name, ROWS, [record], **made)
        return score_run(run_source(folder), ["default"])

    compared: Comparison = compare_runs(run("A"), run("B", setting="curated"), draws=200)
    assert compared.settings == {"setting": ("automated", "curated")}


def test_of_parameters_only_those_that_differ_are_told(tmp_path: Path) -> None:
    def run(name: str, **parameters: Any) -> ScoredRun:
        folder = a_run_folder(
            tmp_path / name,
            ROWS,
            [a_record(["yes"], qid="q0")],
            parameters={"seed": 1, **parameters},
        )
        return score_run(run_source(folder), ["default"])

    compared = compare_runs(
        run("A", temperature=0.5, extra={"top_k": 5, "min_p": 0}),
        run("B", extra={"top_k": 9, "min_p": 0}),
        draws=200,
    )
    assert compared.made_differently == [
        "parameters.temperature is 0.5 in A and not set in B",
        "parameters.extra.top_k is 5 in A and 9 in B",
    ]


def test_compare_finds_a_difference_that_is_there() -> None:
    rng = np.random.default_rng(4)
    rows = [
        a_row("yes", qid=f"r{number}", subject_id=1 + number // 2, answer_form="yes_no")
        for number in range(200)
    ]
    a_right, b_right = rng.random(200) < 0.5, rng.random(200) < 0.75
    a = scored("A", [(f"r{n}", 1, "yes" if a_right[n] else "no") for n in range(200)], rows=rows)
    b = scored("B", [(f"r{n}", 1, "yes" if b_right[n] else "no") for n in range(200)], rows=rows)
    test = compare_runs(a, b, draws=1000).overall.test
    assert test.p < 0.01
    assert test.low is not None
    assert test.low > 0
    assert test.detectable is not None
    assert test.detectable < 0.25
