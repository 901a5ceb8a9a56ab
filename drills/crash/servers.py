"""An MCP server that is killed: the same command serves again, and no case of it is left."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from drills.commands import Begun
from drills.crash.ground import ground_in
from drills.crash.roads.road import Ground
from drills.crash.roads.seeking import CUTOFF
from drills.crash.stops import SECONDS
from drills.drill import Line, Size, by_size

NEEDED = ("mcp", "uvicorn", "starlette")
READY_SECONDS = 60.0
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ehr.load_ehr", {}),
    ("ehr.get_latest_records", {"table_name": "labevents"}),
    ("ehr.run_sql_query", {"sql_query": "SELECT count(*) FROM labevents"}),
)


def servers(size: Size, place: Path) -> Iterator[Line]:
    """Kills with calls in flight, then a stop by SIGTERM."""
    name = "serve ehr over http: killed and started again"
    lacking = [each for each in NEEDED if importlib.util.find_spec(each) is None]
    if lacking:
        yield Line(name, gap=f"{', '.join(lacking)} not installed (extra mcp)")
        return
    count = by_size(size, quick=1, short=3, full=12)
    with ground_in(place) as ground:
        yield from Served(ground, _free_port()).lines(name, count)


class Served:
    """A server on one port, begun by the same command again and again."""

    def __init__(self, ground: Ground, port: int) -> None:
        self._ground, self._port = ground, port
        self._home = ground.place / "served-home"
        self._url = f"http://127.0.0.1:{port}/mcp"

    def lines(self, name: str, count: int) -> Iterator[Line]:
        """Kill it so often; stop it once."""
        dice, broken = random.Random("servers"), list[str]()
        begun = self._begin()
        expected = self._asked()
        for _ in range(count):
            with self._asking():
                begun.kill(after=dice.uniform(0.05, 1.0))
            begun = self._begin()
            if self._asked() != expected:
                broken.append("its answers were others than before the kill")
            folders = list((self._home / "cases").glob("serve-*"))
            if len(folders) != 1:
                broken.append(f"{len(folders) - 1} folders of killed servers were left")
        yield Line(name, count=count, broken=broken)
        yield self._stopped(begun)

    def _stopped(self, begun: Begun) -> Line:
        with self._asking():
            time.sleep(0.3)
            sent = time.monotonic()
            begun.send(signal.SIGTERM)
            ended = begun.ended()
            seconds = time.monotonic() - sent
        broken = [f"it took {seconds:.1f} s"] if seconds > SECONDS else []
        if ended.code != 0 or "Traceback" in ended.err:
            broken.append(f"it ended with {ended.code}: {ended.err[-300:]}")
        left = [path for path in (self._home / "cases").rglob("*") if path.is_file()]
        broken += [f"{path.name} was left behind" for path in left]
        note = f"the stop took {seconds:.1f} s"
        return Line("serve ehr over http: SIGTERM", count=1, broken=broken, note=note)

    def _begin(self) -> Begun:
        begun = self._ground.commands.begin(
            ["serve", "ehr", "--store", self._ground.store, "--transport", "http",
             "--port", self._port, "--calls-a-minute", 100_000],
            {"CLINSEEK_HOME": str(self._home)},
        )  # fmt: skip
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return begun
            time.sleep(0.02)
        raise TimeoutError(f"no server on port {self._port}: {begun.err.read_text()[-300:]}")

    def _asked(self) -> list[str]:
        return asyncio.run(self._calls(CALLS))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Within it a client calls, until the server is gone."""
        with start_blocking_portal() as portal:
            calls = portal.start_task_soon(self._calls, CALLS * 2000)
            try:
                yield
            finally:
                calls.cancel()

    async def _calls(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
        from tests.serve.serving import bound, client, text_of

        async with client(self._url, bound(self._ground.subjects[0], CUTOFF)) as session:
            return [text_of(await session.call_tool(*call)) for call in calls]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
