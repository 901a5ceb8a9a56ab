"""Clients that others wrote, and ours: each finds the tools and gets the same answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.client.transports.base import ClientTransport
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.sessions import StreamableHttpConnection
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp import ClientSession
from mcp.shared.memory import create_client_server_memory_streams

from clinseek.serve.app import serve_session
from clinseek.serve.ehr import EhrService
from clinseek.serve.service import Binding
from clinseek.serve.session import Limits, Session
from clinseek.toolkits.ehr.tools.schemas import ehr_tool_schemas
from clinseek.toolkits.outside import OutsideServer
from clinseek.toolkits.outside.session import OutsideSession
from tests.serve.serving import END, Served, bound, eventually, serving

NAMES = [schema["function"]["name"] for schema in ehr_tool_schemas()]
LATEST = {"table_name": "labevents", "limit": 3}


class InMemory(ClientTransport):
    """A session of ours as fastmcp's client connects to one, without a wire."""

    def __init__(self, service: EhrService, binding: Binding) -> None:
        self._service, self._binding = service, binding

    @asynccontextmanager
    async def connect_session(self, **options: Any) -> AsyncIterator[ClientSession]:
        session = Session(self._service.open(self._binding), Limits())
        async with (
            create_client_server_memory_streams() as (ours, theirs),
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(serve_session, self._service, session, theirs)
            async with ClientSession(*ours, **options) as client:
                yield client
            tasks.cancel_scope.cancel()


async def _asked_by_fastmcp(transport: ClientTransport, subject: int) -> None:
    async with Client(transport) as client:
        assert [tool.name for tool in await client.list_tools()] == NAMES
        result = await client.call_tool("ehr.load_ehr", {})
        assert result.structured_content is not None
        assert f"subject_id {subject} " in result.structured_content["text"]
        (page,) = await client.read_resource("clinseek://evidence/E1")
        assert "ehr.load_ehr" in getattr(page, "text", "")


def test_fastmcps_client_in_memory_and_over_http(service: EhrService, subjects: list[int]) -> None:
    asyncio.run(_asked_by_fastmcp(InMemory(service, Binding(subjects[0], END)), subjects[0]))
    with serving(service) as server:
        transport = StreamableHttpTransport(server.url, headers=bound(subjects[1]))
        asyncio.run(_asked_by_fastmcp(transport, subjects[1]))


def test_langchains_adapters_over_http(service: EhrService, subjects: list[int]) -> None:
    async def run(url: str) -> None:
        wired = StreamableHttpConnection(
            transport="streamable_http", url=url, headers=dict(bound(subjects[0]))
        )
        client = MultiServerMCPClient({"ehr": wired})
        async with client.session("ehr") as session:
            tools = {tool.name: tool for tool in await load_mcp_tools(session)}
            assert list(tools) == NAMES
            message = await tools["ehr.load_ehr"].ainvoke(
                {"name": "ehr.load_ehr", "args": {}, "id": "1", "type": "tool_call"}
            )
            assert f"subject_id {subjects[0]} " in message.text

    with serving(service) as server:
        asyncio.run(run(server.url))


def test_our_own_client_opens_the_runs_case_and_keeps_where_rows_came_from(
    service: EhrService, subjects: list[int]
) -> None:
    async def run(url: str) -> None:
        server = OutsideServer(name="far", url=url, bind=True, prefixed=True)
        case = {"subject_id": subjects[0], "cutoff": END, "profile": "available"}
        session = OutsideSession([server], taken=NAMES, case=case)
        tools = {tool.name: tool for tool in await session.tools()}
        assert list(tools) == sorted(f"far.{name}" for name in NAMES)
        name = "far.ehr.get_latest_records"
        message = await tools[name].ainvoke(
            {"name": name, "args": LATEST, "id": "1", "type": "tool_call"}
        )
        assert message.artifact.table == "labevents"
        assert len(message.artifact.row_ids) == 3
        await session.close()

    with serving(service) as server:
        asyncio.run(run(server.url))


def test_our_own_client_opens_an_expired_session_anew(
    service: EhrService, subjects: list[int]
) -> None:
    async def run(served: Served) -> None:
        server = OutsideServer(name="far", url=served.url, bind=True)
        case = {"subject_id": subjects[0], "cutoff": END, "profile": "available"}
        session = OutsideSession([server], case=case)
        tools = {tool.name: tool for tool in await session.tools()}
        assert await asyncio.to_thread(eventually, lambda: served.sessions.live == 0)
        message = await tools["ehr.load_ehr"].ainvoke(
            {"name": "ehr.load_ehr", "args": {}, "id": "1", "type": "tool_call"}
        )
        assert f"subject_id {subjects[0]} " in message.text
        await session.close()

    with serving(service, limits=Limits(idle=2)) as server:
        asyncio.run(run(server))


def test_nothing_of_the_patient_goes_to_a_server_that_is_not_to_be_bound(
    service: EhrService, subjects: list[int]
) -> None:
    async def run(url: str) -> None:
        case = {"subject_id": subjects[0], "cutoff": END, "profile": "available"}
        session = OutsideSession([OutsideServer(name="far", url=url)], case=case)
        assert await session.tools() == []
        assert "a session needs its patient and moment" in session.absent["far"]
        await session.close()

    with serving(service) as server:
        asyncio.run(run(server.url))
