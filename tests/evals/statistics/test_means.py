"""Means and their intervals, against statsmodels, scipy and numbers worked by hand."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinseek.errors import SettingError
from clinseek.evals.statistics import (
    Estimate,
    IntervalMethod,
    best_at_k,
    macro_mean,
    mean_estimate,
    pass_hat_k,
)

RNG = np.random.default_rng(7)
CLUSTERS = RNG.integers(0, 40, 150)
SCORES = np.clip(RNG.normal(0.5, 0.2, 150) + RNG.normal(0, 0.2, 40)[CLUSTERS], 0, 1)

scores = st.lists(st.floats(0, 1, width=32), min_size=2, max_size=30)
shares = st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=40)


def bounds(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def test_over_patients_of_equal_size_the_error_is_that_of_statsmodels() -> None:
    regression = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    clusters = np.repeat(range(30), 5)
    fitted = regression.OLS(SCORES, np.ones((150, 1))).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True}, use_t=True
    )
    estimate = mean_estimate(SCORES, clusters, method="t")
    assert estimate.error == pytest.approx(fitted.bse[0], rel=1e-9)
    assert bounds(estimate) == pytest.approx(tuple(fitted.conf_int()[0]), rel=1e-9)


def left_out(take: Callable[[NDArray[np.bool_]], float], clusters: NDArray[np.int64]) -> float:
    """The error by leaving each patient out, worked as it is defined (CR3)."""
    whole, groups = take(np.ones(clusters.size, bool)), np.unique(clusters)
    squares = [(take(clusters != group) - whole) ** 2 for group in groups]
    return math.sqrt((groups.size - 1) / groups.size * sum(squares))


def test_the_error_is_that_of_leaving_each_patient_out() -> None:
    expected = left_out(lambda kept: float(SCORES[kept].mean()), CLUSTERS)
    assert mean_estimate(SCORES, CLUSTERS, method="t").error == pytest.approx(expected, rel=1e-9)
    tasks = RNG.integers(0, 4, 150)

    def macro(kept: NDArray[np.bool_]) -> float:
        return float(np.mean([SCORES[kept & (tasks == task)].mean() for task in range(4)]))

    error = macro_mean(SCORES, CLUSTERS, tasks).error
    assert error == pytest.approx(left_out(macro, CLUSTERS), rel=1e-9)


@pytest.mark.parametrize("method", ["t", "wilson"])
def test_a_patient_with_most_of_the_rows_leaves_little_known_and_the_note_says_so(
    method: IntervalMethod,
) -> None:
    """1,000 rows of one patient and one of each of 29 others tell about as much as two rows."""
    values, clusters = [1.0] * 1000 + [0.0, 1.0] * 14 + [0.0], [0] * 1000 + list(range(1, 30))
    estimate = mean_estimate(values, clusters, method=method)
    low, high = bounds(estimate)
    assert low < 0.3
    assert high == pytest.approx(1.0, abs=1e-4)
    assert "30 patients tell no more than 1.1 of equal size" in (estimate.note or "")
    even = mean_estimate(values, [n % 30 for n in range(1029)], method=method)
    assert even.note is None
    assert bounds(even)[0] > 0.9


def test_scores_that_are_all_alike_have_no_interval_and_the_reason_is_told() -> None:
    for estimate in (
        mean_estimate([0.1] * 30, range(30)),
        mean_estimate([0.1] * 30, range(30), method="bootstrap"),
    ):
        assert estimate.value == pytest.approx(0.1)
        assert (estimate.low, estimate.high) == (None, None)
        assert "all patients score alike" in (estimate.note or "")


def test_a_task_of_one_patient_is_told_beside_the_macro_mean() -> None:
    estimate = macro_mean([1.0, 0.0, 1.0, 0.5], [1, 2, 3, 4], ["a", "a", "a", "b"])
    assert estimate.error == pytest.approx(math.sqrt(3 / 4 * 6 / 144))
    assert "1 of 2 tasks have rows of one patient alone" in (estimate.note or "")


def test_one_row_a_patient_gives_the_ordinary_t_interval() -> None:
    from scipy import stats

    expected = stats.ttest_1samp(SCORES, 0).confidence_interval(0.95)
    assert bounds(mean_estimate(SCORES, range(150), method="t")) == pytest.approx(tuple(expected))
    assert bounds(mean_estimate(SCORES, CLUSTERS, method="paper")) == pytest.approx(tuple(expected))


def test_a_share_of_single_rows_has_wilsons_interval() -> None:
    from scipy import stats

    values = [1.0] * 27 + [0.0] * 3
    expected = stats.binomtest(27, 30).proportion_ci(method="wilson")
    estimate = mean_estimate(values, range(30))
    assert estimate.method == "wilson"
    assert bounds(estimate) == pytest.approx((expected.low, expected.high))


def test_a_share_of_patients_whose_rows_are_all_alike_counts_patients() -> None:
    one = [1.0] * 20 + [0.0] * 10
    thrice = mean_estimate(np.repeat(one, 3), np.repeat(range(30), 3))
    assert thrice.error == pytest.approx(mean_estimate(one, range(30), method="t").error)
    low, high = bounds(thrice)
    naive_low, naive_high = bounds(mean_estimate(np.repeat(one, 3), range(90)))
    assert low < naive_low
    assert high > naive_high


def test_all_right_is_not_certain() -> None:
    low, high = bounds(mean_estimate([1.0] * 20, np.repeat(range(10), 2)))
    assert 0.6 < low < 0.75
    assert high == pytest.approx(1.0)


def test_the_bootstrap_agrees_with_the_clustered_t() -> None:
    drawn = bounds(mean_estimate(SCORES, CLUSTERS, method="bootstrap", draws=4000))
    assert drawn == pytest.approx(bounds(mean_estimate(SCORES, CLUSTERS, method="t")), abs=0.012)


@pytest.mark.parametrize(
    ("share", "n", "radius"), [(0.907, 720, 2.13), (0.81, 720, 2.87), (0.90, 720, 2.20)]
)
def test_the_published_radius_is_reproduced(share: float, n: int, radius: float) -> None:
    """Rows of the published text table: risk prediction, all scores 0 or 1."""
    right = round(share * n)
    low, high = bounds(mean_estimate([1.0] * right + [0.0] * (n - right), range(n), method="paper"))
    assert 100 * (high - low) / 2 == pytest.approx(radius, abs=0.006)


def test_the_published_radius_of_one_sample_is_nothing() -> None:
    assert bounds(mean_estimate([0.4], [1], method="paper")) == (0.4, 0.4)


def test_rows_of_one_patient_have_no_interval_and_the_reason_is_told() -> None:
    estimate = mean_estimate([0.2, 0.9, 0.4], [5, 5, 5])
    assert (estimate.low, estimate.high) == (None, None)
    assert "one patient" in (estimate.note or "")


def test_macro_weighs_tasks_and_micro_weighs_rows() -> None:
    values, tasks = [1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"]
    assert mean_estimate(values, range(4)).value == 0.75
    assert macro_mean(values, range(4), tasks).value == 0.5


def test_macro_over_one_task_is_the_mean_with_its_interval() -> None:
    macro, micro = (
        macro_mean(SCORES, CLUSTERS, ["a"] * 150),
        mean_estimate(SCORES, CLUSTERS, method="t"),
    )
    assert bounds(macro) == pytest.approx(bounds(micro))


def test_macro_of_independent_tasks_has_the_error_of_their_sum() -> None:
    """Two tasks of different patients: the variances of the task means add, a quarter each.

    Each is the sample variance over 100, times 100 / 99 for leaving one of them out.
    """
    values = RNG.normal(0, 1, 200)
    tasks = np.repeat(["a", "b"], 100)
    parts = [part.var() / 100 * (100 / 99) ** 2 for part in (values[:100], values[100:])]
    expected = math.sqrt(199 / 200 * sum(parts)) / 2
    assert macro_mean(values, range(200), tasks).error == pytest.approx(expected)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_score_that_is_no_number_is_refused_in_one_sentence(wrong: float) -> None:
    with pytest.raises(SettingError, match="score 2 of 3 is"):
        mean_estimate([1.0, wrong, 0.0], [1, 2, 3])


def test_no_scores_and_clusters_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingError, match="no score"):
        mean_estimate([], [])
    with pytest.raises(SettingError, match="2 scores have 1 clusters"):
        mean_estimate([1.0, 0.0], [1])


@given(values=scores, method=st.sampled_from(["t", "bootstrap", "paper", "auto"]), at=st.data())
def test_intervals_hold_their_mean_and_do_not_depend_on_the_order_of_rows(
    values: list[float], method: str, at: st.DataObject
) -> None:
    clusters = [n // 2 for n in range(len(values))]
    order = at.draw(st.permutations(range(len(values))))
    estimate = mean_estimate(values, clusters, method=method, draws=200)  # type: ignore[arg-type]
    moved = mean_estimate(
        [values[n] for n in order],
        [clusters[n] for n in order],
        method=method,  # type: ignore[arg-type]
        draws=200,
    )
    assert moved.value == pytest.approx(estimate.value)
    if estimate.low is None or estimate.high is None:
        return
    assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9 or method == "bootstrap"
    if method != "bootstrap":
        assert bounds(moved) == pytest.approx(bounds(estimate), abs=1e-7)


@given(values=shares)
def test_the_interval_of_a_share_stays_between_nothing_and_all(values: list[float]) -> None:
    for clusters in (range(len(values)), [n // 3 for n in range(len(values))]):
        estimate = mean_estimate(values, list(clusters), method="wilson")
        if estimate.clusters > 1:
            low, high = bounds(estimate)
            assert 0 <= low <= estimate.value + 1e-12
            assert estimate.value - 1e-12 <= high <= 1


@given(values=scores, at=st.data())
def test_best_of_k_is_the_mean_over_all_draws(values: list[float], at: st.DataObject) -> None:
    from itertools import combinations

    few = values[:7]
    k = at.draw(st.integers(1, len(few)))
    draws = [max(drawn) for drawn in combinations(few, k)]
    assert best_at_k(few, k) == pytest.approx(sum(draws) / len(draws))
    passed = [all(one >= 0.5 for one in drawn) for drawn in combinations(few, k)]
    assert pass_hat_k(few, k, threshold=0.5) == pytest.approx(sum(passed) / len(passed))


def test_more_runs_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(SettingError, match="k is 3, but there are 2"):
        best_at_k([0.0, 1.0], 3)
