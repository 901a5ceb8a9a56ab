"""What goes over the wire to an OpenAI-compatible server, and what comes back of it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ModelAPIError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from clinseek.errors import ModelError
from clinseek.models import build_model, close_model, facts_of
from clinseek.models.faults import fault_of
from clinseek.models.hosts.chat_answers import message_of
from clinseek.models.hosts.chat_requests import with_images_in_user_turns
from clinseek.models.hosts.openai import EndpointModel
from tests.models.server import ChatServer, Reply, Scripted, answer, refused

PIXEL = {"type": "image", "base64": "/9j/4AAQ", "mime_type": "image/jpeg"}
TOOL = {
    "type": "function",
    "function": {
        "name": "ehr.load_ehr",
        "description": "Open the record.",
        "parameters": {"type": "object", "properties": {}},
    },
}


def ask(
    chat: ChatServer,
    *messages: BaseMessage,
    tools: Sequence[Any] = (),
    query: str = "",
) -> AIMessage:
    """One turn of the server's model."""

    async def asked() -> AIMessage:
        model = build_model(f"{chat.spec}{query}")
        try:
            bound = model.bind_tools(list(tools)) if tools else model
            return await bound.ainvoke(list(messages) or [HumanMessage("?")])
        finally:
            await close_model(model)

    return asyncio.run(asked())


def called(*names: str, **kwargs: Any) -> AIMessage:
    calls: list[Any] = [
        {"name": name, "args": {}, "id": f"c{at}", "type": "tool_call"}
        for at, name in enumerate(names)
    ]
    return AIMessage("", tool_calls=calls, **kwargs)


# --- parameters ---------------------------------------------------------------------------------


def test_the_published_settings_are_sent_and_nothing_else() -> None:
    with ChatServer(answer("yes")) as chat:
        ask(chat)

    sent = {name: value for name, value in chat.requests[0].items() if name != "messages"}
    assert sent == {"model": "tiny", "temperature": 1.0, "max_tokens": 8192}


def test_every_parameter_goes_where_servers_read_it() -> None:
    extra = '{"top_k": 20, "chat_template_kwargs": {"preserve": true}}'
    with ChatServer(answer("yes")) as chat:
        ask(
            chat,
            query="?temperature=0&max_tokens=99&top_p=0.9&seed=7&effort=low&thinking=off"
            f"&extra={extra}",
        )

    sent = {name: value for name, value in chat.requests[0].items() if name != "messages"}
    assert sent == {
        "model": "tiny",
        "temperature": 0.0,
        "max_tokens": 99,
        "top_p": 0.9,
        "seed": 7,
        "reasoning_effort": "low",
        "chat_template_kwargs": {"enable_thinking": False, "preserve": True},
        "top_k": 20,
    }


def test_a_temperature_that_is_left_to_the_host_is_not_sent() -> None:
    with ChatServer(answer("yes")) as chat:
        ask(chat, query="?temperature=default")

    assert "temperature" not in chat.requests[0]


def test_a_thinking_budget_is_a_hint_to_the_template() -> None:
    with ChatServer(answer("yes")) as chat:
        ask(chat, query="?thinking=2048")

    assert chat.requests[0]["chat_template_kwargs"] == {
        "enable_thinking": True,
        "thinking_budget": 2048,
    }
    assert "thinking_token_budget" not in chat.requests[0]


def test_openai_itself_has_no_field_for_thinking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    with pytest.raises(ModelError, match="effort="):
        build_model("openai:gpt-9?thinking=on")


def test_the_facts_tell_what_the_spec_says_of_the_host() -> None:
    facts = facts_of(build_model("openai:m@http://gpu:8000/v1?context=4096&images=off"))

    assert (facts.provider, facts.address) == ("openai", "gpu:8000")
    assert (facts.context_length, facts.takes_images) == (4096, False)


def test_openai_itself_gets_its_own_field_for_length_and_no_reasoning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    model = build_model("openai:gpt-9?effort=high")
    assert isinstance(model, EndpointModel)
    thought = {"reasoning_content": "x", "reasoning_wire": {"field": "reasoning"}}

    sent = model._get_request_payload(
        [HumanMessage("?"), AIMessage("a", additional_kwargs=thought)]
    )

    assert (sent["max_completion_tokens"], sent["reasoning_effort"]) == (8192, "high")
    assert "max_tokens" not in sent
    assert sent["messages"][1] == {"role": "assistant", "content": "a"}


def test_half_a_character_from_a_page_costs_no_turn() -> None:
    with ChatServer(answer("yes")) as chat:
        assert ask(chat, HumanMessage("half \ud83d of one")).text == "yes"

    assert chat.requests[0]["messages"][0]["content"] == "half ? of one"


# --- names and calls ----------------------------------------------------------------------------


def test_names_lose_their_dot_on_the_wire_and_nothing_openai_forbids_is_sent() -> None:
    history = [
        HumanMessage("?"),
        called("ehr.load_ehr", "made up: tool!"),
        ToolMessage("rows", tool_call_id="c0"),
        ToolMessage("no such tool", tool_call_id="c1"),
    ]
    with ChatServer(answer("", [("ehr_load_ehr", "{}")]), strict=True) as chat:
        said = ask(chat, *history, tools=[TOOL])

    assert said.tool_calls[0]["name"] == "ehr_load_ehr"
    assert chat.requests[0]["tools"][0]["function"]["name"] == "ehr_load_ehr"
    first = chat.requests[0]["messages"][1]["tool_calls"][0]["function"]
    assert first == {"name": "ehr_load_ehr", "arguments": "{}"}


def test_parallel_calls_keep_their_order_and_ids() -> None:
    reply = answer("both", [("a", '{"x": 1}'), ("b", '{"x": 2}'), ("a", "")])
    with ChatServer(reply) as chat:
        said = ask(chat)

    assert [(call["name"], call["args"]) for call in said.tool_calls] == [
        ("a", {"x": 1}),
        ("b", {"x": 2}),
        ("a", {}),
    ]
    assert len({call["id"] for call in said.tool_calls}) == 3
    assert said.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("query", ["", "?stream=on"])
@pytest.mark.parametrize("arguments", ["[1, 2]", '"text"', '{"a": "cut', "7", "{]"])
def test_arguments_that_are_no_object_are_an_invalid_call_with_the_models_own_text(
    arguments: str, query: str
) -> None:
    with ChatServer(answer("", [("ehr_think", arguments), ("ehr_think", "{}")])) as chat:
        said = ask(chat, query=query)

    assert [call["args"] for call in said.invalid_tool_calls] == [arguments]
    assert [call["args"] for call in said.tool_calls] == [{}]


def test_an_invalid_call_is_sent_back_as_an_object_that_every_template_reads() -> None:
    turn = AIMessage(
        "",
        invalid_tool_calls=[
            {"name": "a", "args": "{cut", "id": "c0", "error": "", "type": "invalid_tool_call"}
        ],
    )
    with ChatServer(answer("yes"), strict=True) as chat:
        ask(chat, HumanMessage("?"), turn, ToolMessage("write it again", tool_call_id="c0"))

    sent = chat.requests[0]["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"_raw": "{cut"}


def test_a_call_without_an_id_gets_one() -> None:
    reply = answer("", [("a", "{}"), ("b", "{}")])
    for call in reply["choices"][0]["message"]["tool_calls"]:
        call["id"] = ""
    with ChatServer(reply) as chat:
        ids = [call["id"] for call in ask(chat).tool_calls]

    assert all(ids)
    assert len(set(ids)) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(arguments=st.text() | json_values.map(json.dumps))
def test_no_arguments_whatever_break_a_turn(arguments: str) -> None:
    said = message_of(answer("", [("a", arguments)]), model="tiny")

    assert len(said.tool_calls) + len(said.invalid_tool_calls) == 1
    said.model_dump_json()


# --- reasoning ----------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?stream=on"])
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_and_goes_back_under_its_servers_own_name(field: str, query: str) -> None:
    with ChatServer(answer("yes", reasoning="first I look", field=field)) as chat:
        said = ask(chat, query=query)
        ask(chat, HumanMessage("?"), said, HumanMessage("and?"))

    assert said.additional_kwargs["reasoning_content"] == "first I look"
    replayed = chat.requests[1]["messages"][1]
    assert replayed[field] == "first I look"
    assert not ({"reasoning", "reasoning_content", "reasoning_wire"} - {field}) & set(replayed)


def test_reasoning_of_another_kind_of_host_is_not_sent() -> None:
    signed = called("a", additional_kwargs={"reasoning_content": "x", "reasoning_wire": {"b": []}})
    with ChatServer(answer("yes")) as chat:
        ask(chat, HumanMessage("?"), signed, ToolMessage("y", tool_call_id="c0"))

    assert set(chat.requests[0]["messages"][1]) == {"role", "content", "tool_calls"}


# --- images -------------------------------------------------------------------------------------


def test_images_of_results_go_in_a_user_turn_after_the_rounds_last_result() -> None:
    history = [
        HumanMessage("?"),
        called("image.a", "image.b"),
        ToolMessage([{"type": "text", "text": "one"}, PIXEL], tool_call_id="c0", name="image.a"),
        ToolMessage("two", tool_call_id="c1"),
    ]
    with ChatServer(answer("yes"), strict=True) as chat:
        ask(chat, *history)

    sent = chat.requests[0]["messages"]
    assert [turn["role"] for turn in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[2]["content"].startswith("one\n(its images, 1,")
    label, image = sent[4]["content"]
    assert "image.a (call c0)" in label["text"]
    assert image["image_url"]["url"] == "data:image/jpeg;base64,/9j/4AAQ"


def test_images_join_the_user_turn_that_follows_so_that_roles_alternate() -> None:
    history: list[BaseMessage] = [
        called("image.a"),
        ToolMessage([PIXEL, PIXEL], tool_call_id="c0"),
        HumanMessage("conclude"),
    ]

    sent = with_images_in_user_turns(history)

    assert [message.type for message in sent] == ["ai", "tool", "human"]
    assert [block["type"] for block in sent[2].content if isinstance(block, dict)] == [
        "text",
        "image",
        "text",
        "image",
        "text",
    ]
    assert isinstance(history[2].content, str)


def test_an_image_of_the_task_goes_as_it_is() -> None:
    with ChatServer(answer("yes"), strict=True) as chat:
        ask(chat, HumanMessage([{"type": "text", "text": "see"}, PIXEL]))

    kinds = [block["type"] for block in chat.requests[0]["messages"][0]["content"]]
    assert kinds == ["text", "image_url"]


turns = st.lists(
    st.one_of(
        st.just(HumanMessage("h")),
        st.just(AIMessage("a")),
        st.integers(0, 2).map(
            lambda images: ToolMessage(
                [{"type": "text", "text": "t"}, *[PIXEL] * images], tool_call_id="c"
            )
        ),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(history=turns)
def test_no_image_is_lost_or_left_in_a_result(history: list[BaseMessage]) -> None:
    def images(messages: Sequence[BaseMessage]) -> int:
        blocks = [b for m in messages if isinstance(m.content, list) for b in m.content]
        return sum(isinstance(block, dict) and block["type"] == "image" for block in blocks)

    sent = with_images_in_user_turns(history)

    assert images(sent) == images(history)
    assert not images([message for message in sent if isinstance(message, ToolMessage)])
    kept = [message.type for message in history if message.type != "human"]
    assert [message.type for message in sent if message.type != "human"] == kept


# --- ends and counts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("eos_token", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("content_filter", "content_filter"),
        ("function_call", "tool_calls"),
    ],
)
def test_a_finish_reason_is_one_of_five_words(word: str, reason: str) -> None:
    with ChatServer(answer("yes", finish=word)) as chat:
        assert ask(chat).response_metadata["finish_reason"] == reason


@pytest.mark.parametrize("query", ["", "?stream=on"])
def test_a_refusal_is_its_own_end_and_its_words_are_kept(query: str) -> None:
    with ChatServer(answer("", refusal="I will not.")) as chat:
        said = ask(chat, query=query)

    assert said.text == "I will not."
    assert said.response_metadata["finish_reason"] == "refusal"


def test_usage_tells_cached_and_reasoning_tokens_apart() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "prompt_tokens_details": {"cached_tokens": 90},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    with ChatServer(answer("yes", usage=usage)) as chat:
        counted = ask(chat).usage_metadata

    assert counted == {
        "input_tokens": 100,
        "output_tokens": 40,
        "total_tokens": 140,
        "input_token_details": {"cache_read": 90},
        "output_token_details": {"reasoning": 30},
    }


def test_a_server_that_counts_nothing_leaves_the_count_open() -> None:
    with ChatServer({**answer("yes"), "usage": None}) as chat:
        assert ask(chat).usage_metadata is None


# --- what is no answer --------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?stream=on"])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html><body>Sign in</body></html>", "begins '<html>"),
        ({"status": "ok"}, "no choices, but status"),
        ({"choices": []}, "holds no choices"),
        ({"choices": [{"text": "old completions"}]}, "holds no message"),
        ([1, 2], "it is list"),
    ],
)
def test_a_body_that_is_no_completion_is_one_clear_error(body: Any, told: str, query: str) -> None:
    reply = Reply(body=body, headers={"content-type": "text/html"})
    with ChatServer(reply) as chat, pytest.raises(ModelError) as raised:
        ask(chat, query=query)

    assert f"127.0.0.1:{chat.port} is not OpenAI-shaped" in str(raised.value)
    assert told in str(raised.value)


def test_a_page_in_the_place_of_a_later_answer_is_worth_asking_again() -> None:
    page = Reply(body=b"<html>Back soon</html>", headers={"content-type": "text/html"})
    with ChatServer(answer("yes"), page) as chat:
        model = build_model(chat.spec)
        model.invoke("?")
        with pytest.raises(ModelAPIError, match=r"something else than an answer: .*Back soon"):
            model.invoke("?")


def test_a_plain_answer_that_is_cut_is_asked_for_again() -> None:
    with (
        ChatServer(Reply(body=answer("yes"), cut_after=40)) as chat,
        pytest.raises(Exception, match=r".") as raised,
    ):
        ask(chat)

    assert fault_of(raised.value).kind == "passing"


def test_an_error_with_status_200_is_an_error() -> None:
    body = {"error": {"message": "upstream is overloaded", "code": 429}}
    with ChatServer(Reply(body=body)) as chat, pytest.raises(Exception, match="over") as raised:
        ask(chat)

    assert fault_of(raised.value).kind == "rate"


def test_a_redirect_is_not_followed() -> None:
    elsewhere = ChatServer(answer("stolen"))
    reply = Reply(status=307, headers={"location": f"{elsewhere.url}/chat/completions"})
    with elsewhere, ChatServer(reply) as chat, pytest.raises(Exception, match=r".") as raised:
        ask(chat)

    assert fault_of(raised.value).kind == "lasting"
    assert not elsewhere.requests


# --- keys ---------------------------------------------------------------------------------------


def test_a_server_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ChatServer(answer("yes")) as chat:
        assert ask(chat).text == "yes"


def test_the_key_is_sent_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = "word-9f3a-not-shaped-like-a-key"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    caplog.set_level("DEBUG")
    script: list[Scripted] = [answer("yes"), refused(400, f"the key {key} is odd", key=key)]
    with ChatServer(*script, key=key) as chat:
        model = build_model(chat.spec)
        assert ask(chat).text == "yes"
        with pytest.raises(Exception, match="is odd") as raised:
            ask(chat)

    error: BaseException | None = raised.value
    while error is not None:
        assert key not in f"{error!r} {error} {vars(error).get('body')}"
        error = error.__cause__
    assert key not in f"{model!r} {model} {caplog.text} {fault_of(raised.value)}"
    assert chat.headers[0]["authorization"] == f"Bearer {key}"


def test_a_proxy_variable_for_openai_does_not_break_or_move_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_PROXY", "HTTP_PROXY", "ALL_PROXY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with ChatServer(answer("yes")) as chat:
        assert ask(chat).text == "yes"


def test_invoke_works_without_a_loop() -> None:
    with ChatServer(answer("yes")) as chat:
        model = build_model(chat.spec)

        assert [model.invoke("?").text, model.invoke("?").text] == ["yes", "yes"]
