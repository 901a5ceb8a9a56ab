"""One persistent session with one server, held open in a task of its own.

The SDK's sessions must be left in the task that entered them, and a run's nodes run in many. So a
task opens the session, waits until it is told to close, and closes it; calls are made on it from
any task of the same event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
import httpx
from langchain_mcp_adapters.sessions import Connection as Wired
from langchain_mcp_adapters.sessions import (
    StdioConnection,
    StreamableHttpConnection,
    create_session,
)
from mcp.shared.exceptions import McpError
from mcp.types import CONNECTION_CLOSED, CallToolResult

from clinseek.errors import ClinseekError, first_of
from clinseek.toolkits.outside.content import EXPIRED

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import Tool

    from clinseek.toolkits.outside.server import OutsideServer

_SESSION_UNKNOWN = 32600
"""The SDK's own code for an HTTP 404: the server was started anew or forgot the session."""
_TIMED_OUT = 408
_MOST_PAGES = 50
_BETWEEN_PINGS = 5.0
_CLOSING = 10.0
_SDK_LOGGERS = ("mcp.client.stdio", "mcp.client.streamable_http")


class ConnectionLostError(ClinseekError):
    """The server is not there any more; `sent` is True when it may have begun the call."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class CallTimedOutError(ClinseekError):
    """The server did not answer in time; it may still be at work."""


class _Held(NamedTuple):
    session: ClientSession
    tools: list[Tool]


class Connection:
    """A session with `server`. `case` goes along only when the server is to be bound to it."""

    def __init__(self, server: OutsideServer, *, case: Mapping[str, str] | None) -> None:
        self._server = server
        self._case = case if server.bind and case else {}
        self._closing = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None
        self._held: _Held | None = None

    async def open(self) -> list[Tool]:
        """Open the session and list the server's tools; ConnectionLostError saying why not."""
        opened: asyncio.Future[_Held] = asyncio.get_running_loop().create_future()
        self._owner = asyncio.create_task(self._own(opened), name=f"mcp-{self._server.name}")
        try:
            either: set[asyncio.Future[Any]] = {opened, self._owner}
            await asyncio.wait(
                either, timeout=self._server.opening, return_when=asyncio.FIRST_COMPLETED
            )
            if opened.done():
                self._held = opened.result()
                return self._held.tools
            why = _why(self._owner) or f"no answer within {self._server.opening:g} s"
        finally:
            if self._held is None:
                await self.close()
        raise ConnectionLostError(why, sent=False)

    async def call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        """One call, by the server's name for the tool.

        Raises ConnectionLostError, CallTimedOutError, and McpError for what the server refuses
        without a result.
        """
        owner, held = self._owner, self._held
        if held is None or owner is None or owner.done():
            raise ConnectionLostError("the session is closed", sent=False)
        calling = asyncio.create_task(self._called(held.session, tool, arguments))
        pinging = asyncio.create_task(_ping(held.session)) if self._server.url else None
        try:
            await asyncio.wait({calling, owner}, return_when=asyncio.FIRST_COMPLETED)
            if calling.done():
                return calling.result()
            raise ConnectionLostError(_why(owner) or "it went away", sent=not _never_sent(owner))
        finally:
            for task in (calling, pinging):
                if task is not None:
                    await _ended(task)

    async def close(self) -> None:
        """Close the session, and the server's process where there is one; again does nothing."""
        self._closing.set()
        owner = self._owner
        if owner is None or owner.done():
            return
        await asyncio.wait({owner}, timeout=_CLOSING if self._held else 0)
        await _ended(owner)

    async def _own(self, opened: asyncio.Future[_Held]) -> None:
        with _briefly_logged(self._server.name):
            await self._owned(opened)

    async def _owned(self, opened: asyncio.Future[_Held]) -> None:
        async with create_session(self._wired()) as session:
            await session.initialize()
            held = _Held(session, await _all_tools(session))
            if not opened.done():
                opened.set_result(held)
            await self._closing.wait()

    async def _called(
        self, session: ClientSession, tool: str, arguments: dict[str, Any]
    ) -> CallToolResult:
        wait = timedelta(seconds=self._server.timeout)
        try:
            result = await session.call_tool(tool, arguments, read_timeout_seconds=wait)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            raise ConnectionLostError("its process ended", sent=False) from None
        except McpError as error:
            raise _told_apart(error) from None
        if (result.meta or {}).get(EXPIRED):
            raise ConnectionLostError("the session expired", sent=False)
        return result

    def _wired(self) -> Wired:
        """The connection as the adapters take it."""
        server = self._server
        if server.url is None:
            named = {f"CLINSEEK_{_ENV[key]}": value for key, value in self._case.items()}
            return StdioConnection(
                transport="stdio",
                command=server.command[0],
                args=list(server.command[1:]),
                env={**named, **server.env} or None,
            )
        named = {f"X-Clinseek-{_HEADER[key]}": value for key, value in self._case.items()}
        return StreamableHttpConnection(
            transport="streamable_http",
            url=server.url,
            headers={**named, **server.headers, **_authorization(server)},
            timeout=timedelta(seconds=min(server.opening, server.timeout)),
            sse_read_timeout=timedelta(seconds=server.timeout + _BETWEEN_PINGS),
        )


class _Brief(logging.Filter):
    """One sentence in the place of a traceback for each line that a server writes beside MCP."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self._server = server
        self._said = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the SDK's record is written; its first traceback becomes a sentence."""
        if record.exc_info is None:
            return True
        if self._said:
            return False
        self._said = True
        record.msg = f"the server {self._server} writes what is no message of MCP; it is skipped"
        record.args, record.exc_info, record.exc_text = (), None, None
        return True


@contextmanager
def _briefly_logged(server: str) -> Iterator[None]:
    brief = _Brief(server)
    loggers = [logging.getLogger(name) for name in _SDK_LOGGERS]
    for logger in loggers:
        logger.addFilter(brief)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(brief)


_HEADER = {"subject_id": "Subject", "cutoff": "Cutoff", "profile": "Profile"}
_ENV = {"subject_id": "SUBJECT", "cutoff": "CUTOFF", "profile": "PROFILE"}


def _authorization(server: OutsideServer) -> dict[str, str]:
    if server.token_env is None:
        return {}
    token = os.environ.get(server.token_env)
    if not token:
        raise ConnectionLostError(f"{server.token_env} is not set", sent=False)
    return {"Authorization": f"Bearer {token}"}


async def _all_tools(session: ClientSession) -> list[Tool]:
    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await session.list_tools(cursor)
        tools += page.tools
        cursor = page.nextCursor
        if not cursor:
            break
    return tools


async def _ping(session: ClientSession) -> None:
    """Ask now and then whether the server is there.

    A call over HTTP whose server dies is never answered, and its stream ends without a word; the
    next request is what finds out, and ends the session's task.
    """
    with suppress(McpError, anyio.ClosedResourceError, anyio.BrokenResourceError):
        while True:
            await asyncio.sleep(_BETWEEN_PINGS)
            await session.send_ping()


async def _ended(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it is over; what it raised is somebody else's."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _told_apart(error: McpError) -> ClinseekError | McpError:
    """A server that is gone, and one that is slow, apart from one that answers with an error."""
    if error.error.code == CONNECTION_CLOSED:
        return ConnectionLostError("its process ended", sent=True)
    if error.error.code == _SESSION_UNKNOWN:
        return ConnectionLostError("it has forgotten the session", sent=False)
    if error.error.code == _TIMED_OUT:
        return CallTimedOutError(error.error.message)
    return error


def _never_sent(owner: asyncio.Task[None]) -> bool:
    """Whether the session ended because nobody listens at the server's address."""
    return isinstance(_leaf(owner), httpx.ConnectError)


def _why(owner: asyncio.Task[None]) -> str | None:
    """Why a session's task ended, in a few words; None while it runs or when it was told to."""
    error = _leaf(owner)
    if error is None:
        return None
    words = " ".join(str(error).split()) or type(error).__name__
    return words[:300]


def _leaf(owner: asyncio.Task[None]) -> BaseException | None:
    if not owner.done() or owner.cancelled():
        return None
    error = owner.exception()
    return None if error is None else first_of(error)
