"""Figures: numbers in, places on a page out."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from clinseek.evals.report.figures.axes import axis_over
from clinseek.evals.report.figures.bars import Part, stacked_bar
from clinseek.evals.report.figures.forest import ForestLine, forest_plot
from clinseek.evals.report.figures.heatmap import HeatRow, depth, heatmap
from clinseek.evals.report.figures.scatter import Point, scatter
from clinseek.evals.report.gains import gain_sentence, gained

NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6 or x == 0)


@given(values=st.lists(NUMBERS, min_size=1, max_size=20))
def test_an_axis_holds_every_value_between_rounded_ticks(values: list[float]) -> None:
    axis = axis_over(values)
    rounding = 1e-8 * (axis.high - axis.low)
    assert axis.low - rounding <= min(values)
    assert max(values) <= axis.high + rounding
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert 2 <= len(axis.ticks) <= 12
    assert all(0 <= axis.at(value) <= 1 for value in values)


def test_a_line_of_a_forest_plot_stands_where_its_numbers_say() -> None:
    plot = forest_plot([ForestLine("A", 0.5, 0.25, 0.75, 40)], caption="Means")
    assert 'x1="25.00%" x2="75.00%"' in plot
    assert 'cx="50.00%"' in plot
    assert "25.0 to 75.0" in plot
    assert 'aria-label="Means"' in plot


def test_an_estimate_without_an_interval_is_a_point_and_says_so() -> None:
    plot = forest_plot([ForestLine("A", 0.5, None, None, 1)], caption="Means")
    assert "<circle" in plot
    assert re.search(r'<td class="number">-</td>', plot)


@given(value=st.floats(-100, 100), largest=st.floats(0.1, 100))
def test_a_cell_is_coloured_by_its_sign_and_no_deeper_than_the_deepest(
    value: float, largest: float
) -> None:
    name = depth(value, largest)
    assert name.startswith("gain" if value > 0 else "loss" if value < 0 else "level")
    assert name == "level" or 1 <= int(name[-1]) <= 5


def test_a_heatmap_tells_every_number_and_how_many_gain() -> None:
    rows = [HeatRow("all", {"a": 2.0, "b": -1.0}), HeatRow("los", {"a": 3.0})]
    told = [row._replace(told=gained(row)) for row in rows]
    drawn = heatmap(told, ["a", "b"], caption="Gains", last="models that gain")
    assert 'class="number gain-4">+2.0<' in drawn
    assert 'class="number loss-2">-1.0<' in drawn
    assert 'class="number absent">-<' in drawn
    assert "1 of 2" in drawn
    assert gain_sentence(told).startswith("1 of 2 models gain")
    assert "so do 1 of 1 cells" in gain_sentence(told)


def test_the_parts_of_a_bar_fill_it() -> None:
    drawn = stacked_bar(
        [Part("new", 3, "new"), Part("none", 0, "x"), Part("refused", 1, "refused")]
    )
    assert re.findall(r' width="([\d.]+)%" height="12"', drawn) == ["75.00", "25.00"]
    assert 'aria-label="new 3, refused 1"' in drawn


def test_a_scatter_names_its_points_whatever_they_are_called() -> None:
    drawn = scatter(
        [Point("<m> & co", 10.0, 50.0, 40.0, 60.0)], x="tokens", y="score", label="Cost"
    )
    assert "&lt;m&gt; &amp; co" in drawn
    assert "<m>" not in drawn
