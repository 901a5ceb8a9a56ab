"""How often the policy is right on records it has never seen, against answers made by plain SQL."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from tests.offline.driver import ask
from tests.offline.posed import Posed, agrees, posed

LEAST_RIGHT = 0.9
OF_A_KIND = 2


def test_nine_of_ten_plain_questions_are_answered_right_on_the_open_demo(demo_store: Path) -> None:
    _is_right_often_enough(demo_store, patients=4, seed=17)


def test_nine_of_ten_plain_questions_are_answered_right_on_a_synthetic_cohort(
    synthetic_store: Path,
) -> None:
    _is_right_often_enough(synthetic_store, patients=4, seed=5)


def _is_right_often_enough(folder: Path, *, patients: int, seed: int) -> None:
    store, rng = Store.open(folder), random.Random(seed)
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: list[str] = []
    for subject_id, cutoff in _moments(store, rng)[:patients]:
        case = open_case(store, subject_id, cutoff=cutoff)
        for one in _some_of_each_kind(list(posed(case, rng)), rng):
            run = ask(case, one.question, candidates=one.candidates)
            asked[one.kind] += 1
            if agrees(run.answer, one.expected):
                right[one.kind] += 1
            else:
                wrong.append(f"{subject_id} at {cutoff}: {one} got {run.answer}, {run.said}")
        case.close()
    assert sum(asked.values()) >= 60
    assert len(asked) >= 20
    assert sum(right.values()) >= LEAST_RIGHT * sum(asked.values()), "\n".join(wrong)
    poor = [kind for kind, count in asked.items() if right[kind] < count / 2]
    assert not poor, "\n".join(wrong)


def _moments(store: Store, rng: random.Random) -> list[tuple[int, datetime]]:
    """Patients in any order, each at a moment late in one of the stays."""
    moments = []
    for subject_id in rng.sample(store.subjects(), min(12, len(store.subjects()))):
        stays = store.read_subject(subject_id)["admissions"].to_pylist()
        ended = [stay for stay in stays if stay["dischtime"] and stay["admittime"]]
        ended = [stay for stay in ended if stay["dischtime"] > stay["admittime"]]
        if ended:
            stay = rng.choice(ended)
            share = rng.uniform(0.4, 0.9)
            moment = stay["admittime"] + (stay["dischtime"] - stay["admittime"]) * share
            moments.append((subject_id, moment.replace(microsecond=0)))
    return moments


def _some_of_each_kind(questions: list[Posed], rng: random.Random) -> list[Posed]:
    kinds: dict[str, list[Posed]] = {}
    for one in questions:
        kinds.setdefault(one.kind, []).append(one)
    return [
        one for found in kinds.values() for one in rng.sample(found, min(OF_A_KIND, len(found)))
    ]


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        (["4.1 mEq/L"], 4.1, True),
        (["4.2 mEq/L"], 4.1, False),
        (["4.1", "4.2"], 4.1, False),
        ([], None, True),
        (["no"], None, False),
        (["B", "a"], frozenset({"A", "b"}), True),
        (["a"], frozenset({"a", "b"}), False),
        (["rising from 1 to 2"], "rising", True),
    ],
)
def test_the_measure_itself_tells_right_from_wrong(
    answer: list[str], expected: str | float | frozenset[str] | None, right: bool
) -> None:
    assert agrees(answer, expected) is right
