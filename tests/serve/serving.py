"""A server in a thread, one in memory, and clients of both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.memory import create_client_server_memory_streams
from mcp.types import CallToolResult, TextContent

from clinseek.serve.app import serve_session
from clinseek.serve.http import Door, address_of, listen, served_by
from clinseek.serve.service import Binding, Service
from clinseek.serve.session import Limits, Session
from clinseek.serve.sessions import Sessions

END = "2199-01-01 00:00:00"
"""A moment after every record's end."""


class Served:
    """A server over HTTP in a thread of this process."""

    def __init__(
        self, service: Service, door: Door, binding: Binding | None, most: int, limits: Limits
    ) -> None:
        self.sessions = Sessions(service, binding=binding, most=most, limits=limits)
        self._socket = listen(door)
        self.url = address_of(door, self._socket)
        self._server = served_by(self.sessions, door, self._socket, most=most, idle=limits.idle)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(20)
        self._socket.close()


@contextmanager
def serving(
    service: Service,
    *,
    door: Door | None = None,
    binding: Binding | None = None,
    most: int = 50,
    limits: Limits | None = None,
) -> Iterator[Served]:
    door = door or Door(port=0)
    running = Served(service, door, binding, most, limits or Limits(idle=600))
    try:
        yield running
    finally:
        running.stop()


def bound(subject: object, cutoff: str = END, **more: str) -> dict[str, str]:
    """The headers that bind a session."""
    return {"X-Clinseek-Subject": str(subject), "X-Clinseek-Cutoff": cutoff, **more}


@asynccontextmanager
async def client(
    url: str, headers: Mapping[str, str], *, seconds: float = 60.0
) -> AsyncIterator[ClientSession]:
    """A session of the SDK's client, which waits `seconds` for an answer."""
    async with (
        httpx.AsyncClient(headers=dict(headers), timeout=seconds) as web,
        streamable_http_client(url, http_client=web) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


def over_http(
    url: str, headers: Mapping[str, str], use: Callable[[ClientSession], Awaitable[Any]]
) -> Any:
    """What `use` gives over one session."""

    async def run() -> Any:
        async with client(url, headers) as session:
            return await use(session)

    return asyncio.run(run())


def in_memory(
    service: Service,
    binding: Binding,
    use: Callable[[ClientSession], Awaitable[Any]],
    *,
    limits: Limits | None = None,
    **options: Any,
) -> Any:
    """What `use` gives over one session without a wire."""

    async def run() -> Any:
        opened = service.open(binding)
        async with (
            create_client_server_memory_streams() as (ours, theirs),
            anyio.create_task_group() as tasks,
        ):
            session = Session(opened, limits or Limits())
            tasks.start_soon(_serve, service, session, theirs, options)
            async with ClientSession(*ours) as reading:
                await reading.initialize()
                given = await use(reading)
            tasks.cancel_scope.cancel()
            return given

    return asyncio.run(run())


async def _serve(service: Service, session: Session, streams: Any, options: Any) -> None:
    await serve_session(service, session, streams, **options)


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def case_files(cases: Path) -> list[Path]:
    """The files of open cases."""
    return sorted(cases.rglob("*.sqlite"))


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether something becomes true in a while."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return True
        waiting.wait(0.02)
    return true()
