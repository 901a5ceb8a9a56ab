"""How runs used their tools: counted from records, one at a time."""

from clinseek.evals.tool_use.calls import CallCount
from clinseek.evals.tool_use.count import ToolUse, ToolUseCount, tool_use_of
from clinseek.evals.tool_use.first_citation import FirstCitation
from clinseek.evals.tool_use.side_by_side import ToolDifference, tools_side_by_side
from clinseek.evals.tool_use.sql_errors import SqlErrorKind, sql_error_kind

__all__ = [
    "CallCount",
    "FirstCitation",
    "SqlErrorKind",
    "ToolDifference",
    "ToolUse",
    "ToolUseCount",
    "sql_error_kind",
    "tool_use_of",
    "tools_side_by_side",
]
