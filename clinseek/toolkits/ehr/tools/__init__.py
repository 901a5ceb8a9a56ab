"""The `ehr.*` tools: what an agent reads a patient's record with.

Names and schemas are to be had without LangChain; the toolkit loads it when it is first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinseek.toolkits.ehr.tools.arguments import EHR_TOOL_NAMES, PAPER_EHR_TOOL_NAMES, Finish
from clinseek.toolkits.ehr.tools.schemas import ehr_tool_schemas

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.tools.toolkit import EhrTool, EhrToolkit

__all__ = [
    "EHR_TOOL_NAMES",
    "PAPER_EHR_TOOL_NAMES",
    "EhrTool",
    "EhrToolkit",
    "Finish",
    "ehr_tool_schemas",
]


def __getattr__(name: str) -> Any:
    if name not in ("EhrTool", "EhrToolkit"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from clinseek.toolkits.ehr.tools import toolkit

    return getattr(toolkit, name)
