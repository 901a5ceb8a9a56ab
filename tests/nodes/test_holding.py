"""Whether a row holds a value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.nodes.holding import holds

ROW = [17, 50971, "2150-03-05 06:00:00", 3.2, "mEq/L", "Potassium", None]


@pytest.mark.parametrize(
    "claim",
    [
        "3.2",
        "3.20",
        "3.2 mEq/L",
        "3.2 (low)",
        "potassium",
        "Potassium  ",
        "2150-03-05 06:00",
        "2150-03-05T06:00:00",
        "on 2150-03-05",
        "Potassium, serum",
        "potassium 3.2",
    ],
)
def test_the_row_holds(claim: str) -> None:
    assert holds(claim, ROW)


@pytest.mark.parametrize(
    "claim",
    ["3.3", "32", "sodium", "2150-03-06", "2150-03-05 07:00", "3", "3.25", "", "potassium 4.1"],
)
def test_the_row_does_not_hold(claim: str) -> None:
    assert not holds(claim, ROW)


@pytest.mark.parametrize(
    ("claim", "cells"),
    [
        ("1,200", [1200]),
        ("1200 mL", ["1,200"]),
        ("-3", [-3.0]),
        ("0.5", ["0.50 mg"]),
        ("7.4", [7.38]),
        ("vitamin B12", ["Vitamin B12"]),
        (">500", [">500"]),
    ],
)
def test_numbers_are_compared_as_numbers(claim: str, cells: list[Any]) -> None:
    assert holds(claim, cells)


@given(st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3)))
def test_a_row_holds_each_of_its_numbers(number: float) -> None:
    assert holds(f"{number:.3f}", ["x", number, "mg"])


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_row_holds_no_other_whole_number(claimed: int, held: int) -> None:
    assert holds(str(claimed), [held]) == (claimed == held)
