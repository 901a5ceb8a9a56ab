"""One client's session: calls in threads, what they returned, how often, and for how long.

Everything here runs on the event loop but the calls themselves, which block (SQLite) and so run
in threads, a few at once for each session: no session waits for another's.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from anyio import to_thread

from clinseek.errors import ClinseekError, Refusal
from clinseek.serve.service import Opened, Page
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from langchain_core.messages import ToolMessage
    from langchain_core.tools import BaseTool

_LOG = logging.getLogger(__name__)
_MINUTE = 60.0
_HELD_CHARACTERS = 2_000_000
"""How much of earlier calls, asked and answered, is kept as evidence; the oldest gives way."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one session may do. None means without end."""

    calls_a_minute: int | None = None
    idle: float | None = None
    """Seconds without a call after which the case is closed."""
    at_once: int = 4


class Answered(NamedTuple):
    """What a call gave: its text, where that came from, its images as LangChain blocks."""

    text: str
    origin: Observation
    images: tuple[dict[str, Any], ...] = ()


class Evidence(NamedTuple):
    """One call of this session and what it returned."""

    id: str
    tool: str
    arguments: dict[str, Any]
    answered: Answered


@dataclass
class Rate:
    """At most `most` events in any minute; None allows any number."""

    most: int | None
    clock: Callable[[], float] = time.monotonic
    _lately: deque[float] = field(default_factory=deque)

    def wait(self) -> float:
        """Seconds until the next event is allowed; 0.0 when it is, and then it is counted."""
        if self.most is None:
            return 0.0
        now = self.clock()
        while self._lately and now - self._lately[0] >= _MINUTE:
            self._lately.popleft()
        if len(self._lately) >= self.most:
            return _MINUTE - (now - self._lately[0])
        self._lately.append(now)
        return 0.0


class Session:
    """The tools of one open case for one client. Made and used on one event loop."""

    def __init__(
        self, opened: Opened, limits: Limits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self.tools: dict[str, BaseTool] = {tool.name: tool for tool in opened.tools}
        self.expired = False
        self._opened: Opened | None = opened
        self._pages = opened.pages
        self._rate = Rate(limits.calls_a_minute, clock)
        self._room = anyio.CapacityLimiter(limits.at_once)
        self._clock = clock
        self._last_used = clock()
        self._running = 0
        self._numbered = 0
        self._held: dict[int, Evidence] = {}
        self._characters = 0

    async def call(self, name: str, arguments: dict[str, Any]) -> Evidence:
        """Run one tool; what is wrong with the call is told in its text, with `refused`."""
        if (fault := self._fault()) is not None:
            return Evidence("", name, arguments, _refused(fault))
        tool = self._named(name)
        if tool is None:
            known = ", ".join(self.tools)
            told = _refused(f"there is no tool {name[:80]!r} here; tools: {known}")
            return Evidence("", name, arguments, told)
        self._numbered += 1
        number = self._numbered
        with self._busy():
            answered = await self._answered(tool, arguments)
        entry = Evidence(f"E{number}", tool.name, arguments, answered)
        self._keep(number, entry)
        return entry

    async def read(self, uri: str) -> str:
        """The text of a page; Refusal where there is none, or where the session has ended."""
        if (fault := self._fault()) is not None:
            raise Refusal(fault)
        page = self._pages.get(uri)
        if page is None:
            raise Refusal(f"nothing lies at {uri[:200]}; list the resources to see what does")
        with self._busy():
            return await to_thread.run_sync(page.read, limiter=self._room)

    def pages(self) -> list[Page]:
        """The pages that can be read; none once the session has ended."""
        return [] if self.expired else list(self._pages.values())

    def evidence(self) -> list[Evidence]:
        """What this session's calls returned, oldest first, as far as it is still held."""
        return [] if self.expired else [entry for _, entry in sorted(self._held.items())]

    async def expire_when_idle(self) -> None:
        """Wait until nobody has called for `limits.idle` seconds, then free the case."""
        if self.limits.idle is None:
            await anyio.sleep_forever()
            return
        while (left := self._last_used + self.limits.idle - self._clock()) > 0 or self._running:
            await anyio.sleep(max(left, 0.05))
        self.expired = True
        self._held.clear()
        self._characters = 0
        await self.close()

    async def close(self) -> None:
        """Free the case; again does nothing."""
        opened, self._opened = self._opened, None
        if opened is not None:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(opened.close)

    def _fault(self) -> str | None:
        if self.expired:
            return (
                f"this session was not used for {self.limits.idle:g} s, so it expired and its "
                "case was closed; open a new session"
            )
        if wait := self._rate.wait():
            return (
                f"too many calls: a session may make {self.limits.calls_a_minute} a minute; call "
                f"again in {wait:.0f} s"
            )
        return None

    def _named(self, written: str) -> BaseTool | None:
        """The tool of a name, also where the client's host put underscores for dots."""
        if written in self.tools:
            return self.tools[written]
        return next((t for name, t in self.tools.items() if underscored(name) == written), None)

    async def _answered(self, tool: BaseTool, arguments: dict[str, Any]) -> Answered:
        try:
            return answered_by(await self._invoke(tool, arguments))
        except Refusal as refusal:
            return _refused(str(refusal))
        except ClinseekError as error:
            _LOG.error("%s: %s", tool.name, error)
            return _refused(f"{tool.name} cannot work now; the server's log says why")
        except Exception as error:
            # A fault of ours may carry a path or a cell in its words: nobody is told them.
            _LOG.exception("%s failed", tool.name)
            return _refused(f"{tool.name} failed unexpectedly ({type(error).__name__})")

    async def _invoke(self, tool: BaseTool, arguments: dict[str, Any]) -> ToolMessage:
        call = {"name": tool.name, "args": arguments, "id": "call", "type": "tool_call"}
        if getattr(tool, "coroutine", None) is not None:
            message = await tool.ainvoke(call)
        else:
            message = await to_thread.run_sync(partial(tool.invoke, call), limiter=self._room)
        return message  # type: ignore[no-any-return]

    def _keep(self, number: int, entry: Evidence) -> None:
        """Keep what may be read again: of a refused call not what was asked, of none its images."""
        asked = {} if entry.answered.origin.refused else entry.arguments
        kept = entry._replace(arguments=asked, answered=entry.answered._replace(images=()))
        self._held[number] = kept
        self._characters += _characters_of(kept)
        while self._characters > _HELD_CHARACTERS and len(self._held) > 1:
            self._characters -= _characters_of(self._held.pop(min(self._held)))

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """A session cannot expire under a call, and its time begins anew after one."""
        self._running += 1
        self._last_used = self._clock()
        try:
            yield
        finally:
            self._running -= 1
            self._last_used = self._clock()


def underscored(name: str) -> str:
    """A tool's name for hosts that take no dot in one.

    >>> underscored("ehr.load_ehr")
    'ehr_load_ehr'
    """
    return name.replace(".", "_")


def answered_by(message: ToolMessage) -> Answered:
    """A tool message as text, origin and images."""
    content = message.content
    blocks: list[Any] = [content] if isinstance(content, str) else list(content)
    texts = [block if isinstance(block, str) else block.get("text") for block in blocks]
    images = [block for block in blocks if isinstance(block, dict) and block.get("base64")]
    origin = message.artifact
    if not isinstance(origin, Observation):
        origin = Observation(refused=message.status == "error")
    return Answered("\n".join(str(text) for text in texts if text), origin, tuple(images))


def _characters_of(entry: Evidence) -> int:
    return len(entry.answered.text) + len(json.dumps(entry.arguments, default=str))


def _refused(sentence: str) -> Answered:
    return Answered(sentence, Observation(refused=True))
