"""Load: many at once see their own patient alone, and leave nothing behind."""

from __future__ import annotations

from drills.drill import Drill, of_module

_ALONE = "among many at once, no run sees a word of another patient's record"
PROMISES = {
    "inside": f"{_ALONE}, in one process",
    "mcp_http": f"{_ALONE}, over MCP by http",
    "mcp_stdio": f"{_ALONE}, over MCP by stdio",
    "dev": f"{_ALONE}, in langgraph dev",
    "memory": "thousands of runs in one process leave memory, file handles and threads where they "
    "were, and no case behind",
}
DRILLS = tuple(
    Drill(f"load.{name}", promise, of_module(f"drills.load.{name}"))
    for name, promise in PROMISES.items()
)
