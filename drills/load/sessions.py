"""Sessions over MCP, each of its own patient: what both transports share."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from drills.cohort import Cohort
from drills.drill import Line
from drills.load.calls import calls_of

if TYPE_CHECKING:
    from mcp import ClientSession

Heard = tuple[int, str]
"""A patient, and all that a session of it was told."""


def lacking() -> str | None:
    """Why MCP cannot be tried here; None where it can."""
    missing = [each for each in ("mcp", "uvicorn") if importlib.util.find_spec(each) is None]
    return f"{', '.join(missing)} not installed (extra mcp)" if missing else None


def line_of(done: str, cohort: Cohort, heard: Sequence[Heard]) -> Line:
    """What sessions heard of others."""
    broken = [
        fault for subject, said in heard for fault in cohort.faults(subject, said, where="over MCP")
    ]
    return Line(done, len(heard), broken)


def cases_line(count: int) -> Line:
    """What sessions left."""
    cases = Path(os.environ["CLINSEEK_HOME"]) / "cases"
    left = [path.name for path in cases.rglob("*") if path.is_file()]
    return Line("cases removed", count, [f"{name} was left" for name in left])


def chosen(cohort: Cohort, count: int) -> list[int]:
    """Whose sessions are opened: two of each patient."""
    subjects = cohort.subjects[: max(2, count // 2)]
    return [subjects[at % len(subjects)] for at in range(count)]


async def said(session: ClientSession, subject: int, cohort: Cohort) -> Heard:
    """Make all calls of a session side by side."""
    from tests.serve.serving import text_of

    neighbour = cohort.subjects[cohort.subjects.index(subject) - 1]
    calls = calls_of(subject, neighbour)
    results = await asyncio.gather(*(session.call_tool(*call) for call in calls))
    return subject, "\n".join(text_of(each) for each in results)
