"""What MCP costs: a call over stdio and over HTTP beside the same call in this process.

    python -m benchmarks.mcp_calls STORE [--calls 200] [--sessions 50]

`STORE` is any store made by ingest; the patient is its first. A call is `ehr.run_sql_query` with
five rows, by one client session that stays open (the SDK's client). Printed are medians in
milliseconds: the call in this process, and what the wire adds to it. On a machine that is busy
with other work the fastest tenth says more; beside it the processor's time for one call, of server
and client together.

`start` is from the start of the process to the answer to `initialize`, with the case open.
`sessions` opens so many sessions on one HTTP server, each its own patient (patients repeat where
the store has fewer), calls once in each, and reads the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tools import EhrToolkit

END = "2199-01-01 00:00:00"
NAME = "ehr.run_sql_query"
ARGUMENTS = {
    "sql_query": "SELECT row_id, charttime, itemid, valuenum FROM labevents "
    "ORDER BY charttime DESC LIMIT 5"
}
COMMAND = [sys.executable, "-m", "clinseek", "serve", "ehr"]
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Cost(NamedTuple):
    """Milliseconds of one call: the median and the fastest tenth by the clock; the processor's."""

    median: float
    fast: float
    cpu: float


def cost_of(walls: list[float], cpu: float) -> Cost:
    """The cost of calls that took `walls` seconds each, and `cpu` of the processor together."""
    fast = statistics.quantiles(walls, n=10)[0]
    return Cost(1000 * statistics.median(walls), 1000 * fast, 1000 * cpu / len(walls))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=50)
    options = parser.parse_args()
    store = options.store.resolve()
    subjects = Store.open(store).subjects()
    here = in_process(store, subjects[0], options.calls)
    print(
        f"in this process {here.median:8.2f} ms   fastest tenth {here.fast:6.2f}   "
        f"processor {here.cpu:.2f}"
    )
    asyncio.run(_over_the_wire(store, subjects, options.calls, options.sessions, here))


def in_process(store: Path, subject: int, calls: int) -> Cost:
    """The call through the toolkit's `invoke`."""
    with tempfile.TemporaryDirectory() as folder:
        case = open_case(store, subject, cutoff=END, folder=Path(folder))
        tool = next(tool for tool in EhrToolkit(case=case).get_tools() if tool.name == NAME)
        call = {"name": NAME, "args": ARGUMENTS, "id": "1", "type": "tool_call"}
        tool.invoke(call)
        walls = []
        begun = time.process_time()
        for _ in range(calls):
            started = time.perf_counter()
            tool.invoke(call)
            walls.append(time.perf_counter() - started)
        cpu = time.process_time() - begun
    return cost_of(walls, cpu)


async def _over_the_wire(
    store: Path, subjects: list[int], calls: int, sessions: int, here: Cost
) -> None:
    started = time.perf_counter()
    async with _stdio(store, subjects[0]) as (session, pid):
        seconds = time.perf_counter() - started
        print(f"start over stdio {seconds:7.2f} s    processor {_cpu(pid):.2f} s")
        _show("stdio", await _calls(session, calls, pid), here)
    with _Http(store) as (url, process):
        async with _session(url, subjects[0]) as session:
            _show("http", await _calls(session, calls, process.pid), here)
        before = _resident(process.pid)
        async with AsyncExitStack() as stack:
            chosen = [subjects[n % len(subjects)] for n in range(sessions)]
            begun = time.perf_counter()
            opened = [await stack.enter_async_context(_session(url, each)) for each in chosen]
            took = time.perf_counter() - begun
            results = await asyncio.gather(*(_call(session) for session in opened))
            assert not any(result.isError for result in results)
            after = _resident(process.pid)
        print(f"{sessions} sessions: opened in {took / sessions * 1000:.0f} ms each")
        print(
            f"server: {before / 1e6:.0f} MB after one session, {after / 1e6:.0f} MB with {sessions}"
        )


async def over_the_wire(store: Path, subject: int, calls: int) -> dict[str, Cost]:
    """What the call costs by stdio and by HTTP, each in one session that stays open."""
    async with _stdio(store, subject) as (session, pid):
        by_stdio = await _calls(session, calls, pid)
    with _Http(store) as (url, process):
        async with _session(url, subject) as session:
            return {"stdio": by_stdio, "http": await _calls(session, calls, process.pid)}


def _show(wire: str, cost: Cost, here: Cost) -> None:
    print(
        f"{wire:<5} adds      {cost.median - here.median:8.2f} ms   "
        f"fastest tenth {cost.fast - here.fast:6.2f}   processor {cost.cpu - here.cpu:.2f}"
    )


async def _calls(session: ClientSession, calls: int, server: int) -> Cost:
    for _ in range(5):
        await _call(session)
    walls = []
    cpu = time.process_time() + _cpu(server)
    for _ in range(calls):
        started = time.perf_counter()
        await _call(session)
        walls.append(time.perf_counter() - started)
    cpu = time.process_time() + _cpu(server) - cpu
    return cost_of(walls, cpu)


async def _call(session: ClientSession) -> Any:
    return await session.call_tool(NAME, ARGUMENTS)


@asynccontextmanager
async def _stdio(store: Path, subject: int) -> AsyncIterator[tuple[ClientSession, int]]:
    arguments = [*COMMAND[1:], "--store", str(store), "--subject", str(subject), "--at", END]
    server = StdioServerParameters(command=COMMAND[0], args=arguments, env=dict(os.environ))
    before = _child_ids()
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        (pid,) = _child_ids() - before
        yield session, pid


class _Http:
    """A server over HTTP in a process of its own, on a free port."""

    def __init__(self, store: Path) -> None:
        self._command = [*COMMAND, "--store", str(store), "--transport", "http", "--port", "0",
                         "--calls-a-minute", "1000000"]  # fmt: skip

    def __enter__(self) -> tuple[str, subprocess.Popen[str]]:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        return said.split(" at ")[1].split()[0], self._process

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


@asynccontextmanager
async def _session(url: str, subject: int) -> AsyncIterator[ClientSession]:
    headers = {"X-Clinseek-Subject": str(subject), "X-Clinseek-Cutoff": END}
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as web,
        streamable_http_client(url, http_client=web) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


def _child_ids() -> set[int]:
    here = os.getpid()
    listed = Path(f"/proc/{here}/task/{here}/children").read_text()
    return set(map(int, listed.split()))


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


if __name__ == "__main__":
    main()
