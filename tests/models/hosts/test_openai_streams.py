"""Streams: the same message as a plain answer, or an error; never a silent half."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage

from clinseek.models import build_model, close_model
from clinseek.models.faults import fault_of
from clinseek.models.hosts.chat_answers import Assembly, message_of
from tests.models.hosts.test_openai import ask
from tests.models.replies import events_of
from tests.models.server import ChatServer, Reply, answer

STREAM = "?stream=on"
FULL = answer(
    "Potassium was 3.2.",
    [("ehr_load_ehr", '{"subject_id": "7"}'), ("ehr_think", '{"thought": "[1, 2]"}')],
    reasoning="I look first.",
)


def as_seen(message: AIMessage) -> dict[str, Any]:
    return message.model_dump(exclude={"id"})


def test_a_streamed_answer_is_the_plain_one() -> None:
    with ChatServer(FULL) as chat:
        plain, streamed = ask(chat), ask(chat, query=STREAM)

    assert as_seen(streamed) == as_seen(plain)
    assert chat.requests[1]["stream"] is True
    assert chat.requests[1]["stream_options"] == {"include_usage": True}


def test_a_live_display_hears_the_words_as_they_come() -> None:
    class Display(AsyncCallbackHandler):
        def __init__(self) -> None:
            self.heard: list[str] = []

        async def on_llm_new_token(self, token: Any, **_: Any) -> None:
            self.heard.append(token)

    async def shown() -> None:
        model = build_model(f"{chat.spec}{STREAM}")
        await model.ainvoke("?", config={"callbacks": [display]})
        await close_model(model)

    display = Display()
    with ChatServer(FULL) as chat:
        asyncio.run(shown())

    assert len(display.heard) > 3
    assert "".join(display.heard) == "Potassium was 3.2."


@settings(deadline=None)
@given(
    text=st.text(),
    reasoning=st.text(),
    calls=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.text()), max_size=4),
)
def test_any_answer_is_put_together_as_it_was(
    text: str, reasoning: str, calls: list[tuple[str, str]]
) -> None:
    whole = answer(text, calls, reasoning=reasoning)
    assembly = Assembly()
    for event in list(events_of(whole))[:-1]:
        assembly.add(json.loads(event))

    put_together = message_of(assembly.completion(), model="tiny")
    assert as_seen(put_together) == as_seen(message_of(whole, model="tiny"))


def test_calls_that_share_one_index_or_have_none_are_still_two_calls() -> None:
    def piece(identity: str, name: str, arguments: str, **index: int) -> dict[str, Any]:
        function = {"name": name, "arguments": arguments}
        return {"tool_calls": [{"id": identity, "function": function, **index}]}

    for index in ({"index": 0}, {}):
        assembly = Assembly()
        for delta in (piece("1", "a", '{"x": 1}', **index), piece("2", "b", "{}", **index)):
            assembly.add({"choices": [{"delta": delta}]})
        assembly.add({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
        said = message_of(assembly.completion(), model="tiny")
        assert [(call["name"], call["args"]) for call in said.tool_calls] == [
            ("a", {"x": 1}),
            ("b", {}),
        ]


@pytest.mark.parametrize("after", [0, 1, 3, 9])
def test_a_stream_that_is_cut_is_asked_for_again(after: int) -> None:
    with (
        ChatServer(Reply(body=FULL, cut_after=after)) as chat,
        pytest.raises(Exception, match=r".") as raised,
    ):
        ask(chat, query=STREAM)

    assert fault_of(raised.value).kind == "passing"


def test_a_stream_that_ends_politely_without_a_finish_reason_was_cut_all_the_same() -> None:
    events = [event for event in events_of(FULL) if '"tool_calls"}' not in event]
    with (
        ChatServer(Reply(events=[*events[:4], "[DONE]"])) as chat,
        pytest.raises(Exception, match="cut before its end") as raised,
    ):
        ask(chat, query=STREAM)

    assert fault_of(raised.value).kind == "passing"


@pytest.mark.parametrize(
    "event",
    ["{broken", "[1, 2]", '"text"', '{"choices": 7}', '{"choices": [{"delta": "x"}]}', "null"],
)
def test_events_that_cannot_be_read_are_asked_for_again(event: str) -> None:
    first, *rest = events_of(FULL)
    with (
        ChatServer(Reply(events=[first, event, *rest])) as chat,
        pytest.raises(Exception, match=r".") as raised,
    ):
        ask(chat, query=STREAM)

    assert fault_of(raised.value).kind == "passing"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"message": "engine died", "code": 500}}, "passing"),
        ({"error": {"message": "slow down", "code": 429}}, "rate"),
        ({"object": "error", "message": "engine died", "code": 500}, "passing"),
        ({"error": "engine died"}, "passing"),
        ({"error": {"message": "This model's maximum context length is 4096 tokens."}}, None),
    ],
)
def test_an_error_in_the_stream_is_an_error(event: dict[str, Any], kind: str | None) -> None:
    first, *_ = events_of(FULL)
    with (
        ChatServer(Reply(events=[first, json.dumps(event)])) as chat,
        pytest.raises(Exception, match=r"died|slow|length|occurred") as raised,
    ):
        ask(chat, query=STREAM)

    assert fault_of(raised.value).kind == (kind or "context_overflow")


@pytest.mark.parametrize("query", ["", STREAM])
def test_an_answer_that_the_server_aborted_is_asked_for_again(query: str) -> None:
    with (
        ChatServer(answer("half an", finish="abort")) as chat,
        pytest.raises(Exception, match="gave up in the middle") as raised,
    ):
        ask(chat, query=query)

    assert fault_of(raised.value).kind == "passing"


@pytest.mark.parametrize("stream", ["on", "off"])
def test_a_server_that_falls_silent_is_given_up_after_the_timeout(stream: str) -> None:
    with (
        ChatServer(Reply(body=FULL, stall=30)) as chat,
        pytest.raises(Exception, match=r"(?i)timed out") as raised,
    ):
        ask(chat, query=f"?timeout=0.2&stream={stream}")

    assert fault_of(raised.value).kind == "passing"


def test_a_server_that_cannot_stream_is_read_as_it_answers() -> None:
    with ChatServer(Reply(body=json.dumps(FULL).encode())) as chat:
        said = ask(chat, query=STREAM)

    assert said.text == "Potassium was 3.2."
