"""Before a record is opened: one sentence that says what to set."""

import socket
from typing import Any

import pytest

from clinseek.errors import ModelError
from clinseek.models import build_model, facts_of
from clinseek.models.build import check_model
from tests.models.server import ChatServer, Reply, answer, refused


def check(spec: str) -> Any:
    model = build_model(spec)
    check_model(model)
    return facts_of(model)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_a_server_that_has_the_model_passes_and_no_turn_is_spent() -> None:
    listing = {"data": [{"id": "tiny", "max_model_len": 32768, "owned_by": "vllm"}]}
    with ChatServer(answer("yes"), listing=listing) as chat:
        assert check(chat.spec).context_length == 32768
        assert not chat.requests


def test_a_context_length_that_the_user_named_stands() -> None:
    with ChatServer(listing={"data": [{"id": "tiny", "max_model_len": 32768}]}) as chat:
        assert check(f"{chat.spec}?context=4096").context_length == 4096


def test_a_server_that_is_down() -> None:
    port = free_port()
    with pytest.raises(ModelError, match=rf"127\.0\.0\.1:{port}: .*start the server"):
        check(f"openai:tiny@http://127.0.0.1:{port}/v1")


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(ModelError, match="no such host"):
        check("openai:tiny@http://gpu.nowhere.invalid/v1")


def test_a_server_that_speaks_plain_http_where_https_was_named() -> None:
    with ChatServer() as chat, pytest.raises(ModelError, match="correct the address"):
        check(f"openai:tiny@https://127.0.0.1:{chat.port}/v1")


def test_no_key_for_openai_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    with pytest.raises(ModelError, match="needs OPENAI_API_KEY"):
        check("openai:gpt-9")


def test_no_key_where_a_server_wants_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ChatServer(key="right") as chat, pytest.raises(ModelError, match="wants a key"):
        check(chat.spec)


def test_a_wrong_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "wrong-and-secret")
    with (
        ChatServer(key="right") as chat,
        pytest.raises(ModelError, match="refuses the key") as told,
    ):
        check(chat.spec)
    assert "wrong-and-secret" not in str(told.value)


def test_an_unknown_model_is_told_with_those_that_there_are() -> None:
    names = [f"model-{number}" for number in range(9)]
    with ChatServer(listing=names) as chat, pytest.raises(ModelError) as told:
        check(chat.spec)
    assert "has no model 'tiny'; it has model-0, model-1" in str(told.value)
    assert "and 3 more" in str(told.value)


@pytest.mark.parametrize(
    "listing",
    [
        Reply(body=b"<html>Welcome to nginx</html>", headers={"content-type": "text/html"}),
        Reply(body={"status": "fine"}),
        Reply(body="fine"),
    ],
)
def test_a_server_that_is_not_openai_shaped(listing: Reply) -> None:
    with ChatServer(listing=listing) as chat, pytest.raises(ModelError, match="not OpenAI-shaped"):
        check(chat.spec)


def test_an_address_without_its_v1_is_corrected() -> None:
    with ChatServer() as chat, pytest.raises(ModelError, match=r"write the address so"):
        check(f"openai:tiny@http://127.0.0.1:{chat.port}")


def test_a_redirect_names_the_other_address() -> None:
    listing = Reply(status=302, headers={"location": "https://elsewhere.example/v1/models"})
    with (
        ChatServer(listing=listing) as chat,
        pytest.raises(ModelError, match=r"elsewhere\.example"),
    ):
        check(chat.spec)


@pytest.mark.parametrize(
    "listing",
    [
        refused(404),
        refused(405),
        refused(500),  # `transformers serve` without a cache folder
        refused(403, "this key may not list"),
        refused(401, "Missing scopes: api.model.read"),
        Reply(body={"data": []}),  # `transformers serve` with a folder
        Reply(body={"data": [{"id": "/models/x.gguf", "owned_by": "llamacpp"}]}),
        Reply(body=[{"id": "tiny"}]),
    ],
)
def test_a_list_that_says_nothing_against_the_model_passes(listing: Reply) -> None:
    with ChatServer(listing=listing) as chat:
        assert check(chat.spec).context_length is None


def test_a_folder_that_is_served_by_its_path_need_not_be_listed() -> None:
    with ChatServer(listing=["other"]) as chat:
        check(f"openai:/models/mine@{chat.url}")


def test_a_server_too_busy_to_list_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinseek.models.hosts.listing._SECONDS", 0.1)
    with ChatServer(listing=Reply(body={}, delay=5)) as chat:
        assert check(chat.spec).context_length is None
