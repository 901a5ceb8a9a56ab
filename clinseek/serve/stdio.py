"""One session over stdin and stdout.

The SDK's own transport waits for its reading thread when the process is told to stop, and leaves
stdout to whoever prints. Here the protocol has both streams to itself: file descriptor 1 leads to
stderr from the first moment, and a thread that still waits for a line holds nothing up.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import CancelledError as FutureCancelled
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import anyio
from anyio import to_thread
from mcp import types
from mcp.shared.message import SessionMessage

from clinseek.serve.app import serve_session
from clinseek.serve.service import Opened, Service
from clinseek.serve.session import Limits, Session

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from clinseek.serve.app import Reads, Writes

_CHUNK = 65_536


class Pipes(NamedTuple):
    """The two ends of the protocol, as file descriptors that nothing else knows."""

    reads: int
    writes: int


def take_over_stdio() -> Pipes:
    """Keep stdin and stdout for the protocol; whoever prints from now on prints to stderr."""
    pipes = Pipes(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


def run_stdio(
    service: Service, opened: Opened, limits: Limits, pipes: Pipes, *, underscores: bool = False
) -> None:
    """Serve one session until its client closes stdin, or until SIGTERM or Ctrl-C."""
    anyio.run(partial(_serve, service, opened, limits, pipes, underscores=underscores))


async def _serve(
    service: Service, opened: Opened, limits: Limits, pipes: Pipes, *, underscores: bool
) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_on_signal, tasks.cancel_scope)
        async with _streams(pipes) as streams:
            session = Session(opened, limits)
            await serve_session(service, session, streams, underscores=underscores)
        tasks.cancel_scope.cancel()


async def _cancel_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for _ in received:
            scope.cancel()
            return


@asynccontextmanager
async def _streams(pipes: Pipes) -> AsyncIterator[tuple[Reads, Writes]]:
    """The streams that an MCP server reads and writes, fed from and to the pipes."""
    incoming: MemoryObjectSendStream[SessionMessage | Exception]
    read: Reads
    outgoing: MemoryObjectReceiveStream[SessionMessage]
    write: Writes
    incoming, read = anyio.create_memory_object_stream(0)
    write, outgoing = anyio.create_memory_object_stream(0)
    deliver = partial(_deliver, asyncio.get_running_loop(), incoming)
    threading.Thread(target=_read_lines, args=(pipes.reads, deliver), daemon=True).start()
    async with incoming, read, write, outgoing, anyio.create_task_group() as tasks:
        tasks.start_soon(_write_lines, pipes.writes, outgoing)
        yield read, write
        tasks.cancel_scope.cancel()


def _read_lines(source: int, deliver: Callable[[bytes | None], bool]) -> None:
    """Hand on each line as it comes, then None; returns when nobody takes them any more.

    From the raw descriptor: a thread inside Python's buffered stdin would crash the exit.
    """
    rest = b""
    while chunk := os.read(source, _CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        if not all(deliver(line) for line in lines if line.strip()):
            return
    deliver(None)


def _deliver(
    loop: asyncio.AbstractEventLoop,
    incoming: MemoryObjectSendStream[SessionMessage | Exception],
    line: bytes | None,
) -> bool:
    """Put a line on the event loop and wait until it is taken; False once nobody takes it."""
    handing = _close(incoming) if line is None else incoming.send(_message(line))
    try:
        asyncio.run_coroutine_threadsafe(handing, loop).result()
    except (RuntimeError, FutureCancelled, anyio.ClosedResourceError, anyio.BrokenResourceError):
        handing.close()
        return False
    return True


async def _close(incoming: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    await incoming.aclose()


def _message(line: bytes) -> SessionMessage | Exception:
    try:
        return SessionMessage(types.JSONRPCMessage.model_validate_json(line))
    except ValueError as error:
        return error


async def _write_lines(target: int, outgoing: MemoryObjectReceiveStream[SessionMessage]) -> None:
    async for sent in outgoing:
        line = sent.message.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n"
        # Abandoned when told to stop: a client that reads no more must not hold the process.
        await to_thread.run_sync(_write_all, target, line, abandon_on_cancel=True)


def _write_all(target: int, line: bytes) -> None:
    view = memoryview(line)
    while view:
        view = view[os.write(target, view) :]
