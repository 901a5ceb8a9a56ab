"""The image.* tools over MCP: many clients at once, one folder, no store."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcp import ClientSession
from mcp.shared.exceptions import McpError
from mcp.types import CallToolResult, ImageContent, TextContent

from clinseek.cli import main
from clinseek.serve.imaging import ImagingService, imaging_service
from clinseek.toolkits.imaging import Engine
from clinseek.toolkits.imaging.weights import WeightsFolder
from tests.serve.serving import Served, bound, client, over_http, serving
from tests.toolkits.imaging import seeded
from tests.toolkits.imaging.drawing import chest, write_png

CLIENTS = 20
CLASSIFIER = "image.chest_xray_classifier"
VISUALIZER = "image.image_visualizer"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One image for each client, no two the same. The path is a canary."""
    folder = tmp_path_factory.mktemp("canary-of-a-path")
    for number in range(CLIENTS):
        write_png(folder / f"{number}.png", (chest() * (250 - 5 * number)).astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def service(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImagingService]:
    place = tmp_path_factory.mktemp("canary-of-weights")
    weights = WeightsFolder(place / "held")
    seeded.put("classifier", seeded.densenet(), weights, place)
    engine = Engine(weights, environment={})
    with imaging_service(images, engine) as served:
        yield served


@pytest.fixture(scope="module")
def served(service: ImagingService) -> Iterator[Served]:
    with serving(service) as running:
        yield running


def told_by(result: CallToolResult) -> dict[str, Any]:
    first = result.content[0]
    assert isinstance(first, TextContent)
    told: dict[str, Any] = json.loads(first.text)
    return told


def test_a_client_is_offered_the_tools_that_work_and_gets_a_picture(served: Served) -> None:
    async def use(session: ClientSession) -> tuple[list[str], CallToolResult]:
        tools = (await session.list_tools()).tools
        shown = await session.call_tool(VISUALIZER, {"image_path": "3.png", "grid": True})
        return [tool.name for tool in tools], shown

    names, shown = over_http(served.url, {}, use)
    assert names == [VISUALIZER, "image.dicom_processor", CLASSIFIER]
    told, picture = told_by(shown), shown.content[1]
    assert told["output"]["image_path"].startswith("made/")
    assert isinstance(picture, ImageContent)
    from PIL import Image

    opened = Image.open(io.BytesIO(base64.b64decode(picture.data)))
    assert opened.size == (140, 160)
    assert "canary" not in shown.model_dump_json()


def test_twenty_clients_at_once_lose_no_answer_and_mix_none(served: Served) -> None:
    async def one(number: int) -> list[dict[str, Any]]:
        async with client(served.url, {}) as session:
            calls = [
                session.call_tool(CLASSIFIER, {"image_path": f"{number}.png"}),
                session.call_tool(VISUALIZER, {"image_path": f"{number}.png"}),
                session.call_tool(CLASSIFIER, {"image_path": f"{number}.png"}),
                session.call_tool(VISUALIZER, {"image_path": "../1.png"}),
            ]
            return [told_by(result) for result in await asyncio.gather(*calls)]

    async def all_at_once() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(one(number) for number in range(CLIENTS)))

    answers = asyncio.run(all_at_once())
    seen = [told[0]["metadata"]["image_sha256"] for told in answers]
    assert len(set(seen)) == CLIENTS
    for number, (scored, shown, again, refused) in enumerate(answers):
        assert shown["metadata"]["original"] == f"{number}.png"
        assert shown["metadata"]["image_sha256"] == seen[number]
        assert again["metadata"]["image_sha256"] == seen[number]
        for finding, said in scored["output"].items():
            assert said["score"] == pytest.approx(again["output"][finding]["score"], abs=2e-3)
        assert refused["metadata"]["analysis_status"] == "failed"


def test_a_session_of_images_is_bound_to_no_patient(served: Served) -> None:
    async def use(session: ClientSession) -> None:
        await session.list_tools()

    with pytest.raises(BaseException) as told:  # noqa: PT011
        over_http(served.url, bound(1), use)
    inner = told.value
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    assert isinstance(inner, McpError)
    assert "bound to no patient" in str(inner)


def test_what_the_tools_drew_is_gone_when_the_service_ends(images: Path, tmp_path: Path) -> None:
    engine = Engine(WeightsFolder(tmp_path), environment={})
    with imaging_service(images, engine) as service:
        tool = service.open(None).tools[0]
        told = json.loads(tool.invoke({"image_path": "1.png"})[0]["text"])
        made = service._toolkit.root.made
        assert (made / told["output"]["image_path"].removeprefix("made/")).is_file()
    assert not made.exists()


def test_what_cannot_be_served_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    for name in ("IMAGE_ROOT", "IMAGING_WEIGHTS", "TOKEN_FILE"):
        monkeypatch.delenv(f"CLINSEEK_{name}", raising=False)
    assert main.run(["serve", "imaging", "--image-root", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr()
    assert "is no folder" in said.err
    assert said.out == ""


def test_the_command_serves_over_stdio_without_a_store_or_weights(
    images: Path, tmp_path: Path
) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("CLINSEEK_")
    }
    environment["CLINSEEK_HOME"] = str(tmp_path / "home")
    asked = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {
            "jsonrpc": "2.0",
            "id": 3,
            "method": "tools/call",
            "params": {"name": VISUALIZER, "arguments": {"image_path": "5.png"}},
        },
    ]
    command = [sys.executable, "-m", "clinseek", "serve", "imaging", "--image-root", str(images)]
    ran = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with ran as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("".join(f"{json.dumps(each)}\n" for each in asked))
        process.stdin.flush()
        answers: dict[int, Any] = {}
        while 3 not in answers:
            answer = json.loads(process.stdout.readline())
            answers[answer["id"]] = answer["result"]
        process.stdin.close()
        assert process.wait(30) == 0
        said = process.stderr.read()
    can_run = find_spec("torch") and find_spec("safetensors")
    assert f"{CLASSIFIER} is absent: it{'s weights' if can_run else ' needs'}" in said
    assert [tool["name"] for tool in answers[2]["tools"]] == [VISUALIZER, "image.dicom_processor"]
    assert answers[3]["isError"] is False
