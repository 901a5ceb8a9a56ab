"""Paired differences: identical runs differ by nothing, and tests agree with those of others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.evals.statistics import (
    auroc,
    auroc_estimate,
    holm,
    mcnemar_p,
    paired_test,
    risk_coverage,
    sign_flip_p,
)

pairs = st.lists(
    st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), min_size=2, max_size=12
)


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_identical_runs_differ_by_nothing(values: list[float]) -> None:
    tested = paired_test(values, values, [n // 2 for n in range(len(values))], draws=100)
    assert (tested.difference, tested.p) == (0.0, 1.0)
    assert (tested.low, tested.high, tested.detectable) == (None, None, None)
    assert tested.note is not None


@given(both=pairs)
def test_swapping_the_systems_turns_the_sign_and_keeps_the_p(
    both: list[tuple[float, float]],
) -> None:
    a, b = [first for first, _ in both], [second for _, second in both]
    clusters = [n // 2 for n in range(len(both))]
    there, back = (
        paired_test(a, b, clusters, draws=100),
        paired_test(b, a, clusters, draws=100),
    )
    assert back.difference == pytest.approx(-there.difference)
    assert back.p == pytest.approx(there.p)
    if there.low is not None and there.high is not None:
        assert back.low == pytest.approx(-there.high)
        assert back.high == pytest.approx(-there.low)


@given(both=pairs, at=st.data())
def test_the_order_of_rows_changes_nothing(
    both: list[tuple[float, float]], at: st.DataObject
) -> None:
    order = at.draw(st.permutations(range(len(both))))
    a, b = [first for first, _ in both], [second for _, second in both]
    one = paired_test(a, b, [n // 2 for n in range(len(both))], draws=100)
    other = paired_test(
        [a[n] for n in order], [b[n] for n in order], [n // 2 for n in order], draws=100
    )
    assert other.difference == pytest.approx(one.difference)
    assert other.error == pytest.approx(one.error)
    assert other.p == pytest.approx(one.p)


def test_a_difference_that_is_the_same_in_every_patient_has_no_interval_and_a_note() -> None:
    """Rounding is no spread: 0.6 - 0.5 differs from itself by 1e-17 at most."""
    tested = paired_test([0.5, 0.1] * 15, [0.6, 0.2] * 15, range(30), draws=100)
    assert tested.difference == pytest.approx(0.1)
    assert (tested.low, tested.high, tested.detectable, tested.error) == (None, None, None, 0.0)
    assert "all patients differ alike" in (tested.note or "")
    assert tested.p < 0.02


def test_interval_and_p_agree_where_one_patient_has_most_of_the_rows() -> None:
    """The permutation finds nothing; the interval must not call it found."""
    rng = np.random.default_rng(5)
    clusters = np.repeat(range(30), [120] + [4] * 29)
    own = rng.normal(0, 0.3, 30)[clusters] + rng.normal(0, 0.1, clusters.size)
    own[clusters == 0] += 0.4
    tested = paired_test(np.zeros(clusters.size), own, clusters, draws=1000)
    assert tested.p > 0.2
    assert tested.low is not None
    assert tested.low < 0
    assert "of equal size" in (tested.note or "")


def test_the_sign_flip_is_scipys_paired_permutation() -> None:
    from scipy import stats

    sums = np.random.default_rng(3).normal(0.3, 1, 11)
    expected = stats.permutation_test(
        (sums, np.zeros(11)),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**12,
    ).pvalue
    assert sign_flip_p(sums) == pytest.approx(expected)


def test_drawn_sign_flips_agree_with_the_t_test_in_large_samples() -> None:
    from scipy import stats

    sums = np.random.default_rng(3).normal(0.1, 1, 400)
    expected = stats.ttest_1samp(sums, 0).pvalue
    assert sign_flip_p(sums) == pytest.approx(expected, abs=0.01)


def test_a_whole_patient_is_swapped_at_once() -> None:
    """Two patients of ten equal rows are two coins, not twenty."""
    tested = paired_test([0.0] * 20, [1.0] * 20, [1] * 10 + [2] * 10)
    assert tested.p == 0.5
    assert tested.mcnemar is None


def test_mcnemar_stands_where_each_patient_has_one_pair_of_zeros_and_ones() -> None:
    from scipy import stats

    a, b = [1, 1, 0, 0, 0, 0, 0, 0, 1], [0, 1, 1, 1, 1, 1, 1, 0, 1]
    tested = paired_test(a, b, range(9))
    assert tested.mcnemar == pytest.approx(stats.binomtest(1, 6).pvalue)
    assert mcnemar_p(1, 5) == tested.mcnemar
    assert paired_test([0.5, 1.0], [1.0, 0.0], [1, 2]).mcnemar is None


@given(ps=st.lists(st.floats(0.001, 1), min_size=1, max_size=20), level=st.floats(0.01, 0.5))
def test_holm_rejects_what_its_step_down_procedure_rejects(ps: list[float], level: float) -> None:
    """Holm (1979): from the smallest p on, reject while p is at most level / (tests left)."""
    rejected = set[int]()
    for step, place in enumerate(sorted(range(len(ps)), key=lambda at: ps[at])):
        if ps[place] * (len(ps) - step) > level:
            break
        rejected.add(place)
    assert {place for place, p in enumerate(holm(ps)) if p <= level} == rejected


def test_what_could_have_been_found_is_that_of_the_power_of_a_t_test() -> None:
    """The difference detectable with 80 % power makes a noncentral t of power 0.80."""
    from scipy import stats

    rng = np.random.default_rng(5)
    a, b = rng.random(200), rng.random(200)
    tested = paired_test(a, b, range(200), draws=100)
    assert tested.detectable is not None
    assert tested.error is not None
    beyond = stats.nct.sf(stats.t.ppf(0.975, 199), 199, tested.detectable / tested.error)
    assert beyond == pytest.approx(0.8, abs=0.005)


def test_runs_of_unequal_length_cannot_be_paired() -> None:
    with pytest.raises(SettingError, match="2 scores of A cannot be paired with 1 of B"):
        paired_test([1.0, 0.0], [1.0], [1, 2])


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.booleans()), min_size=2, max_size=25
    )
)
def test_auroc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[float, bool]]) -> None:
    yes, no = [sure for sure, is_yes in rows if is_yes], [s for s, is_yes in rows if not is_yes]
    sure, truth = [each[0] for each in rows], [each[1] for each in rows]
    if not yes or not no:
        with pytest.raises(SettingError, match="needs both"):
            auroc(sure, truth)
        return
    right = sum((p > q) + (p == q) / 2 for p in yes for q in no)
    assert auroc(sure, truth) == pytest.approx(right / len(yes) / len(no))


def test_the_interval_of_an_auroc_goes_by_patients() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(120) < 0.4
    sure = truth * 0.4 + rng.random(120)
    single = auroc_estimate(sure.tolist(), truth.tolist(), range(120), draws=500)
    thrice = auroc_estimate(
        np.repeat(sure, 3).tolist(),
        np.repeat(truth, 3).tolist(),
        np.repeat(range(120), 3).tolist(),
        draws=500,
    )
    assert thrice.value == pytest.approx(single.value)
    assert thrice.error == pytest.approx(single.error, rel=0.15)


def test_answering_the_surest_first_risks_least() -> None:
    found = risk_coverage([1.0, 1.0, 0.0, 0.0], [True, True, True, False], [0.9, 0.8, 0.2, None])
    assert found.coverage == 0.75
    assert found.curve == ((0.25, 0.0), (0.5, 0.0), (0.75, 1 / 3))
    assert found.area == pytest.approx(1 / 9)


def test_equal_confidences_are_one_step_of_the_curve() -> None:
    found = risk_coverage([1.0, 0.0], [True, True], [0.5, 0.5])
    assert found.curve == ((1.0, 0.5),)
    assert found.area == 0.5


def test_no_answer_risks_nothing_that_can_be_told() -> None:
    assert risk_coverage([0.0, 0.0], [False, False]).risk is None


@pytest.mark.parametrize(
    ("sure", "positive", "patients", "why"),
    [
        ([0.9, 0.1, 0.4], [True, False, True], [1, 1, 1], "of one patient"),
        ([0.9] + [0.1] * 29, [True] + [False] * 29, list(range(30)), "of one patient"),
        ([0.9] * 4 + [0.1] * 4, [True] * 4 + [False] * 4, list(range(8)), "ranks otherwise"),
    ],
)
def test_an_auroc_of_few_patients_has_no_interval_and_the_reason_is_told(
    sure: list[float], positive: list[bool], patients: list[int], why: str
) -> None:
    estimate = auroc_estimate(sure, positive, patients)
    assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)
    assert why in (estimate.note or "")
