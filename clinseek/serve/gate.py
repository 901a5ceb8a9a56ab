"""What every HTTP request passes before it reaches a session: Host, Origin, token.

A web page that the user has open can send requests to this machine, under a name that it made
point here (DNS rebinding); it cannot choose the Host and Origin that its browser sends.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp.types import InitializeRequestParams, JSONRPCRequest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from clinseek.errors import SettingError
from clinseek.serve.service import HEADERS
from clinseek.serve.sessions import opening_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SESSION = "mcp-session-id"
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_SCHEMES = ("http", "https")
_SHORTEST_TOKEN = 16
_OPEN_FIRST = (
    "no session is named, and this request opens none: POST an initialize request first, as JSON, "
    "with Accept: application/json, text/event-stream"
)
LARGEST_BODY = 1_000_000
"""Bytes of one request: a long SQL statement has 100,000."""
_TOO_LARGE = f"the body is larger than {LARGEST_BODY:,} bytes"
_SURELY_READ = 200
"""Python reads as many brackets within each other, whatever has been called before."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def hosts_of(host: str, port: int, *, also: Sequence[str] = ()) -> list[str]:
    """The Host headers that a server at `host` and `port` answers to.

    >>> hosts_of("127.0.0.1", 5003)
    ['127.0.0.1:5003', 'localhost:5003', '[::1]:5003']
    """
    names = list(_LOOPBACK_NAMES)
    if not is_loopback(host):
        names += [f"[{host}]" if ":" in host else host, socket.gethostname(), *also]
    return [f"{name}:{port}" for name in dict.fromkeys(names)] + list(also)


def read_token(file: Path | None) -> str | None:
    """The token in a file; SettingError where it is unreadable, empty, or easily guessed."""
    if file is None:
        return None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise SettingError(f"--token-file {file}: cannot read the file ({reason})") from None
    except UnicodeDecodeError:
        raise SettingError(f"--token-file {file}: the file is no UTF-8 text") from None
    if not token:
        raise SettingError(f"--token-file {file} is empty; write a token into it")
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or len(token.split()) > 1:
        raise SettingError(
            f"--token-file {file}: a token is one line of at least {_SHORTEST_TOKEN} ASCII "
            "characters without spaces; make one with: openssl rand -hex 32"
        )
    return token


async def _body_of(request: Request, receive: Receive) -> list[Message] | None:
    """The messages of a body; None where it says, or turns out, to be larger than is read."""
    if request.method != "POST":
        return []
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        return None
    return await _received(receive)


async def _received(receive: Receive) -> list[Message] | None:
    """The messages of a body; None as soon as it is larger than any that is read."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return messages


def _twice(request: Request) -> PlainTextResponse | None:
    """The answer where a header that decides stands twice: of two, others may read the other."""
    for name in ("host", "origin", "authorization", _SESSION, *HEADERS):
        if len(request.headers.getlist(name)) > 1:
            return PlainTextResponse(f"the header {name} stands twice", status_code=400)
    return None


def _too_deep(body: bytes) -> bool:
    """Whether a body is nested more deeply than Python reads: the SDK calls that its own fault."""
    if body.count(b"[") + body.count(b"{") < _SURELY_READ:
        return False
    try:
        json.loads(body)
    except RecursionError:
        return True
    except ValueError:
        return False
    return False


def _opens_session(request: Request, body: list[Message]) -> bool:
    """Whether a request is one that opens a session; the SDK opens one for any that names none.

    A session holds a case and stays until it is idle, so that fifty that can never be used would
    keep all others out.
    """
    kinds = [kind.strip() for kind in request.headers.get("accept", "").split(",")]
    takes_both = all(
        any(kind.startswith(needed) for kind in kinds)
        for needed in ("application/json", "text/event-stream")
    )
    if request.method != "POST" or not takes_both:
        return False
    if not request.headers.get("content-type", "").startswith("application/json"):
        return False
    try:
        asked = JSONRPCRequest.model_validate_json(b"".join(each.get("body", b"") for each in body))
        InitializeRequestParams.model_validate(asked.params)
    except ValueError:
        return False
    return asked.method == "initialize"


def _again(messages: list[Message], receive: Receive) -> Receive:
    """A `receive` that gives these messages first."""
    left = iter(messages)

    async def replay() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return replay


class Gate:
    """An ASGI application before another: what does not pass is answered here."""

    def __init__(self, inner: ASGIApp, *, hosts: Sequence[str], token: str | None) -> None:
        self._inner = inner
        self._token = token
        self._security = TransportSecurityMiddleware(
            TransportSecuritySettings(
                allowed_hosts=list(hosts),
                allowed_origins=[f"{scheme}://{host}" for host in hosts for scheme in _SCHEMES],
            )
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through; what opens a session leaves its headers."""
        request = Request(scope, receive)
        refused = await self._security.validate_request(request, is_post=request.method == "POST")
        refused = refused or self._unauthorised(request) or _twice(request)
        if refused is not None:
            await refused(scope, receive, send)
            return
        body = await _body_of(request, receive)
        if body is None:
            # Answered here: how much of it has come by now must not decide what is said of it.
            too_large = PlainTextResponse(_TOO_LARGE, status_code=413)
            await too_large(scope, receive, send)
            return
        if _too_deep(b"".join(message.get("body", b"") for message in body)):
            too_deep = PlainTextResponse("the body is nested too deeply", status_code=400)
            await too_deep(scope, receive, send)
            return
        if _SESSION not in request.headers:
            if not _opens_session(request, body):
                first = PlainTextResponse(_OPEN_FIRST, status_code=400)
                await first(scope, receive, send)
                return
            asked = {name: request.headers[name] for name in HEADERS if name in request.headers}
            opening_headers.set(asked)
        await self._inner(scope, _again(body, receive), send)

    def _unauthorised(self, request: Request) -> Response | None:
        if self._token is None:
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._token.encode())
        if scheme.lower() == "bearer" and right:
            return None
        return PlainTextResponse(
            "this server wants its token: Authorization: Bearer TOKEN",
            status_code=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
