"""What must be the same of a run, however it came about: everything but clocks and names."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CLOCKS = frozenset(
    {"thread", "timings", "turns", "seconds", "begun", "changed", "run_id", "retrieved"}
)
"""Fields that tell when or where something was done, not what."""


def without_clocks(told: Any) -> Any:
    """JSON without its clocks, at any depth.

    >>> without_clocks({"answer": ["3.2"], "seconds": 0.2, "evidence": [{"seconds": 1, "id": 1}]})
    {'answer': ['3.2'], 'evidence': [{'id': 1}]}
    """
    if isinstance(told, Mapping):
        return {name: without_clocks(each) for name, each in told.items() if name not in CLOCKS}
    if isinstance(told, list):
        return [without_clocks(each) for each in told]
    return told


def records_in(run: Path) -> list[dict[str, Any]]:
    """The whole lines of a run folder's records; a line that is half written is none."""
    file = run / "records.jsonl"
    held = file.read_bytes() if file.exists() else b""
    return [json.loads(line) for line in held.splitlines(keepends=True) if line.endswith(b"\n")]


def turns_stored(threads: Path, marker: re.Pattern[str]) -> dict[str, int]:
    """How many of the model's turns a file of threads holds, by the mark in the question.

    A copy is read, so that nothing of what a killed process left is touched.
    """
    if not threads.exists() or not threads.stat().st_size:
        return {}
    with tempfile.TemporaryDirectory(prefix="drill-threads-") as folder:
        for suffix in ("", "-wal"):
            held = threads.with_name(f"{threads.name}{suffix}")
            if held.exists():
                shutil.copyfile(held, Path(folder) / f"threads.sqlite{suffix}")
        return asyncio.run(_turns_in(Path(folder) / "threads.sqlite", marker))


async def _turns_in(file: Path, marker: re.Pattern[str]) -> dict[str, int]:
    from clinseek.graphs.seek import graph_of_runs
    from clinseek.kept_threads import checkpoints_in

    async with checkpoints_in(file) as saver:
        graph = graph_of_runs(saver)
        cursor = await saver.conn.execute("SELECT DISTINCT thread_id FROM checkpoints")
        found: dict[str, int] = {}
        for (thread,) in await cursor.fetchall():
            state = (await graph.aget_state({"configurable": {"thread_id": thread}})).values
            mark = marker.search(str(state.get("question", "")))
            if mark is not None:
                said = [each for each in state.get("messages", ()) if each.type == "ai"]
                found[mark.group()] = len(said)
        return found
