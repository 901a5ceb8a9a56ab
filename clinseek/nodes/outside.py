"""The tools of other MCP servers in one run: opened when first wanted, the same until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.tools import BaseTool

from clinseek.errors import SettingError
from clinseek.graphs.state import CaseBinding
from clinseek.toolkits.outside import OutsideServer, servers_of

if TYPE_CHECKING:
    from clinseek.toolkits.outside.session import OutsideSession


class Outside(NamedTuple):
    """Outside tools by name, servers that are absent with the reason, and what is to be said."""

    tools: Mapping[str, BaseTool]
    absent: Mapping[str, str]
    remarks: tuple[str, ...]


NOTHING_OUTSIDE = Outside({}, {}, ())


class OpenedOutside:
    """The session of one run with its outside servers; several calls may ask for it at once."""

    def __init__(self) -> None:
        self._session: OutsideSession | None = None
        self._opening: asyncio.Task[list[BaseTool]] | None = None

    async def tools(
        self,
        table: Mapping[str, Any],
        *,
        taken: Iterable[str],
        binding: CaseBinding,
        commands: bool,
    ) -> Outside:
        """What the servers of `table` offer, beside the names that are `taken`."""
        if self._opening is None or self._session is None:
            self._session = _session(table, taken=taken, binding=binding, commands=commands)
            self._opening = asyncio.create_task(self._session.tools())
        # A call that is cancelled must not take the session from the others.
        offered = await asyncio.shield(self._opening)
        return Outside(
            {tool.name: tool for tool in offered},
            dict(self._session.absent),
            tuple(self._session.remarks),
        )

    async def close(self) -> None:
        """End the session, and the processes that were started for it."""
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def read_servers(table: Mapping[str, Any], *, commands: bool) -> tuple[OutsideServer, ...]:
    """The servers of a run's `mcp` table; SettingError for one that cannot be, or may not."""
    servers = servers_of(table)
    for server in servers:
        if server.command and not commands:
            raise SettingError(
                f"mcp: {server.name} is a command, and a graph that is served starts none; start "
                "it yourself and name its URL"
            )
    return servers


def _session(
    table: Mapping[str, Any], *, taken: Iterable[str], binding: CaseBinding, commands: bool
) -> OutsideSession:
    try:
        from clinseek.toolkits.outside.session import OutsideSession
    except ModuleNotFoundError as error:
        raise SettingError(
            f"outside servers need the package {error.name}; pip install 'clinseek[mcp]'"
        ) from error
    case = (
        None
        if binding["subject_id"] is None
        else {name: binding[name] for name in ("subject_id", "cutoff", "profile")}
    )
    return OutsideSession(read_servers(table, commands=commands), taken=taken, case=case)
