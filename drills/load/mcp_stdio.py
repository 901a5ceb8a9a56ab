"""Two hundred MCP servers over stdio, each a process of its own, some at one time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drills.cohort import END, Cohort, cohort_in
from drills.drill import Line, Size, by_size
from drills.load.sessions import Heard, cases_line, chosen, lacking, line_of, said

if TYPE_CHECKING:
    from mcp import ClientSession

AT_ONCE = 16
"""Each takes a hundred megabytes."""


def mcp_stdio(size: Size, place: Path) -> Iterator[Line]:
    """What the sessions heard, and what they leave."""
    reason = lacking()
    if reason is not None:
        yield Line("sessions over stdio", gap=reason)
        return
    count = by_size(size, quick=2, short=8, full=200)
    cohort = cohort_in(place, patients=count // 2)
    heard = asyncio.run(_over_stdio(cohort, count))
    yield line_of(f"sessions, {min(count, AT_ONCE)} at once", cohort, heard)
    yield cases_line(count)


async def _over_stdio(cohort: Cohort, count: int) -> list[Heard]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(subject: int) -> Heard:
        async with room, _stdio_session(cohort, subject) as session:
            return await said(session, subject, cohort)

    return await asyncio.gather(*(one(subject) for subject in chosen(cohort, count)))


@asynccontextmanager
async def _stdio_session(cohort: Cohort, subject: int) -> AsyncIterator[ClientSession]:
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    words = ["-m", "clinseek", "serve", "ehr", "-s", str(cohort.store), "-n", str(subject)]
    server = StdioServerParameters(
        command=sys.executable, args=[*words, "-t", END], env=dict(os.environ)
    )
    async with (
        stdio_client(server, errlog=Path(os.devnull).open("w")) as streams,
        ClientSession(*streams) as session,
    ):
        await session.initialize()
        yield session
