"""Quantiles of spans of time."""

from datetime import timedelta
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from clinseek.validity.page.spans import Spans


@given(st.lists(st.integers(0, 500), min_size=1), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_a_quantile_is_the_one_of_the_sorted_list(minutes: list[int], share: float) -> None:
    counted = Spans(timedelta(minutes=each) for each in minutes)
    assert counted.minutes(share) == sorted(minutes)[ceil(share * len(minutes)) - 1]


def test_of_no_spans_there_is_no_quantile() -> None:
    assert Spans().minutes(0.5) is None
