"""Outside servers in a run: one session each, failures as observations, one new beginning."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from mcp.server.fastmcp import FastMCP

from clinseek.toolkits.observation import Observation
from clinseek.toolkits.outside import OutsideServer, connection
from clinseek.toolkits.outside.session import OutsideSession
from tests.toolkits.outside.servers import COMMAND, PIXEL, listening, wards

Tools = dict[str, BaseTool]


def _in_session(
    servers: Sequence[OutsideServer],
    use: Callable[[OutsideSession, Tools], Awaitable[Any]],
    **options: Any,
) -> Any:
    """What `use` gives, with the tools of a session over the servers."""

    async def run() -> Any:
        session = OutsideSession(servers, **options)
        try:
            tools = {tool.name: tool for tool in await session.tools()}
            return await use(session, tools)
        finally:
            await session.close()

    return asyncio.run(run())


async def _called(tool: BaseTool, **arguments: Any) -> ToolMessage:
    message = await tool.ainvoke(_call(tool, arguments))
    assert isinstance(message, ToolMessage)
    return message


def _call(tool: BaseTool, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": tool.name, "args": arguments, "id": "c1", "type": "tool_call"}


def test_tools_of_a_server_work_under_their_own_names() -> None:
    async def use(session: OutsideSession, tools: Tools) -> None:
        assert (session.absent, session.remarks) == ({}, [])
        loaded = await _called(tools["load_ehr"], subject_id="7", timestamp="2150-03-05")
        assert (loaded.content, loaded.artifact) == ("loaded 7 at 2150-03-05", Observation())
        film = await _called(tools["chest_xray_classifier"], image_path="absent.png")
        assert film.artifact.refused
        sent = convert_to_openai_tool(tools["add"])["function"]
        assert sent["description"] == "Add two numbers."
        assert sent["parameters"]["required"] == ["first"]

    with listening() as server:
        _in_session([OutsideServer(name="wards", url=server.url)], use)


def test_answers_are_text_and_images_and_failures_are_observations() -> None:
    async def use(_: OutsideSession, tools: Tools) -> None:
        film = await _called(tools["picture"])
        assert film.content == [
            {"type": "text", "text": "a film\n[audio, audio/wav: cannot be shown]"},
            {"type": "image", "base64": PIXEL, "mime_type": "image/png"},
        ]
        both = await _called(tools["structured"])
        assert isinstance(both.content, str)
        assert both.content.count('"a"') == 1
        long = await _called(tools["long"], characters=5_000)
        assert "100 of 5,000 characters" in long.text
        failed = await _called(tools["fail"])
        assert failed.artifact == Observation(refused=True)
        assert "the ward is closed" in failed.text
        wrong = await _called(tools["add"], first="many")
        assert wrong.artifact.refused
        assert wrong.text.startswith("add was not called: first: 'many' is not of type 'integer'")

    with listening() as server:
        _in_session([OutsideServer(name="wards", url=server.url, max_chars=100)], use)


def test_a_late_answer_is_an_observation_and_the_server_can_be_asked_again() -> None:
    async def use(_: OutsideSession, tools: Tools) -> None:
        late = await _called(tools["slow"], seconds=300)
        assert late.text.startswith("the server wards did not answer within 3 s")
        assert (await _called(tools["add"], first=1)).content == "2"

    with listening() as server:
        _in_session([OutsideServer(name="wards", url=server.url, timeout=3)], use)


def test_calls_come_from_many_tasks_and_from_threads() -> None:
    async def use(_: OutsideSession, tools: Tools) -> None:
        tool = tools["add"]
        tasks = [asyncio.create_task(_called(tool, first=n)) for n in range(20)]
        sums = [message.content for message in await asyncio.gather(*tasks)]
        assert sums == [str(n + 1) for n in range(20)]
        beside = await asyncio.to_thread(tool.invoke, _call(tool, {"first": 4}))
        assert beside.content == "5"
        with pytest.raises(NotImplementedError, match="ainvoke"):
            tool.invoke(_call(tool, {"first": 4}))

    with listening() as server:
        _in_session([OutsideServer(name="wards", url=server.url)], use)


def test_names_that_collide_get_the_servers_name() -> None:
    async def use(session: OutsideSession, tools: Tools) -> None:
        assert {"one.load_ehr", "add", "two.add", "two.load_ehr"} <= set(tools)
        assert "load_ehr" not in tools
        assert "one: load_ehr is called one.load_ehr here, its name was taken" in session.remarks
        assert "two: add is called two.add here, its name was taken" in session.remarks
        assert (await _called(tools["two.add"], first=2)).content == "3"

    with listening() as server:
        pair = [OutsideServer(name=name, url=server.url) for name in ("one", "two")]
        _in_session(pair, use, taken=["load.ehr"])


def test_a_prefixed_server_gives_the_published_dotted_names() -> None:
    async def use(session: OutsideSession, tools: Tools) -> None:
        assert "image.chest_xray_classifier" in tools
        assert session.remarks == []

    with listening() as server:
        _in_session([OutsideServer(name="image", url=server.url, prefixed=True)], use)


def test_a_server_that_is_not_there_is_absent_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)

    async def use(session: OutsideSession, tools: Tools) -> None:
        assert tools == {}
        assert set(session.absent) == {"web", "cmd", "key", "mute"}
        assert "NO_SUCH_TOKEN is not set" in session.absent["key"]
        assert "no answer within 0.5 s" in session.absent["mute"]

    _in_session(
        [
            OutsideServer(name="web", url="http://127.0.0.1:9/mcp"),
            OutsideServer(name="cmd", command=("/no/such/program",)),
            OutsideServer(name="key", url="http://127.0.0.1:9/mcp", token_env="NO_SUCH_TOKEN"),
            OutsideServer(name="mute", command=("sleep", "60"), opening=0.5),
        ],
        use,
    )


def test_a_server_killed_in_a_call_is_opened_once_more_and_then_gone() -> None:
    async def use(_: OutsideSession, tools: Tools) -> None:
        before = (await _called(tools["process"])).content
        killed = await _called(tools["die"])
        assert killed.artifact.refused
        assert "stopped during this call and was opened again" in killed.text
        after = (await _called(tools["process"])).content
        assert after != before
        again = await _called(tools["die"])
        assert again.text == "the server wards is gone; go on without its tools"
        later = await _called(tools["add"], first=1)
        assert later.artifact == Observation(refused=True)
        assert later.text == again.text

    _in_session([OutsideServer(name="wards", command=COMMAND)], use)


def test_a_server_over_http_that_was_started_anew_is_found_again() -> None:
    async def use(_: OutsideSession, tools: Tools) -> None:
        assert (await _called(tools["add"], first=1)).content == "2"
        await asyncio.to_thread(server.stop)
        with listening(port=server.port):
            assert (await _called(tools["add"], first=2)).content == "3"
        gone = await _called(tools["add"], first=3)
        assert gone.text == "the server wards is gone; go on without its tools"

    with listening() as server:
        _in_session([OutsideServer(name="wards", url=server.url)], use)


def test_a_server_over_http_that_dies_in_a_call_is_noticed_before_the_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_BETWEEN_PINGS", 0.2)
    with listening() as free:
        port = free.port
    process = subprocess.Popen([*COMMAND, str(port)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"listening\n"

    async def use(_: OutsideSession, tools: Tools) -> None:
        died = await _called(tools["die"])
        assert died.text == "the server wards is gone; go on without its tools"

    try:
        server = OutsideServer(name="wards", url=f"http://127.0.0.1:{port}/mcp", timeout=100)
        _in_session([server], use)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_session_ends_in_another_task_than_it_began_and_twice_is_fine() -> None:
    async def run() -> None:
        session = OutsideSession([OutsideServer(name="wards", url=server.url)])
        tools = await asyncio.create_task(session.tools())
        await asyncio.create_task(session.close())
        await session.close()
        closed = await _called(next(tool for tool in tools if tool.name == "add"), first=1)
        assert closed.artifact.refused

    with listening() as server:
        asyncio.run(run())


def test_a_cancelled_run_leaves_no_process_behind() -> None:
    async def run() -> int:
        session = OutsideSession([OutsideServer(name="wards", command=COMMAND)])
        tools = {tool.name: tool for tool in await session.tools()}
        pid = int((await _called(tools["process"])).text)
        running = asyncio.create_task(_called(tools["slow"], seconds=60))
        await asyncio.sleep(0.1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await session.close()
        return pid

    pid = asyncio.run(run())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_tool_whose_name_or_schema_cannot_be_is_left_out_and_said() -> None:
    server = wards()
    server._tool_manager._tools["add"].parameters = {"type": "nonsense"}
    server._tool_manager._tools["fail"].name = "what is this?"

    async def use(session: OutsideSession, tools: Tools) -> None:
        assert "add" not in tools
        assert "wards: 'add' is left out, its schema cannot be read" in session.remarks
        assert any("'what is this?' is left out" in remark for remark in session.remarks)

    with listening(server) as running:
        _in_session([OutsideServer(name="wards", url=running.url)], use)


def test_no_more_tools_and_schemas_are_taken_than_a_model_can_be_sent() -> None:
    server = FastMCP("crowd", log_level="ERROR")
    for number in range(150):
        server.add_tool(lambda: "", name=f"tool_{number:03d}", description="x")
    server._tool_manager._tools["tool_000"].parameters = {"type": "object", "title": "x" * 500_000}

    async def use(session: OutsideSession, tools: Tools) -> None:
        assert sorted(tools) == [f"tool_{number:03d}" for number in range(1, 128)]
        assert session.remarks == [
            "crowd: 22 of 150 tools are left out, from 'tool_128' on: 128 of a server are taken",
            (
                "crowd: 'tool_000' is left out, its schema is too large: 400,000 characters of a "
                "server's are taken"
            ),
        ]

    with listening(server) as running:
        _in_session([OutsideServer(name="crowd", url=running.url)], use)


def test_what_a_server_prints_beside_the_protocol_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    prints = "print('a stray line\\n' * 20, flush=True)\n"
    code = f"{prints}from tests.toolkits.outside.servers import wards\nwards().run('stdio')"

    async def use(_: OutsideSession, tools: Tools) -> None:
        assert (await _called(tools["add"], first=1)).content == "2"

    _in_session([OutsideServer(name="wards", command=(sys.executable, "-c", code))], use)
    said = [record for record in caplog.records if record.name.startswith("mcp.")]
    assert [record.getMessage() for record in said] == [
        "the server wards writes what is no message of MCP; it is skipped"
    ]
    assert not logging.getLogger("mcp.client.stdio").filters
