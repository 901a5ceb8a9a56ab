"""Two systems' calls by tool: the paper's Figure 5."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.evals.tool_use.calls import CallCount
from clinseek.evals.tool_use.count import ToolUse

_NONE = CallCount()


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


def tools_side_by_side(a: ToolUse, b: ToolUse) -> list[ToolDifference]:
    """Every tool that either called, those with the most calls first."""
    names = {*a.by_tool, *b.by_tool}
    lines = [_line(name, a, b) for name in names]
    return sorted(lines, key=lambda line: (-(line.a_calls + line.b_calls), line.tool))


def _line(tool: str, a: ToolUse, b: ToolUse) -> ToolDifference:
    first, second = a.by_tool.get(tool, _NONE), b.by_tool.get(tool, _NONE)
    return ToolDifference(
        tool=tool,
        a_calls=first.calls,
        b_calls=second.calls,
        a_share=a.share(tool),
        b_share=b.share(tool),
        a_refused=first.refused + first.failed,
        b_refused=second.refused + second.failed,
    )
