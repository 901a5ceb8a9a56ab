"""A scripted OpenAI-compatible server on loopback, for tests and benchmarks.

    with ChatServer(answer("hello"), refused(429, retry_after=1), answer("again")) as chat:
        model = build_model(chat.spec)

It gives its replies in turn, the last one for ever, and keeps what it was asked:

    ChatServer(*script, ...)   replies: what `answer` makes (streamed where the request asks for
                               it), a status, a Reply, or a function of the request's body
        .spec  .url            `openai:tiny@http://127.0.0.1:PORT/v1`, and the address alone
        .restart(*script)      begins another script
        .requests              the bodies of the chat requests, in their order
        .headers               the headers of each
        .connections           how many connections were opened; .at_once the most requests at once
        .listing               what GET /v1/models gives: names, a whole body, or a Reply
    answer(text, calls, ...)   a completion; calls as (wire name, arguments as text)
    refused(status, message)   an error in OpenAI's form, with Retry-After
    Reply(...)                 anything else: delays, stalls, cut streams, raw events, any body

Options: `delay` seconds before each reply; `storm` the share of requests that get 429 (seeded, so
that a run can be repeated), with `retry_after`; `key` the only key that is accepted; `strict`
refuses what OpenAI refuses: dots in names, images outside user turns, calls without an answer,
arguments that are no object.

It runs in one thread with an event loop of its own and carries hundreds of requests at once.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from threading import Thread
from types import TracebackType
from typing import Self

from tests.models.replies import Body, Reply, Scripted, answer, events_of, refused
from tests.models.strictness import fault_in

__all__ = ["Body", "ChatServer", "Reply", "Scripted", "answer", "refused"]

_TLS = b"\x16"


class ChatServer:
    """The server; see the module."""

    def __init__(
        self,
        *script: Scripted,
        delay: float = 0.0,
        storm: float = 0.0,
        retry_after: float | None = None,
        key: str | None = None,
        strict: bool = False,
        listing: Sequence[str] | Body | Reply = ("tiny",),
    ) -> None:
        self.script: list[Scripted] = list(script)
        self.requests: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.at_once = 0
        self.delay, self.storm, self.retry_after = delay, storm, retry_after
        self.key, self.strict, self.listing = key, strict, listing
        self._dice = random.Random(7)
        self._given = 0
        self._busy = 0
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        listening = asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        self._server = self._loop.run_until_complete(listening)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def spec(self) -> str:
        return f"openai:tiny@{self.url}"

    def restart(self, *script: Scripted) -> None:
        """Begin another script; what was asked so far is kept."""
        self.script, self._given = list(script), 0

    def close(self) -> None:
        """Stop listening and drop every connection."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def _stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while await self._served(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; whether the connection goes on."""
        first = await reader.readexactly(1)
        if first == _TLS:  # a client that was told https
            writer.write(_head(400, {"content-length": "0"}))
            await writer.drain()
            return False
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        sent = await reader.readexactly(int(headers.get("content-length", 0)))
        self._busy += 1
        self.at_once = max(self.at_once, self._busy)
        try:
            reply, body = self._reply(head[0], headers, sent)
            await asyncio.sleep(reply.delay + self.delay)
            return await _give(writer, reply, streamed=bool(body.get("stream")))
        finally:
            self._busy -= 1

    def _reply(self, line: str, headers: dict[str, str], sent: bytes) -> tuple[Reply, Body]:
        method, path, _ = line.split(" ")
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return refused(401, "Incorrect API key provided"), {}
        if (method, path) == ("GET", "/v1/models"):
            return _listed(self.listing), {}
        if (method, path) != ("POST", "/v1/chat/completions"):
            return Reply(status=404, body={"detail": "Not Found"}), {}
        body: Body = json.loads(sent)
        self.requests.append(body)
        self.headers.append(headers)
        fault = fault_in(body) if self.strict else None
        if fault is not None:
            return refused(400, fault), body
        if self._dice.random() < self.storm:
            return refused(429, "too many requests", retry_after=self.retry_after), body
        scripted = self.script[min(self._given, len(self.script) - 1)]
        self._given += 1
        return _as_reply(scripted(body) if callable(scripted) else scripted), body


def _as_reply(scripted: Body | int | Reply) -> Reply:
    if isinstance(scripted, int):
        return refused(scripted)
    return scripted if isinstance(scripted, Reply) else Reply(body=scripted)


def _listed(listing: Sequence[str] | Body | Reply) -> Reply:
    if isinstance(listing, Reply):
        return listing
    if isinstance(listing, dict):
        return Reply(body=listing)
    entries = [{"id": name, "object": "model", "owned_by": "vllm"} for name in listing]
    return Reply(body={"object": "list", "data": entries})


async def _give(writer: asyncio.StreamWriter, reply: Reply, *, streamed: bool) -> bool:
    events = reply.events
    body = reply.body
    whole = isinstance(body, dict) and body.get("object") == "chat.completion"
    if events is None and streamed and whole:
        events = list(events_of(body))
    if events is not None:
        return await _stream(writer, reply, events)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json", **reply.headers, "content-length": str(len(sent))}
    writer.write(_head(reply.status, given))
    await _silence(writer, reply.stall)
    writer.write(sent if reply.cut_after is None else sent[: reply.cut_after])
    await writer.drain()
    return reply.cut_after is None


async def _stream(writer: asyncio.StreamWriter, reply: Reply, events: Sequence[str]) -> bool:
    chunked = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
    writer.write(_head(reply.status, {**chunked, **reply.headers}))
    for at, event in enumerate(events):
        if at == reply.cut_after:
            await writer.drain()
            return False
        _chunk(writer, f"data: {event}\n\n".encode())
        if at == 0:
            await _silence(writer, reply.stall)
    _chunk(writer, b"")
    await writer.drain()
    return True


async def _silence(writer: asyncio.StreamWriter, seconds: float) -> None:
    if seconds:
        await writer.drain()
        await asyncio.sleep(seconds)


def _chunk(writer: asyncio.StreamWriter, piece: bytes) -> None:
    writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Scripted",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
