"""What the performance table says of the figures that were measured."""

import doctest
import json

from benchmarks.table import lines
from benchmarks.table.lines import Growth, Limit, Line, as_json, as_text, cells_of, growth_cells

FAST = Line("a tool", 2.0, "ms", 3.0, Limit("SQLite alone", 0.5))
SLOW = Line("a case", 200.0, "ms", 150.0, Limit("SQLite alone", 50.0))


def test_the_worked_examples_hold() -> None:
    tried = doctest.testmod(lines)
    assert (tried.failed, tried.attempted > 3) == (0, True)


def test_a_missed_target_is_told_and_a_ratio_is_over_what_the_machine_needs() -> None:
    assert cells_of(SLOW)[2:] == ("150 ms (missed)", "SQLite alone: 50.0 ms", "4.00")
    assert (FAST.held, FAST.ratio) == (True, 4.0)


def test_a_cost_that_grows_faster_than_its_size_is_told() -> None:
    squared = Growth("a loop", "rows", "ms", (1, 4, 16), (1.0, 16.0, 256.0))
    assert not squared.held
    assert growth_cells(squared)[-1] == "2.00 (more than linear)"
    assert Growth("a look-up", "rows", "ms", (1, 4, 16), (1.0, 1.0, 1.0)).held


def test_markdown_and_json_hold_the_same_figures() -> None:
    shown = as_text(lines.HEADS, [cells_of(FAST), cells_of(SLOW)], markdown=True)
    assert shown.splitlines()[-1].startswith("| a case | 200 ms | 150 ms (missed) |")
    told = json.loads(json.dumps(as_json([FAST, SLOW], [])))
    assert [line["held"] for line in told["lines"]] == [True, False]
