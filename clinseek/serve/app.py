"""A session as an MCP server: the tools' own names and schemas, results, resources, progress."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from langchain_core.utils.function_calling import convert_to_openai_tool
from mcp import types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import McpError
from mcp.shared.message import SessionMessage
from pydantic import AnyUrl

from clinseek import __version__
from clinseek.errors import Refusal
from clinseek.serve.service import Page, Service
from clinseek.serve.session import Evidence, Session, underscored

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

T = TypeVar("T")
Reads = MemoryObjectReceiveStream[SessionMessage | Exception]
Writes = MemoryObjectSendStream[SessionMessage]

EVIDENCE_URI = "clinseek://evidence/"
EVIDENCE_META = "clinseek/evidence"
"""Under this key a result's `_meta` names the evidence that it became."""
EXPIRED_META = "clinseek/expired"
"""True in the `_meta` of a result that only says that the session has expired."""

PROGRESS_SECONDS = 1.0


async def serve_session(
    service: Service,
    session: Session,
    streams: tuple[Reads, Writes],
    *,
    underscores: bool = False,
) -> None:
    """Serve one client until it goes; its case is closed then, or once it has expired."""
    server = server_over(service, session, underscores=underscores)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(session.expire_when_idle)
            await server.run(*streams, server.create_initialization_options())
            tasks.cancel_scope.cancel()
    finally:
        await session.close()


def server_over(
    service: Service, session: Session, *, underscores: bool = False
) -> Server[Any, Any]:
    """The MCP server of one session.

    Handlers are set as they are: the SDK's decorators would check arguments before our tools do,
    and answer with other words than these have in the graph.
    """
    server: Server[Any, Any] = Server(service.name, version=__version__, instructions=service.says)
    listed = [published(tool, service, underscores=underscores) for tool in session.tools.values()]

    async def list_tools(_: types.ListToolsRequest) -> types.ServerResult:
        return types.ServerResult(types.ListToolsResult(tools=listed))

    async def call_tool(request: types.CallToolRequest) -> types.ServerResult:
        asked = request.params
        work = session.call(asked.name, asked.arguments or {})
        entry = await _with_progress(server, asked.name, work)
        return types.ServerResult(result_of(entry, expired=session.expired))

    async def list_resources(_: types.ListResourcesRequest) -> types.ServerResult:
        resources = [_resource(page) for page in session.pages()]
        resources += [_evidence_resource(entry) for entry in session.evidence()]
        return types.ServerResult(types.ListResourcesResult(resources=resources))

    async def list_templates(_: types.ListResourceTemplatesRequest) -> types.ServerResult:
        template = types.ResourceTemplate(
            uriTemplate=f"{EVIDENCE_URI}{{id}}",
            name="evidence",
            description="What a call of this session returned, by its number: E1, E2, ...",
            mimeType="application/json",
        )
        return types.ServerResult(types.ListResourceTemplatesResult(resourceTemplates=[template]))

    async def read_resource(request: types.ReadResourceRequest) -> types.ServerResult:
        content = await _read(session, request.params.uri)
        return types.ServerResult(types.ReadResourceResult(contents=[content]))

    server.request_handlers.update(
        {
            types.ListToolsRequest: list_tools,
            types.CallToolRequest: call_tool,
            types.ListResourcesRequest: list_resources,
            types.ListResourceTemplatesRequest: list_templates,
            types.ReadResourceRequest: read_resource,
        }
    )
    return server


def published(tool: BaseTool, service: Service, *, underscores: bool = False) -> types.Tool:
    """A tool as clients see it: name, description and schema as the graph sends them to a model.

    Without a schema of its output: the SDK's client would check that schema itself before every
    result that it checks by it, which costs as much as the call (4 ms).
    """
    function = convert_to_openai_tool(tool)["function"]
    name: str = function["name"]
    return types.Tool(
        name=underscored(name) if underscores else name,
        description=function["description"],
        inputSchema=function["parameters"],
        annotations=types.ToolAnnotations(
            readOnlyHint=True,
            destructiveHint=False,
            idempotentHint=service.repeatable,
            openWorldHint=service.open_world,
        ),
    )


def result_of(entry: Evidence, *, expired: bool = False) -> types.CallToolResult:
    """What a call returned as an MCP result: text, images, and the structured content."""
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=entry.answered.text)]
    content += [
        types.ImageContent(
            type="image", data=image["base64"], mimeType=image.get("mime_type", "image/png")
        )
        for image in entry.answered.images
    ]
    meta: dict[str, Any] = {}
    if entry.id:
        meta[EVIDENCE_META] = f"{EVIDENCE_URI}{entry.id}"
    if expired:
        meta[EXPIRED_META] = True
    return types.CallToolResult(
        content=content,
        structuredContent=structured(entry),
        isError=entry.answered.origin.refused,
        _meta=meta or None,
    )


def structured(entry: Evidence) -> dict[str, Any]:
    """The structured content of a result: the text, and where it came from.

    `row_ids` are the rows of `table` that the text shows, in its order; `tables` all that were
    read; `refused` is True where the text says what to do instead. What shows a page has `web` in
    their place: cursor, url, title, first and last line, when it was retrieved, sha256.
    """
    origin = entry.answered.origin
    told = {"text": entry.answered.text, "refused": origin.refused}
    if origin.web is not None:
        return {**told, "web": asdict(origin.web)}
    return {
        **told,
        "table": origin.table,
        "row_ids": list(origin.row_ids),
        "tables": list(origin.tables),
    }


async def _with_progress(server: Server[Any, Any], name: str, work: Awaitable[T]) -> T:
    """Await `work`; tell a client that asked for it, each second, that it still goes on."""
    context = server.request_context
    token = context.meta.progressToken if context.meta else None
    if token is None:
        return await work
    begun = time.monotonic()

    async def tell() -> None:
        while True:
            await anyio.sleep(PROGRESS_SECONDS)
            seconds = time.monotonic() - begun
            await context.session.send_progress_notification(
                token,
                seconds,
                message=f"{name}: {seconds:.0f} s",
                related_request_id=str(context.request_id),
            )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tell)
        done = await work
        tasks.cancel_scope.cancel()
    return done


async def _read(session: Session, uri: AnyUrl) -> types.TextResourceContents:
    """A page or a piece of evidence; McpError where there is none."""
    address = str(uri)
    try:
        for entry in session.evidence():
            if address == f"{EVIDENCE_URI}{entry.id}":
                return _contents(
                    uri, json.dumps(_told(entry), ensure_ascii=False), "application/json"
                )
        return _contents(uri, await session.read(address), "text/plain")
    except Refusal as refusal:
        raise McpError(types.ErrorData(code=types.INVALID_PARAMS, message=str(refusal))) from None


def _told(entry: Evidence) -> dict[str, Any]:
    return {
        "id": entry.id,
        "tool": entry.tool,
        "arguments": entry.arguments,
        **structured(entry),
    }


def _contents(uri: AnyUrl, text: str, kind: str) -> types.TextResourceContents:
    return types.TextResourceContents(uri=uri, text=text, mimeType=kind)


def _resource(page: Page) -> types.Resource:
    return types.Resource(
        uri=AnyUrl(page.uri), name=page.name, description=page.says, mimeType="text/plain"
    )


def _evidence_resource(entry: Evidence) -> types.Resource:
    return types.Resource(
        uri=AnyUrl(f"{EVIDENCE_URI}{entry.id}"),
        name=entry.id,
        description=f"What {entry.tool} returned.",
        mimeType="application/json",
    )
