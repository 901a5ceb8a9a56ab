"""Two hundred sessions over MCP, over stdio and over http, each of its own patient."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drills.drill import Line, Size, by_size
from drills.load.calls import calls_of
from drills.load.canaries import END, Cohort, cohort_in

if TYPE_CHECKING:
    from mcp import ClientSession

STDIO_AT_ONCE = 16
"""Each is a process of its own."""


def sessions(size: Size, place: Path) -> Iterator[Line]:
    """One line a transport."""
    lacking = [each for each in ("mcp", "uvicorn") if importlib.util.find_spec(each) is None]
    if lacking:
        yield Line("sessions over MCP", gap=f"{', '.join(lacking)} not installed (extra mcp)")
        return
    many = by_size(size, quick=8, short=60, full=200)
    few = by_size(size, quick=2, short=8, full=200)
    cohort = cohort_in(place, max(4, many // 2))
    with _http_server(cohort, most=many) as url:
        yield _line("http", cohort, asyncio.run(_over_http(cohort, url, many)))
    yield _line("stdio", cohort, asyncio.run(_over_stdio(cohort, few)))
    cases = Path(os.environ["CLINSEEK_HOME"]) / "cases"
    left = [path.name for path in cases.rglob("*") if path.is_file()]
    yield Line("cases removed", many + few, [f"{name} was left" for name in left])


def _line(transport: str, cohort: Cohort, heard: Sequence[tuple[int, str]]) -> Line:
    where = f"over {transport}"
    broken = [fault for subject, said in heard for fault in cohort.faults(subject, said,
                                                                          where=where)]  # fmt: skip
    at_once = "at once" if transport == "http" else f"{STDIO_AT_ONCE} at once"
    return Line(f"sessions {where}, {at_once}", len(heard), broken)


def _chosen(cohort: Cohort, count: int) -> list[int]:
    return [cohort.subjects[at % len(cohort.subjects)] for at in range(count)]


async def _said(session: ClientSession, subject: int, cohort: Cohort) -> tuple[int, str]:
    from tests.serve.serving import text_of

    neighbour = cohort.subjects[cohort.subjects.index(subject) - 1]
    calls = calls_of(subject, neighbour)
    results = await asyncio.gather(*(session.call_tool(*call) for call in calls))
    return subject, "\n".join(text_of(each) for each in results)


async def _over_http(cohort: Cohort, url: str, count: int) -> list[tuple[int, str]]:
    """All are open before the first one asks."""
    from tests.serve.serving import bound, client

    together = asyncio.Barrier(count)

    async def one(subject: int) -> tuple[int, str]:
        async with client(url, bound(subject, END)) as session:
            await together.wait()
            return await _said(session, subject, cohort)

    return await asyncio.gather(*(one(subject) for subject in _chosen(cohort, count)))


async def _over_stdio(cohort: Cohort, count: int) -> list[tuple[int, str]]:
    room = asyncio.Semaphore(STDIO_AT_ONCE)

    async def one(subject: int) -> tuple[int, str]:
        async with room, _stdio_session(cohort, subject) as session:
            return await _said(session, subject, cohort)

    return await asyncio.gather(*(one(subject) for subject in _chosen(cohort, count)))


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


@contextmanager
def _http_server(cohort: Cohort, *, most: int) -> Iterator[str]:
    port = free_port()
    words = ["-m", "clinseek", "serve", "ehr", "-s", cohort.store, "--transport", "http"]
    limits = ["--port", port, "--sessions", most, "--calls-a-minute", 100_000]
    process = subprocess.Popen(
        [sys.executable, *map(str, [*words, *limits])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        asyncio.run(_listening(process, port))
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


async def _listening(process: subprocess.Popen[str], port: int) -> None:
    while process.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"the server ended: {process.communicate()[1][-300:]}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
