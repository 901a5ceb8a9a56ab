"""The `ehr.*` tools: what an agent reads a patient's record with."""

from clinseek.toolkits.ehr.tools.arguments import EHR_TOOL_NAMES, PAPER_EHR_TOOL_NAMES, Finish
from clinseek.toolkits.ehr.tools.schemas import ehr_tool_schemas
from clinseek.toolkits.ehr.tools.toolkit import EhrTool, EhrToolkit

__all__ = [
    "EHR_TOOL_NAMES",
    "PAPER_EHR_TOOL_NAMES",
    "EhrTool",
    "EhrToolkit",
    "Finish",
    "ehr_tool_schemas",
]
