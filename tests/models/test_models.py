"""Whole runs over an OpenAI-compatible server that refuses what OpenAI refuses."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from clinseek import api
from clinseek.errors import ModelError
from clinseek.models import build_model
from clinseek.nodes.turn import Patience
from clinseek.records import Record
from tests.graphs.doubles import CUTOFF, LATEST_LABS, SUBJECT, Ward
from tests.models.server import ChatServer, Reply, Scripted, answer, refused


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer(strict=True) as server:
        yield server


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    return Ward(tmp_path)


def _ask(ward: Ward, chat: ChatServer, *replies: Scripted, **options: Any) -> Record:
    return asyncio.run(_aask(ward, chat, *replies, **options))


async def _aask(ward: Ward, chat: ChatServer, *replies: Scripted, **options: Any) -> Record:
    chat.restart(*replies)
    asked = {"model": chat.spec, "means": ward.means(), **options}
    return await api.aask("?", subject_id=SUBJECT, cutoff=CUTOFF, store=ward.folder, **asked)


_LOOK = ("ehr_get_latest_records", json.dumps(LATEST_LABS[1]))
_FINISH = ("ehr_finish", '{"response": ["3.2"], "citations": [["E1#3"]]}')


def test_names_have_an_underscore_on_the_wire_and_a_dot_in_the_record(
    ward: Ward, chat: ChatServer
) -> None:
    record = _ask(ward, chat, answer("", [_LOOK]), answer("", [_FINISH]))

    sent = [tool["function"]["name"] for tool in chat.requests[0]["tools"]]
    assert "ehr_get_latest_records" in sent
    assert not any("." in name for name in sent)
    replayed = chat.requests[1]["messages"][2]["tool_calls"][0]["function"]["name"]
    assert replayed == "ehr_get_latest_records"
    assert "ehr.finish" in [tool["function"]["name"] for tool in record.tools]
    assert record.evidence[0]["tool"] == "ehr.get_latest_records"
    assert (record.answer, record.citations) == (["3.2"], [["E1#3"]])


def test_tokens_are_those_that_the_server_counted(ward: Ward, chat: ChatServer) -> None:
    record = _ask(ward, chat, answer("", [_LOOK]), answer("", [_FINISH]))

    usage = record.usage
    assert (usage["model_calls"], usage["input_tokens"], usage["output_tokens"]) == (2, 22, 14)
    assert usage["estimated"] is False


def test_a_run_over_streams_is_the_run_over_plain_answers(ward: Ward, chat: ChatServer) -> None:
    replies = (answer("I look.", [_LOOK], reasoning="first"), answer("", [_FINISH]))
    plain = _ask(ward, chat, *replies)
    streamed = _ask(ward, chat, *replies, model=f"{chat.spec}?stream=on")

    assert streamed.messages == plain.messages
    assert chat.requests[-1]["stream"] is True


def test_a_storm_of_refusals_loses_no_run(ward: Ward, chat: ChatServer) -> None:
    chat.storm, chat.retry_after = 0.3, 0.01

    async def runs() -> list[Record]:
        means = ward.means(patience=Patience(pace=0.0))
        asked = (_aask(ward, chat, answer("", [_FINISH]), means=means) for _ in range(6))
        return await asyncio.gather(*asked)

    assert [record.answer for record in asyncio.run(runs())] == [["3.2"]] * 6
    assert len(chat.requests) > 6


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        (["other"], "has no model 'tiny'"),
        (Reply(body=b"<html>"), "not OpenAI-shaped"),
        (refused(401), "OPENAI_API_KEY"),
    ],
)
def test_a_host_that_cannot_do_is_told_before_a_record_is_opened(
    ward: Ward, chat: ChatServer, listing: Any, told: str
) -> None:
    chat.listing = listing

    with pytest.raises(ModelError, match=told):
        _ask(ward, chat, answer("", [_FINISH]))
    assert ward.opened == 0


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_and_sent_back(ward: Ward, chat: ChatServer, field: str) -> None:
    record = _ask(
        ward,
        chat,
        answer("", [_LOOK], reasoning="I look first", field=field),
        answer("", [_FINISH]),
    )

    assert chat.requests[1]["messages"][2][field] == "I look first"
    assert record.messages[2]["reasoning_content"] == "I look first"


@pytest.mark.parametrize("arguments", ["[1, 2]", '"text"', "{broken", "7"])
def test_arguments_that_are_no_object_are_answered_and_cost_no_run(
    ward: Ward, chat: ChatServer, arguments: str
) -> None:
    record = _ask(
        ward,
        chat,
        answer("", [("ehr_run_sql_query", arguments), _LOOK]),
        answer("", [_FINISH]),
    )

    tools = [message["content"] for message in record.messages if message["role"] == "tool"]
    assert "the arguments are not one JSON object" in tools[1]
    assert record.answer == ["3.2"]


def test_a_hosts_own_call_with_a_comma_too_many_is_mended_and_counted(
    ward: Ward, chat: ChatServer
) -> None:
    spoilt = json.dumps(LATEST_LABS[1]).replace("}", ",}")
    record = _ask(
        ward, chat, answer("", [("ehr_get_latest_records", spoilt)]), answer("", [_FINISH])
    )

    assert record.repairs["json"] == 1
    assert record.evidence[0]["refused"] is False


def test_empty_arguments_are_an_empty_object(ward: Ward, chat: ChatServer) -> None:
    record = _ask(ward, chat, answer("", [("ehr_get_table_names", "null")]), answer("", [_FINISH]))

    assert record.evidence[0]["arguments"] == {}
    assert not record.evidence[0]["refused"]


def test_a_server_that_is_busy_is_asked_again(ward: Ward, chat: ChatServer) -> None:
    record = _ask(ward, chat, 429, 503, answer("", [_FINISH]), max_revisions=0)

    assert record.answer == ["3.2"]
    assert len(chat.requests) == 3


def test_a_server_that_refuses_fails_the_run_with_its_words(ward: Ward, chat: ChatServer) -> None:
    record = _ask(ward, chat, 401)

    assert (record.status, record.stop_reason) == ("failed", "model_error")
    assert "401" in record.errors[0]["message"]
    assert len(chat.requests) == 1


def test_a_record_names_the_model_and_its_address_but_no_key(
    ward: Ward, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")

    record = _ask(ward, chat, answer("", [_FINISH]), max_revisions=0)

    assert record.model["spec"] == chat.spec
    assert record.model["parameters"]["max_tokens"] == 8192
    assert "sk-very-secret" not in record.model_dump_json()


def test_a_hosted_model_without_a_key_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with pytest.raises(ModelError, match="needs OPENAI_API_KEY"):
        build_model("openai:gpt-9")


def test_the_offline_policy_is_a_chat_model() -> None:
    async def asked() -> AIMessage:
        return await build_model("offline").ainvoke([HumanMessage("hello")])

    assert isinstance(asyncio.run(asked()), AIMessage)
