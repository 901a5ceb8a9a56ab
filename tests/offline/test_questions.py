"""Questions for the demo: drawn by a seed from what a store holds, never from an answer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from clinseek.errors import StoreError
from clinseek.offline.questions import draw_questions
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from tests.offline.driver import ask


def test_a_seed_draws_the_same_questions_again_and_another_seed_others(
    synthetic_store: Path,
) -> None:
    first = draw_questions(synthetic_store, seed=1, count=6)
    assert first == draw_questions(synthetic_store, seed=1, count=6)
    assert first != draw_questions(synthetic_store, seed=2, count=6)


def test_the_questions_of_one_draw_are_of_different_kinds(synthetic_store: Path) -> None:
    for seed in range(8):
        drawn = draw_questions(synthetic_store, seed=seed, count=3)
        assert len({question.kind for question in drawn}) == 3


def test_each_is_asked_in_the_middle_of_a_stay(synthetic_store: Path) -> None:
    store = Store.open(synthetic_store)
    for drawn in draw_questions(store, seed=3, count=8):
        stays = store.read_subject(drawn.subject_id)["admissions"].to_pylist()
        cutoff = datetime.fromisoformat(drawn.cutoff)
        assert any(stay["admittime"] < cutoff < stay["dischtime"] for stay in stays)


def test_the_policy_answers_most_of_what_is_drawn_and_cites_it(synthetic_store: Path) -> None:
    answered = 0
    for drawn in draw_questions(synthetic_store, seed=4, count=10):
        case = open_case(synthetic_store, drawn.subject_id, cutoff=drawn.cutoff)
        run = ask(case, drawn.question, candidates=drawn.candidates)
        case.close()
        answered += bool(run.answer and all(run.citations))
    assert answered >= 8


def test_a_store_without_stays_is_told_in_one_sentence(
    synthetic_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "subjects", lambda _: [])
    with pytest.raises(StoreError, match="no question can be drawn"):
        draw_questions(synthetic_store, seed=1)
