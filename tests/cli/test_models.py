"""`clinseek models`: how a model is named, and whether one works."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import CommandLine
from tests.models.server import ChatServer, Reply, answer, refused


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


ONE = answer(calls=[("clinseek_add", '{"a": 1917, "b": 2325}')])
TWO = answer(
    calls=[("clinseek_add", '{"a": 11, "b": 12}'), ("clinseek_add", '{"a": 300, "b": 400}')]
)
GOOD = (ONE, answer("It is 4242."), TWO, answer("Red."))


def test_a_model_that_can_is_said_to_work(clinseek: CommandLine, chat: ChatServer) -> None:
    chat.restart(*GOOD)

    ran = clinseek("models", "check", chat.spec)

    assert ran.code == 0
    assert "Runs can be made with it." in ran.out
    assert "native call" in ran.out
    assert "it saw a red square" in ran.out
    assert f"127.0.0.1:{chat.port}" in ran.out


def test_what_is_sent_is_no_record(clinseek: CommandLine, chat: ChatServer) -> None:
    chat.restart(*GOOD)

    clinseek("models", "check", chat.spec)

    assert len(chat.requests) == 4
    assert "labevents" not in json.dumps(chat.requests)


def test_json_tells_each_trial(clinseek: CommandLine, chat: ChatServer) -> None:
    chat.restart(*GOOD)

    told = json.loads(clinseek("models", "check", chat.spec, "--json").out)

    assert told["sound"] is True
    assert told["dialect"] == "native"
    assert [trial["ended"] for trial in told["trials"]] == ["works"] * 3


def test_a_model_that_calls_in_text_works_in_its_dialect(
    clinseek: CommandLine, chat: ChatServer
) -> None:
    said = '<tool_call>{"name": "clinseek_add", "arguments": {"a": 1917, "b": 2325}}</tool_call>'
    chat.restart(answer(said), *GOOD[1:])

    ran = clinseek("models", "check", chat.spec)

    assert ran.code == 0
    assert "tool_call_json" in ran.out


@pytest.mark.parametrize(
    ("first", "seen"),
    [
        (answer("I reckon 4242."), "no call of the tool"),
        (answer(calls=[("clinseek_add", '{"a": 1}')]), "wrong arguments"),
        (refused(400, "tools are not supported"), "tools are not supported"),
    ],
)
def test_a_model_that_cannot_call_is_said_not_to_work(
    clinseek: CommandLine, chat: ChatServer, first: Any, seen: str
) -> None:
    chat.restart(first, answer("no"), TWO, answer("Red."))

    ran = clinseek("models", "check", chat.spec)

    assert ran.code == 1
    assert seen in ran.out
    assert "Runs cannot be made with it" in ran.out


def test_a_host_without_images_still_works(clinseek: CommandLine, chat: ChatServer) -> None:
    chat.restart(*GOOD[:3], refused(400, "this model takes no images"))

    ran = clinseek("models", "check", chat.spec)

    assert ran.code == 0
    assert "this model takes no images" in ran.out


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("openai:x@http://127.0.0.1:9/v1", "start the server"),
        ("vllm:http://127.0.0.1:9", "start the server"),
        ("gpt", "cannot be named so"),
        ("hf:/nowhere", "/nowhere"),
        ("replay:/nowhere.jsonl", "/nowhere.jsonl"),
        ("@/nowhere.toml", "/nowhere.toml"),
    ],
)
def test_a_model_that_cannot_be_named_or_reached_is_one_sentence(
    clinseek: CommandLine, spec: str, told: str
) -> None:
    ran = clinseek("models", "check", spec)

    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_server_that_is_not_openai_shaped_is_one_sentence(clinseek: CommandLine) -> None:
    with ChatServer(listing=Reply(body="<html>hello</html>")) as chat:
        ran = clinseek("models", "check", chat.spec)

    assert (ran.code, ran.out) == (2, "")
    assert "not OpenAI-shaped" in ran.err


def test_the_offline_policy_is_known_and_not_tried(clinseek: CommandLine) -> None:
    ran = clinseek("models", "check", "offline")

    assert ran.code == 0
    assert "a fixed policy in this process" in ran.out


def test_forms_list_every_way_and_every_parameter(clinseek: CommandLine) -> None:
    ran = clinseek("models", "forms")

    assert ran.code == 0
    for form in ("offline", "openai:NAME", "vllm:", "bedrock:", "hf:FOLDER", "replay:", "@FILE"):
        assert form in ran.out
    assert "max_tokens" in ran.out
    assert json.loads(clinseek("models", "forms", "--json").out)["parameters"]["max_tokens"] == 8192
