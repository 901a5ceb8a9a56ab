"""Two hundred sessions of one MCP server over http, all open at once."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills.cohort import END, Cohort, cohort_in
from drills.drill import Line, Size, by_size
from drills.load.sessions import Heard, cases_line, chosen, lacking, line_of, said

CLIENT_SECONDS = 900.0
"""Two hundred cases are made, and twelve hundred calls answered, by one process."""


def mcp_http(size: Size, place: Path) -> Iterator[Line]:
    """What the sessions heard, and what they leave."""
    reason = lacking()
    if reason is not None:
        yield Line("sessions over http", gap=reason)
        return
    count = by_size(size, quick=8, short=60, full=200)
    cohort = cohort_in(place, patients=count // 2)
    with _http_server(cohort, most=count) as url:
        heard = asyncio.run(_over_http(cohort, url, count))
    yield line_of(f"sessions at once over {count // 2} patients", cohort, heard)
    yield cases_line(count)


async def _over_http(cohort: Cohort, url: str, count: int) -> list[Heard]:
    """All are open before the first one asks."""
    from tests.serve.serving import bound, client

    together = asyncio.Barrier(count)

    async def one(subject: int) -> Heard:
        async with client(url, bound(subject, END), seconds=CLIENT_SECONDS) as session:
            await together.wait()
            return await said(session, subject, cohort)

    return await asyncio.gather(*(one(subject) for subject in chosen(cohort, count)))


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
