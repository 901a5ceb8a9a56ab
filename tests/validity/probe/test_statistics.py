"""The probe's numbers, against brute force and against what they must do."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from clinseek.validity.probe.concordance import Codes, Numbers, concordance, mean_of
from clinseek.validity.probe.intervals import clustered_share
from clinseek.validity.probe.permutation import (
    exchangeable,
    foretells,
    orders,
    tell_apart,
    times_for,
)
from clinseek.validity.probe.signals import SIGNIFICANT, Structure, corrected


def test_a_share_of_one_question_a_patient_is_wilsons() -> None:
    share = clustered_share((patient, patient < 3) for patient in range(10))
    assert share[:2] == (3, 10)
    assert (share.low, share.high) == pytest.approx((0.108, 0.603), abs=0.02)


def test_questions_of_one_patient_count_as_one_when_they_all_agree() -> None:
    often = clustered_share((patient, patient < 3) for patient in range(10) for _ in range(8))
    once = clustered_share((patient, patient < 3) for patient in range(10))
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=1e-9)


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=40))
def test_an_interval_holds_its_share(hits: list[tuple[int, bool]]) -> None:
    share = clustered_share(hits)
    assert 0 <= share.low <= share.value + 1e-9
    assert share.value - 1e-9 <= share.high <= 1


def drawn(seed: int, number: int = 60) -> tuple[Numbers, np.ndarray, Codes, Codes]:
    random_numbers = np.random.default_rng(seed)
    scores = random_numbers.integers(0, 5, number).astype(float)
    truth = random_numbers.random(number) < 0.4
    strata = random_numbers.integers(0, 2, number)
    patients = np.sort(random_numbers.integers(0, 20, number))
    _, patients = np.unique(patients, return_inverse=True)
    return scores, truth, strata, patients


def test_an_auroc_in_one_stratum_is_the_usual_one() -> None:
    scores, truth, strata, patients = drawn(1)
    found = concordance(scores, truth, np.zeros_like(strata), patients)
    assert found.auroc == pytest.approx(roc_auc_score(truth, scores))


def test_an_auroc_in_strata_compares_only_within_them() -> None:
    scores, truth, strata, patients = drawn(2)
    wins = [
        (scores[yes] > scores[no]) + 0.5 * (scores[yes] == scores[no])
        for yes in np.flatnonzero(truth)
        for no in np.flatnonzero(~truth)
        if strata[yes] == strata[no]
    ]
    found = concordance(scores, truth, strata, patients)
    assert found.auroc == pytest.approx(np.mean(wins))


def test_one_answer_only_is_no_signal() -> None:
    scores, truth, strata, patients = drawn(3)
    found = concordance(scores, np.ones_like(truth), strata, patients)
    assert (found.auroc, found.error) == (0.5, 0.0)


def test_the_standard_error_is_that_of_drawing_patients_again() -> None:
    """The error by formula against the spread over bootstrapped patients."""
    scores, truth, strata, patients = drawn(4, number=400)
    one = np.zeros_like(strata)
    draws = random.Random(4)
    members = [np.flatnonzero(patients == patient) for patient in range(int(patients.max()) + 1)]
    again = []
    for _ in range(400):
        chosen = np.concatenate(draws.choices(members, k=len(members)))
        again.append(roc_auc_score(truth[chosen], scores[chosen]))
    error = concordance(scores, truth, one, patients).error
    assert error == pytest.approx(float(np.std(again)), rel=0.2)


def test_the_mean_of_an_auroc_and_its_mirror_is_a_half_without_error() -> None:
    scores, truth, strata, patients = drawn(5)
    both = mean_of([concordance(s, truth, strata, patients) for s in (scores, -scores)])
    assert (both.auroc, both.error) == pytest.approx((0.5, 0.0))


def test_permutations_exchange_whole_patients_who_were_asked_alike() -> None:
    states = np.array([0, 1, 0, 1, 0, 0, 0])
    patients = np.array([0, 0, 1, 1, 2, 3, 4])
    drawn = np.concatenate(list(orders(states, patients, seed=1)))[:200]
    seen = {tuple(order[:4]) for order in drawn.tolist()}
    assert seen == {(0, 1, 2, 3), (2, 3, 0, 1)}
    assert {tuple(sorted(order[4:])) for order in drawn.tolist()} == {(4, 5, 6)}


@pytest.mark.parametrize("outcomes", [1, 15, 50, 400])
def test_the_clearest_signal_stays_one_however_many_outcomes_are_corrected_for(
    outcomes: int,
) -> None:
    clearest = 4 / (1 + times_for(outcomes))
    told = [Structure(f"a{number}", "available", 9, p=1.0) for number in range(outcomes - 1)]
    first, *_ = corrected([Structure("leak", "available", 9, p=clearest), *told])
    assert first.p_corrected is not None
    assert first.p_corrected < SIGNIFICANT
    assert first.significant


def test_permutations_are_as_many_as_asked_for() -> None:
    truth = np.random.default_rng(9).random(80) < 0.4
    one_each, state = np.arange(80), np.zeros(80, dtype=np.int64)
    scores = truth.astype(float)[:, None]
    found = tell_apart(scores, [truth], state, one_each, seed=1, times=times_for(50))
    assert found.p[0] == pytest.approx(1 / 40_000)
    assert sum(map(len, orders(state, one_each, seed=1, times=20))) == 20


def test_only_patients_asked_as_often_and_in_the_same_states_change_places() -> None:
    states = np.array([0, 1, 0, 1, 0, 0, 0])
    patients = np.array([0, 0, 1, 1, 2, 3, 3])
    assert exchangeable(states, patients) == 2


def test_a_score_that_tells_all_is_found_and_noise_beside_it_is_not() -> None:
    random_numbers = np.random.default_rng(6)
    truth = random_numbers.random(150) < 0.1
    scores = np.column_stack([truth.astype(float), random_numbers.random((150, 20))])
    one_each, state = np.arange(150), np.zeros(150, dtype=np.int64)
    found = tell_apart(scores, [truth], state, one_each, seed=1)
    assert found.p[0] == pytest.approx(0.0001)
    assert found.p[1:].min() > 0.01
    assert foretells([scores[:, 0]], [truth], state, one_each, seed=1) == pytest.approx(0.0001)


def test_a_rare_cell_in_a_few_of_the_rare_answers_is_no_proof() -> None:
    truth = np.zeros(300, dtype=bool)
    truth[:15] = True
    cell = np.zeros((300, 1))
    cell[13:26] = 1.0  # 2 of 13 where 0.65 are to be expected
    found = tell_apart(cell, [truth], np.zeros(300, dtype=np.int64), np.arange(300), seed=1)
    assert found.p[0] > 0.05


def test_a_signal_that_is_only_in_the_state_is_none() -> None:
    states = np.repeat([0, 1], 100)
    truth = np.random.default_rng(7).random(200) < np.where(states == 1, 0.8, 0.1)
    found = tell_apart(states[:, None].astype(float), [truth], states, np.arange(200), seed=1)
    assert found.p[0] == 1.0


def test_p_values_are_corrected_for_the_outcomes_of_their_own_profile() -> None:
    told = [
        Structure(outcome, profile, 9, p=p)
        for outcome, profile, p in (
            ("a", "available", 0.01),
            ("b", "available", 0.5),
            ("a", "reference", 0.02),
            ("c", "available", None),
        )
    ]
    assert [each.p_corrected for each in corrected(told)] == [0.02, 0.5, 0.02, None]
