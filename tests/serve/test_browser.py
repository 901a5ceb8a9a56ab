"""`clinseek serve browser`: the web over MCP, without a store, a stack of pages a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession
from mcp.shared.exceptions import McpError

from clinseek.cli import main
from clinseek.graphs.state import Context
from clinseek.nodes.webs import Webs, guards_over, web_choice
from clinseek.serve.browser import BrowserService
from clinseek.toolkits.browser import browser_tool_schemas
from tests.serve.serving import bound, over_http, serving, text_of
from tests.serve.test_many_sessions import INITIALIZE

SEARCH: dict[str, Any] = {"query": "high potassium", "topn": 2}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("CLINSEEK_HOME", str(place))
    for name in ("", "_BACKEND", "_CORPUS", "_ARCHIVE", "_DENY"):
        monkeypatch.delenv(f"CLINSEEK_WEB{name}", raising=False)
    return place


@pytest.fixture
def service() -> Iterator[BrowserService]:
    choice, webs = web_choice(Context()), Webs()
    with webs.held():
        reader = webs.reader(choice, guards_over(None, choice))
        yield BrowserService(reader, webs.threads(), leaves=False, most_calls=3)


async def _browse(session: ClientSession) -> list[Any]:
    return [
        await session.call_tool("browser.search", SEARCH),
        await session.call_tool("browser_open", {"id": "0"}),
        await session.call_tool("browser.find", {"pattern": "hyperkalaemia"}),
        await session.call_tool("browser.find", {"pattern": "hyperkalaemia"}),
    ]


def test_each_session_has_its_own_cursors_and_its_calls_are_counted(
    service: BrowserService,
) -> None:
    with serving(service) as running:
        for _ in range(2):
            searched, opened, found, refused = over_http(running.url, {}, _browse)

            assert text_of(searched).count("†") >= 2
            web = opened.structuredContent["web"]
            assert (web["cursor"], web["kind"]) == (1, "page")
            assert web["url"].startswith("corpus://demo/")
            assert found.structuredContent["web"]["cursor"] == 2
            assert refused.isError
            assert "no browser calls are left" in text_of(refused)


def test_the_tools_are_published_as_the_graph_has_them(service: BrowserService) -> None:
    async def listed(session: ClientSession) -> Any:
        return (await session.list_tools()).tools

    with serving(service) as running:
        tools = over_http(running.url, {}, listed)

    assert {tool.name: tool.inputSchema for tool in tools} == {
        schema["function"]["name"]: schema["function"]["parameters"]
        for schema in browser_tool_schemas()
    }
    assert not any(tool.annotations.openWorldHint for tool in tools)
    assert not any(tool.annotations.idempotentHint for tool in tools)


def test_a_session_that_brings_a_patient_is_not_opened(service: BrowserService) -> None:
    with serving(service) as running, pytest.raises((McpError, ExceptionGroup)) as refused:
        over_http(running.url, bound(7), _browse)

    assert "bound to no patient" in _told(refused.value)


def _told(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return " ".join(map(_told, error.exceptions))
    return str(error)


def test_over_stdio_the_demonstration_is_served_and_no_store_is_needed(home: Path) -> None:
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "browser.search", "arguments": SEARCH},
        },
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "clinseek", "serve", "browser"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CLINSEEK_HOME": str(home)},
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for line in asked:
            server.stdin.write(json.dumps(line) + "\n")
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        server.stdin.close()
        assert server.wait(20) == 0

    assert "Potassium in the blood" in answers[1]["result"]["content"][0]["text"]
    assert not (home / "demo-store").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--web", "off"), "turned off"),
        (("--web-backend", "bing"), "there is no web backend 'bing'"),
        (("--web-corpus", "/nowhere"), "there is no corpus /nowhere"),
        (("--web", "replay"), "name it with --archive"),
        (("--transport", "http", "--host", "0.0.0.0"), "needs --token-file"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    code = main.run(["serve", "browser", *options])

    told = capsys.readouterr()
    assert (code, told.out, told.err.count("\n")) == (2, "", 1)
    assert said in told.err
