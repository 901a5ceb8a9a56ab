"""finish: settles status and totals, closes the case, hands over the result."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from clinseek.graphs.state import Context, State
from clinseek.nodes import budget
from clinseek.nodes.bench import Bench
from clinseek.nodes.pictures import forget_made
from clinseek.nodes.steps import Step, milliseconds
from clinseek.records import Status


async def finish(state: State, runtime: Runtime[Context], *, bench: Bench) -> dict[str, Any]:
    """The run's status and timings; the case's file and outside sessions are gone afterwards."""
    await bench.leave(state["case"])
    await asyncio.to_thread(Path(state["case"]["file"]).unlink, missing_ok=True)
    await asyncio.to_thread(forget_made, state["case"]["file"])
    status = _status(state)
    elapsed = budget.elapsed(state)
    runtime.stream_writer(
        Step(
            kind="finish",
            round=state["rounds"],
            status=status,
            ms=milliseconds(elapsed),
            said=state["stop_reason"],
        ).as_event()
    )
    return {
        "status": status,
        "timings": {
            **state["timings"],
            "tools": sum(entry["seconds"] for entry in state["evidence"]),
            "elapsed": elapsed,
        },
    }


def _status(state: State) -> Status:
    if state["answer"]:
        return "answered"
    unreachable = any(error["kind"] == "model_error" for error in state["errors"])
    return "failed" if unreachable else "abstained"
