"""The loop's questions: labels of what was known, as many yes as no, nobody in two splits."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from clinseek.training.loop import questions
from clinseek.training.loop.questions import ITEMS, Labs, Measured, drawn_rows, latest, read_labs
from clinseek.training.loop.road import majorities
from clinseek.training.loop.teacher import guess, look_up, next_turn

START = datetime(2150, 1, 1)
POTASSIUM = ITEMS[0]


def made_labs(patients: int = 40, seed: int = 0) -> Labs:
    """Ten values of every item for each patient, a day apart, known an hour later."""
    chance = random.Random(seed)

    def values(limit: float) -> list[Measured]:
        days = [START + timedelta(days=day) for day in range(10)]
        return [
            Measured(day, day + timedelta(hours=1), round(limit + chance.gauss(0, 1), 1))
            for day in days
        ]

    return {
        (subject, item.itemid): values(item.limit)
        for subject in range(1, patients + 1)
        for item in ITEMS
    }


def test_a_label_is_of_the_last_value_that_was_known_and_above_means_above() -> None:
    labs = made_labs()
    limits = {item.name: item for item in ITEMS}
    for row in drawn_rows(labs, range(1, 41), each=3, seed=1, name="train"):
        assert row.subject_id is not None
        assert row.cutoff is not None
        item = limits[row.task]
        known = [
            each
            for each in labs[row.subject_id, item.itemid]
            if each.known <= datetime.fromisoformat(row.cutoff)
        ]
        assert len(known) >= 3
        assert row.label == ("yes" if known[-1].value > item.limit else "no")


def test_a_value_that_is_measured_and_not_yet_known_does_not_count() -> None:
    values = [Measured(START, START, 1.0), Measured(START + timedelta(hours=1),
                                                   START + timedelta(hours=5), 9.0)]  # fmt: skip
    assert latest(values, START + timedelta(hours=2)) == (1.0, 1)
    assert latest(values, START + timedelta(hours=5)) == (9.0, 2)
    assert latest(values, START - timedelta(hours=1)) is None


def test_each_item_is_asked_about_as_often_and_has_as_many_yes_as_no() -> None:
    rows = drawn_rows(made_labs(), range(1, 41), each=3, seed=1, name="train")
    counts = Counter((row.task, row.label) for row in rows)
    assert len(rows) == 120
    assert set(counts.values()) == {10}


def test_the_same_seed_draws_the_same_questions_and_no_question_tells_its_label() -> None:
    first, again = (
        drawn_rows(made_labs(), range(1, 41), each=2, seed=4, name="test") for _ in range(2)
    )
    assert first == again
    by_question = {(row.question, row.label) for row in first}
    assert len(by_question) == 2 * len(ITEMS)


def test_values_of_which_rules_decide_the_latest_are_not_asked_about(tmp_path: Path) -> None:
    hosp = tmp_path / "hosp"
    hosp.mkdir()
    lines = [
        "subject_id,itemid,charttime,storetime,valuenum",
        "1,50971,2150-01-01 08:00:00,2150-01-01 09:00:00,4.5",
        "1,50971,2150-01-02 08:00:00,2150-01-02 07:00:00,4.0",
        "2,50971,2150-01-01 08:00:00,,4.5",
        "3,50971,2150-01-01 08:00:00,2150-01-01 09:00:00,4.5",
        "3,50971,2150-01-01 08:00:00,2150-01-01 09:00:00,4.6",
        "4,99999,2150-01-01 08:00:00,2150-01-01 09:00:00,4.5",
    ]
    (hosp / "labevents.csv.gz").write_bytes(_zipped("\n".join(lines) + "\n"))
    labs = read_labs(tmp_path)
    assert list(labs) == [(1, 50971)]
    # What was stored before it was measured is known when it was measured.
    assert [each.known.hour for each in labs[1, 50971]] == [9, 8]


def _zipped(text: str) -> bytes:
    import gzip

    return gzip.compress(text.encode())


def asked(question: str, *shown: str) -> list[BaseMessage]:
    said: list[BaseMessage] = [SystemMessage("You answer."), HumanMessage(f"<task>{question}")]
    return [*said, *(ToolMessage(each, tool_call_id="c") for each in shown)]


def called(turn: AIMessage) -> tuple[str, dict[str, object]]:
    [call] = turn.tool_calls
    return call["name"], call["args"]


def test_the_teacher_looks_up_then_says_what_it_read_and_cites_the_row() -> None:
    question = questions.question_about(POTASSIUM)
    assert called(next_turn(asked(question))) == (
        "ehr.run_sql_query", {"sql_query": look_up("potassium")})  # fmt: skip
    shown = "[E1] query over labevents: rows 1-2 of 2\n\nrow  valuenum\n---  --------\n"
    turn = next_turn(asked(question, f"{shown}96   4.2\n72   3.9"))
    assert turn.text == "The latest is 4.2, the limit 4.1."
    assert called(turn) == ("ehr.finish", {"response": ["yes"], "citations": ["E1#96"]})
    assert called(next_turn(asked(question, f"{shown}96   4.1")))[1]["response"] == ["no"]


@pytest.mark.parametrize("shown", ["[E1] query over labevents: no rows", "refused"])
def test_where_the_record_does_not_tell_the_teacher_abstains(shown: str) -> None:
    turn = next_turn(asked(questions.question_about(POTASSIUM), shown))
    assert called(turn) == ("ehr.finish", {"response": []})
    assert called(next_turn(asked("Is she well?"))) == ("ehr.finish", {"response": []})


def test_the_majority_says_what_was_right_more_often_in_training() -> None:
    rows = drawn_rows(made_labs(), range(1, 41), each=1, seed=1, name="train")
    mostly = [row.model_copy(update={"label": "yes"}) for row in rows if row.task == "sodium"]
    answers = majorities([*rows, *mostly])
    asked_about = {item.name: questions.question_about(item) for item in ITEMS}
    assert called(guess(asked(asked_about["sodium"]), answers))[1] == {"response": ["yes"]}
    assert called(guess(asked("Is she well?"), answers))[1] == {"response": []}
