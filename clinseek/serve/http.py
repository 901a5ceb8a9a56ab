"""Many sessions over Streamable HTTP, behind the gate."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.routing import Route

from clinseek.errors import SettingError
from clinseek.serve.gate import LARGEST_BODY, Gate, hosts_of, is_loopback

if TYPE_CHECKING:
    from clinseek.serve.sessions import Sessions

PATH = "/mcp"
_GRACE = 2
_CONNECTIONS = 32
"""For each session: its stream, and one for every call that its client makes at once."""
_BACKLOG = 256


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a server listens and whom it lets in."""

    host: str = "127.0.0.1"
    port: int = 5003
    token: str | None = None
    allow_hosts: tuple[str, ...] = ()

    def check(self) -> None:
        """SettingError for a host that others can reach and that no token guards."""
        if self.token is None and not is_loopback(self.host):
            raise SettingError(
                f"--host {self.host} can be reached from other machines, so it needs "
                "--token-file; without one, serve on 127.0.0.1"
            )


def listen(door: Door) -> socket.socket:
    """A listening socket at the door; SettingError where its address cannot be had."""
    door.check()
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((door.host.strip("[]"), door.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise SettingError(_why_not(door, error)) from None
    return listening


def run_http(
    sessions: Sessions,
    door: Door,
    listening: socket.socket,
    *,
    most: int,
    idle: float | None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve sessions on the socket until SIGTERM, or Ctrl-C (KeyboardInterrupt).

    `ready` is called when either stops it, whatever it is at.
    """
    server = served_by(sessions, door, listening, most=most, idle=idle)
    with _stopped_by_signals(server):
        ready()
        server.run(sockets=[listening])


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Within it SIGTERM and Ctrl-C stop the server; KeyboardInterrupt at its end for the latter.

    Uvicorn hears them only once it serves, and Python loses an interrupt that falls into the
    imports before. Once it has stopped it sends itself the signal again, by which the process would
    die without closing what others have open.
    """
    heard: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        heard.append(number)
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signal.SIGINT in heard:
        raise KeyboardInterrupt


def served_by(
    sessions: Sessions, door: Door, listening: socket.socket, *, most: int, idle: float | None
) -> uvicorn.Server:
    """The HTTP server over `sessions`; its `run` and `serve` take the socket.

    A session's case is closed after `idle` seconds without a call; the session itself is forgotten
    when nothing at all came from its client for twice as long.
    """
    manager = StreamableHTTPSessionManager(
        cast("Server[Any, Any]", sessions),
        session_idle_timeout=None if idle is None else idle * 2,
        max_request_body_size=LARGEST_BODY,
        max_sessions=most * 4,
    )
    port: int = listening.getsockname()[1]
    gate = Gate(
        manager.handle_request,
        hosts=hosts_of(door.host, port, also=door.allow_hosts),
        token=door.token,
    )

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    app = Starlette(routes=[Route(PATH, endpoint=gate)], lifespan=running)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=most * _CONNECTIONS + 32,
            timeout_graceful_shutdown=_GRACE,
            ws="none",
        )
    )


def address_of(door: Door, listening: socket.socket) -> str:
    """The URL that clients are given."""
    host = f"[{door.host}]" if ":" in door.host else door.host
    return f"http://{host}:{listening.getsockname()[1]}{PATH}"


def _why_not(door: Door, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {door.port} on {door.host} is taken; choose another --port, or 0 for any"
    if error.errno == errno.EACCES:
        return f"port {door.port} may not be used by you; choose a --port above 1023"
    reason = (error.strerror or str(error)).lower()
    return f"cannot listen on --host {door.host} --port {door.port} ({reason}); name another"
