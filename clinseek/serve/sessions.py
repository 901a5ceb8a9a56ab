"""Many sessions on one server, each bound to its case when it is opened and never again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from anyio import to_thread
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.models import InitializationOptions
from mcp.shared.message import SessionMessage

from clinseek.errors import Refusal, UserError
from clinseek.serve.app import Reads, Writes, serve_session
from clinseek.serve.service import HEADERS, Binding, Opened, Service, read_binding
from clinseek.serve.session import Limits, Rate, Session

_LOG = logging.getLogger(__name__)

opening_headers: ContextVar[Mapping[str, str]] = ContextVar("opening_headers")
"""The headers of the request that opens a session, set where it comes in.

A session's task is started by that request and copies its context, so each session sees its own
headers and no later request can change them.
"""


class Sessions:
    """Runs the sessions of one server: at most `most` with an open case at a time.

    Has the two methods that the SDK's session manager calls on its server. With `binding` every
    session is bound to that case; without, each by the headers of the request that opens it.
    """

    def __init__(
        self,
        service: Service,
        *,
        binding: Binding | None,
        most: int,
        limits: Limits,
        underscores: bool = False,
    ) -> None:
        self._service = service
        self._binding = binding
        self._most = most
        self._limits = limits
        self._underscores = underscores
        self._opening = 0
        self._live: set[Session] = set()
        # An open session costs a case, so opening them is bounded as calls are.
        self._openings = Rate(
            None if limits.calls_a_minute is None else max(most * 4, limits.calls_a_minute)
        )

    @property
    def live(self) -> int:
        """How many sessions have an open case, or are about to."""
        return self._opening + sum(not session.expired for session in self._live)

    def create_initialization_options(self) -> InitializationOptions:
        """What the manager hands to `run`; each session has its own, so this one is not used."""
        return Server[Any, Any](self._service.name).create_initialization_options()

    async def run(
        self,
        read: Reads,
        write: Writes,
        _: InitializationOptions,
        *,
        stateless: bool = False,
    ) -> None:
        """Serve one session from its opening to its end."""
        assert not stateless, "a session keeps its case"
        try:
            opened = await self._open()
        except Refusal as refusal:
            await refuse_session(read, write, str(refusal))
            return
        session = Session(opened, self._limits)
        self._live.add(session)
        try:
            await serve_session(
                self._service, session, (read, write), underscores=self._underscores
            )
        finally:
            self._live.discard(session)

    async def _open(self) -> Opened:
        """The bound case; Refusal with a sentence for the client."""
        binding = self._bound_to(opening_headers.get({}))
        if self.live >= self._most:
            raise Refusal(
                f"{self._most} sessions are open, the most that this server takes; close one or "
                "come back later"
            )
        if wait := self._openings.wait():
            raise Refusal(f"too many sessions were opened lately; try again in {wait:.0f} s")
        self._opening += 1
        try:
            return await to_thread.run_sync(self._service.open, binding)
        except UserError as error:
            _LOG.warning("a session was not opened: %s", error)
            raise Refusal(self._service.sentence(error)) from None
        except Exception:
            _LOG.exception("a session could not be opened")
            raise Refusal("the session could not be opened; the server's log says why") from None
        finally:
            self._opening -= 1

    def _bound_to(self, headers: Mapping[str, str]) -> Binding | None:
        if self._binding is None:
            return read_binding(headers)
        if any(headers.get(name) for name in HEADERS):
            raise Refusal("this server is bound to one case; open sessions without X-Clinseek-*")
        return self._binding


async def refuse_session(read: Reads, write: Writes, sentence: str) -> None:
    """Answer the request that would have opened a session with an error, and nothing after it."""
    async for message in read:
        if isinstance(message, Exception) or not isinstance(
            message.message.root, types.JSONRPCRequest
        ):
            continue
        error = types.JSONRPCError(
            jsonrpc="2.0",
            id=message.message.root.id,
            error=types.ErrorData(code=types.INVALID_PARAMS, message=sentence),
        )
        await write.send(SessionMessage(types.JSONRPCMessage(error)))
        return
