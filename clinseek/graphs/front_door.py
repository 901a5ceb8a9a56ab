"""What langgraph.json puts before the server: a check of context keys.

The server drops context keys that the graph does not know before the graph sees them; a mistyped
`max_round` would run with 200 rounds and say nothing. Here such a request is refused with 422.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinseek.errors import SettingError
from clinseek.graphs.state import Context
from clinseek.nodes.gate import check_keys

_CHECKED = ("/runs", "/assistants")
_KNOWN = [field.name for field in fields(Context)]


class KnownContextKeys:
    """Refuses a run or an assistant whose context has a key that the graph does not know."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, body and all, or answer it with the sentence."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PATCH"):
            return await self.app(scope, receive, send)
        if not any(part in scope["path"] for part in _CHECKED):
            return await self.app(scope, receive, send)
        body = await _body(receive)
        refused = _refusal(body)
        if refused is not None:
            answer = JSONResponse({"detail": refused}, status_code=422)
            return await answer(scope, receive, send)
        return await self.app(scope, _replayed(body, receive), send)


def _refusal(body: bytes) -> str | None:
    try:
        asked = json.loads(body)
    except ValueError:
        return None  # the server says itself what is wrong with it
    context = asked.get("context") if isinstance(asked, dict) else None
    try:
        check_keys("context", context if isinstance(context, dict) else {}, _KNOWN)
    except SettingError as error:
        return str(error)
    return None


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever the client sends after it (its leaving)."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        message: dict[str, Any] = {"type": "http.request", "body": body, "more_body": False}
        return message

    return again


app = Starlette(middleware=[Middleware(KnownContextKeys)])
"""The application that langgraph.json names; the server hangs its own routes behind it."""
