"""Two systems' calls by tool: the paper's Figure 5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from clinseek.evals.tool_use.calls import CallCount


@dataclass(frozen=True)
class ToolDifference:
    """One tool in A and in B: calls, shares of all calls in [0, 1], and how many were refused."""

    tool: str
    a_calls: int
    b_calls: int
    a_share: float
    b_share: float
    a_refused: int
    b_refused: int

    @property
    def share_gained(self) -> float:
        """B's share minus A's."""
        return self.b_share - self.a_share


def tools_side_by_side(
    a: Iterable[Mapping[str, CallCount]], b: Iterable[Mapping[str, CallCount]]
) -> list[ToolDifference]:
    """Every tool that runs of either called, those with the most calls first.

    `a` and `b` hold the calls by tool of each run (as `ToolUseCount.add` gives them).
    """
    first, second = _summed(a), _summed(b)
    totals = first.calls.total(), second.calls.total()
    lines = [
        ToolDifference(
            tool=tool,
            a_calls=first.calls[tool],
            b_calls=second.calls[tool],
            a_share=first.calls[tool] / totals[0] if totals[0] else 0.0,
            b_share=second.calls[tool] / totals[1] if totals[1] else 0.0,
            a_refused=first.refused[tool],
            b_refused=second.refused[tool],
        )
        for tool in {**first.calls, **second.calls}
    ]
    return sorted(lines, key=lambda line: (-(line.a_calls + line.b_calls), line.tool))


class _Sums(NamedTuple):
    calls: Counter[str]
    refused: Counter[str]


def _summed(runs: Iterable[Mapping[str, CallCount]]) -> _Sums:
    calls, refused = Counter[str](), Counter[str]()
    for run in runs:
        for tool, count in run.items():
            calls[tool] += count.calls
            refused[tool] += count.refused + count.failed
    return _Sums(calls, refused)
