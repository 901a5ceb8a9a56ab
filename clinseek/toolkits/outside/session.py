"""The outside servers of one run, and their tools as LangChain tools."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jsonschema.protocols import Validator
from langchain_core.tools import BaseTool
from mcp.shared.exceptions import McpError
from pydantic import ConfigDict

from clinseek.errors import Refusal
from clinseek.toolkits.observation import Observation
from clinseek.toolkits.outside.arguments import checked, validator_of
from clinseek.toolkits.outside.connection import (
    CallTimedOutError,
    Connection,
    ConnectionLostError,
)
from clinseek.toolkits.outside.content import Content, cut, said

if TYPE_CHECKING:
    from mcp.types import CallToolResult, Tool

    from clinseek.toolkits.outside.server import OutsideServer

_TOOL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_LONGEST_DESCRIPTION = 4_000
_MOST_TOOLS = 128
"""Of one server; hosts of models take no more in a request."""
_LARGEST_SCHEMAS = 400_000
"""Characters of the schemas of one server: they go along with every request to a model."""

_NO_NAME = "its name is taken or is no name"
_UNREADABLE = "its schema cannot be read"
_TOO_LARGE = f"its schema is too large: {_LARGEST_SCHEMAS:,} characters of a server's are taken"


class Named(NamedTuple):
    """A server's tool under the name that it has in the run."""

    name: str
    tool: Tool


class Line:
    """The line to one server: opened again once when it breaks, then given up for the run."""

    def __init__(self, server: OutsideServer, *, case: Mapping[str, str] | None) -> None:
        self.server = server
        self.loop = asyncio.get_running_loop()
        self._case = case
        self._connection: Connection | None = None
        self._opened_again = False
        self._mending = asyncio.Lock()

    async def open(self) -> list[Tool]:
        """The server's tools; ConnectionLostError saying why it cannot be reached."""
        connection = Connection(self.server, case=self._case)
        tools = await connection.open()
        self._connection = connection
        return tools

    async def call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        """One call; Refusal with a sentence for the model when it has no result."""
        connection = self._connection
        if connection is None:
            raise Refusal(self._gone())
        try:
            return await connection.call(tool, arguments)
        except CallTimedOutError:
            raise Refusal(
                f"the server {self.server.name} did not answer within {self.server.timeout:g} s; "
                "ask for less, or go on without it"
            ) from None
        except ConnectionLostError as lost:
            if not await self._mended(connection):
                raise Refusal(self._gone()) from None
            if not lost.sent:
                return await self.call(tool, arguments)
            raise Refusal(
                f"the server {self.server.name} stopped during this call and was opened again; "
                "call again if the answer is still needed"
            ) from None

    async def close(self) -> None:
        """Close the line; again does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _mended(self, broken: Connection) -> bool:
        """Whether the server can be called again, after one attempt in the whole run."""
        async with self._mending:
            if self._connection is not broken:
                return self._connection is not None
            self._connection = None
            await broken.close()
            if self._opened_again:
                return False
            self._opened_again = True
            try:
                await self.open()
            except ConnectionLostError:
                return False
            return True

    def _gone(self) -> str:
        return f"the server {self.server.name} is gone; go on without its tools"


class OutsideTool(BaseTool):
    """One tool of an outside server. Whatever goes wrong is an observation, never an exception."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    remote_name: str
    line: Line
    validator: Validator

    async def _arun(self, /, *unnamed: Any, **given: Any) -> tuple[Content, Observation]:
        server = self.line.server
        try:
            if unnamed:
                raise Refusal(f"{self.name} takes its arguments by name")
            arguments = checked(self.name, given, self.validator)
            result = await self.line.call(self.remote_name, arguments)
            return said(result, max_chars=server.max_chars, same_case=server.bind)
        except Refusal as refusal:
            return str(refusal), Observation(refused=True)
        except McpError as error:
            why = cut(error.error.message, server.max_chars)
            return f"{self.name}: {why}", Observation(refused=True)
        except Exception as error:  # what an outside server sends must not cost the run
            return (
                f"{self.name} gave an answer that cannot be read ({type(error).__name__}); "
                "go on without it"
            ), Observation(refused=True)

    def _run(self, /, *unnamed: Any, **given: Any) -> tuple[Content, Observation]:
        """The same from a thread beside the event loop on which the session lives."""
        if _running_loop() is self.line.loop:
            raise NotImplementedError(f"{self.name} is awaited on its event loop: use ainvoke")
        work = self._arun(*unnamed, **given)
        return asyncio.run_coroutine_threadsafe(work, self.line.loop).result()


class OutsideSession:
    """The outside servers of one run: one session with each, from `tools` until `close`.

    `taken` are the names that the run's own tools have. `case` holds `subject_id`, `cutoff` and
    `profile` of the run, for servers that are to be bound to it.
    """

    def __init__(
        self,
        servers: Sequence[OutsideServer],
        *,
        taken: Iterable[str] = (),
        case: Mapping[str, object] | None = None,
    ) -> None:
        self.absent: dict[str, str] = {}
        self.remarks: list[str] = []
        self._servers = servers
        self._taken = frozenset(map(_folded, taken))
        self._case = None if case is None else {key: str(value) for key, value in case.items()}
        self._lines: list[Line] = []
        self._tools: list[BaseTool] | None = None

    async def tools(self) -> list[BaseTool]:
        """The tools of every server that could be opened; the same ones when asked again.

        Servers that could not be are in `absent` with the reason; `remarks` says which tools have
        another name here than on their server, and which were left out.
        """
        if self._tools is None:
            lines = [Line(server, case=self._case) for server in self._servers]
            try:
                listed = await asyncio.gather(*(self._listed(line) for line in lines))
            except BaseException:
                await self.close()
                raise
            used = set(self._taken)
            self._tools = [
                tool
                for line, offered in zip(lines, listed, strict=True)
                for tool in self._named(line, offered, used)
            ]
        return list(self._tools)

    async def close(self) -> None:
        """Close every session, and end the processes that were started; again does nothing."""
        lines, self._lines = self._lines, []
        await asyncio.gather(*(line.close() for line in lines))

    async def _listed(self, line: Line) -> list[Tool]:
        try:
            offered = await line.open()
        except ConnectionLostError as error:
            self.absent[line.server.name] = f"the server cannot be reached: {error}"
            return []
        self._lines.append(line)
        by_name = sorted(offered, key=lambda tool: tool.name)
        if left := by_name[_MOST_TOOLS:]:
            self.remarks.append(
                f"{line.server.name}: {len(left):,} of {len(offered):,} tools are left out, from "
                f"{left[0].name[:80]!r} on: {_MOST_TOOLS} of a server are taken"
            )
        return by_name[:_MOST_TOOLS]

    def _named(self, line: Line, offered: Sequence[Tool], used: set[str]) -> list[BaseTool]:
        """The tools of one server under names that nothing else in the run has."""
        made: list[BaseTool] = []
        room = _LARGEST_SCHEMAS
        for tool in offered:
            size = len(json.dumps(tool.inputSchema))
            name = _free_name(tool.name, line.server, used)
            validator = validator_of(tool.inputSchema) if size <= room else None
            if name is None or validator is None:
                why = _NO_NAME if name is None else _UNREADABLE if size <= room else _TOO_LARGE
                self.remarks.append(f"{line.server.name}: {tool.name[:80]!r} is left out, {why}")
                continue
            if name != tool.name and not line.server.prefixed:
                self.remarks.append(
                    f"{line.server.name}: {tool.name} is called {name} here, its name was taken"
                )
            used.add(_folded(name))
            room -= size
            made.append(_tool(Named(name, tool), line, validator))
        return made


def _tool(named: Named, line: Line, validator: Validator) -> OutsideTool:
    described = named.tool.description or named.tool.title or named.tool.name
    return OutsideTool(
        name=named.name,
        description=cut(described, _LONGEST_DESCRIPTION),
        args_schema=_parameters(named.tool.inputSchema),
        remote_name=named.tool.name,
        line=line,
        validator=validator,
    )


def _parameters(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The server's schema as hosts of models take it: an object with properties."""
    return {"type": "object", "properties": {}, **schema}


def _free_name(name: str, server: OutsideServer, used: set[str]) -> str | None:
    """The name of a tool in the run: its own, else with the server's before it; None if neither."""
    long = f"{server.name}.{name}"
    for wanted in (long,) if server.prefixed else (name, long):
        if _TOOL_NAME.fullmatch(wanted) and _folded(wanted) not in used:
            return wanted
    return None


def _folded(name: str) -> str:
    """Names that hosts of models may not tell apart, as one: some take no dot."""
    return name.replace(".", "_").lower()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
