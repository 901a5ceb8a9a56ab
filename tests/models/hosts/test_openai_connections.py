"""Connections are shared by all runs of a loop, and closed with the last of them."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from langchain_core.messages import AIMessage

from clinseek.models import build_model, close_model, connections
from clinseek.models.connections import leased_client
from tests.models.server import ChatServer, Reply, answer

RUNS = 200


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The URLs for which a pool was made."""
    urls: list[str] = []
    options = connections._transport_options

    def counted(url: str) -> object:
        urls.append(url)
        return options(url)

    monkeypatch.setattr(connections, "_transport_options", counted)
    yield urls
    gc.collect()


def test_two_hundred_runs_share_one_pool_and_leave_nothing_open(made: list[str]) -> None:
    async def run(spec: str) -> AIMessage:
        model = build_model(spec)
        try:
            return await model.ainvoke("?")
        finally:
            await close_model(model)

    async def all_of_them() -> list[AIMessage]:
        return await asyncio.gather(*(run(chat.spec) for _ in range(RUNS)))

    with ChatServer(answer("yes"), delay=1.0) as chat:
        said = asyncio.run(all_of_them())

    assert len(said) == len(chat.requests) == RUNS
    assert len(made) == 1
    assert chat.at_once == RUNS
    assert len(connections._POOLS) == 0


def test_turns_one_after_another_use_one_connection() -> None:
    async def turns() -> None:
        model = build_model(chat.spec)
        for _ in range(5):
            await model.ainvoke("?")
        await close_model(model)

    with ChatServer(answer("yes")) as chat:
        asyncio.run(turns())

    assert chat.connections == 1


def test_a_run_that_ends_leaves_the_connections_to_the_others(made: list[str]) -> None:
    async def two() -> None:
        first, second = build_model(chat.spec), build_model(chat.spec)
        await asyncio.gather(first.ainvoke("?"), second.ainvoke("?"))
        await close_model(first)
        await second.ainvoke("?")
        await close_model(second)
        await close_model(second)

    with ChatServer(answer("yes")) as chat:
        asyncio.run(two())

    assert len(made) == 1
    assert len(connections._POOLS) == 0


def test_closing_waits_for_the_turns_under_way() -> None:
    async def closed_in_the_middle() -> AIMessage:
        model = build_model(chat.spec)
        turn = asyncio.create_task(model.ainvoke("?"))
        while not chat.requests:
            await asyncio.sleep(0.01)
        await close_model(model)
        return await turn

    with ChatServer(Reply(body=answer("still here"), delay=0.3)) as chat:
        assert asyncio.run(closed_in_the_middle()).text == "still here"


def test_a_model_can_be_asked_again_after_it_was_closed_and_in_another_loop() -> None:
    async def once() -> str:
        said = await model.ainvoke("?")
        await close_model(model)
        return said.text

    with ChatServer(answer("yes")) as chat:
        model = build_model(chat.spec)
        assert [asyncio.run(once()), asyncio.run(once())] == ["yes", "yes"]


def test_a_cancelled_turn_leaves_no_request_counted() -> None:
    async def cancelled() -> None:
        model = build_model(chat.spec)
        turn = asyncio.create_task(model.ainvoke("?"))
        while not chat.requests:
            await asyncio.sleep(0.01)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        await close_model(model)

    with ChatServer(Reply(body=answer("late"), delay=30)) as chat:
        asyncio.run(cancelled())

    assert len(connections._POOLS) == 0


def test_a_stream_that_is_left_early_gives_its_connection_back() -> None:
    async def left() -> None:
        client, lease = leased_client(chat.url, seconds=5)
        async with client.stream(
            "POST", f"{chat.url}/chat/completions", json={"stream": True}
        ) as got:
            lines: AsyncIterator[str] = got.aiter_lines()
            assert await anext(lines)
        await lease.release()

    with ChatServer(answer("yes " * 50)) as chat:
        asyncio.run(left())

    assert len(connections._POOLS) == 0


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("https://api.openai.com/v1", True),
        ("http://gpu:8000/v1", False),
        ("https://127.0.0.1:8000/v1", False),
        ("https://inside.example/v1", False),
    ],
)
def test_a_proxy_carries_https_alone(
    monkeypatch: pytest.MonkeyPatch, url: str, proxied: bool
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    monkeypatch.setenv("no_proxy", "inside.example")

    proxy = connections._transport_options(url)["proxy"]

    assert (proxy == "http://proxy.example:3128") is proxied


def test_certificates_are_checked_for_https() -> None:
    options = connections._transport_options("https://gpu:8000/v1")

    assert options["verify"].check_hostname
    assert connections._transport_options("https://gpu:9000/v1")["verify"] is options["verify"]


def test_the_models_folder_loads_no_client_library() -> None:
    code = (
        "import sys, clinseek.models, clinseek.models.faults; from clinseek.models import "
        "build_model; build_model('offline'); "
        "print([name for name in ('openai', 'langchain_openai', 'boto3', 'torch', 'transformers', "
        "'PIL') if name in sys.modules])"
    )
    import subprocess

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


def test_a_request_goes_with_the_limits_of_the_spec() -> None:
    client, _ = leased_client("http://gpu:8000/v1", seconds=30)

    assert client.timeout == httpx.Timeout(30, connect=10)
