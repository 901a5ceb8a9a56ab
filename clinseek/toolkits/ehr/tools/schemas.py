"""The `ehr.*` tools as a host is sent them, without a case."""

from __future__ import annotations

from typing import Any

from clinseek.toolkits.arguments import tool_schemas
from clinseek.toolkits.ehr.tools.arguments import offered_arguments


def ehr_tool_schemas() -> list[dict[str, Any]]:
    """The tools in the OpenAI form, without a case: name, description and parameters of each."""
    return tool_schemas(offered_arguments())
