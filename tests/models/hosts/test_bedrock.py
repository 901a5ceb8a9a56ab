"""Bedrock by ChatBedrockConverse: what is sent, what comes back, what is refused beforehand."""

import asyncio
import base64
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)

from clinseek.errors import ModelError
from clinseek.models import read_spec
from clinseek.models.facts import HostFacts

pytest.importorskip("langchain_aws", reason="the extra `aws` is not installed")

from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.stub import Stubber

from clinseek.models.hosts.bedrock import (
    BedrockModel,
    bedrock_model,
)

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SPEC = f"bedrock:{CLAUDE}?region=us-east-1"
USED = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 18, "cacheReadInputTokens": 3}
TOOL = {
    "type": "function",
    "function": {
        "name": "ehr.load_ehr",
        "description": "Loads.",
        "parameters": {
            "type": "object",
            "properties": {"subject_id": {"type": "string"}},
            "required": ["subject_id"],
        },
    },
}
PICTURE = base64.b64encode(b"\xff\xd8\xff picture").decode()


class Bedrock:
    """A client whose answers are scripted; `sent` holds each request as botocore checked it."""

    def __init__(self, session: Session) -> None:
        self.client = session.create_client(
            "bedrock-runtime",
            region_name="us-east-1",
            aws_access_key_id="AKIATEST",
            aws_secret_access_key="secret",
        )
        self.script = Stubber(self.client)
        self.sent: list[dict[str, Any]] = []
        self.client.meta.events.register(
            "before-parameter-build.bedrock-runtime.Converse",
            lambda params, **_: self.sent.append(dict(params)),
        )

    def says(self, *content: dict[str, Any], stop: str = "end_turn") -> None:
        message = {"role": "assistant", "content": list(content)}
        answer = {"output": {"message": message}, "stopReason": stop, "usage": USED}
        self.script.add_response("converse", {**answer, "metrics": {"latencyMs": 9}})

    def fails(self, code: str, message: str, status: int = 400) -> None:
        self.script.add_client_error("converse", code, message, status)

    def model(self, spec: str = SPEC) -> BedrockModel:
        return bedrock_model(read_spec(spec), client=self.client)


@pytest.fixture(scope="module")
def session() -> Session:
    """One session: it reads the description of the service once, which takes a while."""
    return Session()


@pytest.fixture
def bedrock(session: Session) -> Iterator[Bedrock]:
    made = Bedrock(session)
    with made.script:
        yield made


@pytest.fixture
def nothing_of_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that knows no AWS account, and no connection that is let out of it."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    def refuse(_: socket.socket, address: Any) -> None:
        pytest.fail(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def text(said: str) -> dict[str, Any]:
    return {"text": said}


def use(name: str, given: Any, call_id: str = "tooluse_1") -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call_id, "name": name, "input": given}}


def thought(said: str, signature: str) -> dict[str, Any]:
    return {"reasoningContent": {"reasoningText": {"text": said, "signature": signature}}}


def asked(model: Any, messages: list[BaseMessage]) -> AIMessage:
    answer = asyncio.run(model.ainvoke(messages))
    assert isinstance(answer, AIMessage)
    return answer


QUESTION: list[BaseMessage] = [SystemMessage("You seek."), HumanMessage("Is potassium low?")]


def test_a_turn_comes_back_with_dotless_calls_counted_tokens_and_our_word_for_its_end(
    bedrock: Bedrock,
) -> None:
    bedrock.says(
        text("I look."),
        use("ehr_load_ehr", {"subject_id": "7"}, "a"),
        use("ehr_load_ehr", {"subject_id": "8"}, "b"),
        stop="tool_use",
    )
    answer = asked(bedrock.model().bind_tools([TOOL]), QUESTION)
    assert answer.content == "I look."
    assert [(call["name"], call["args"], call["id"]) for call in answer.tool_calls] == [
        ("ehr_load_ehr", {"subject_id": "7"}, "a"),
        ("ehr_load_ehr", {"subject_id": "8"}, "b"),
    ]
    assert answer.response_metadata == {"finish_reason": "tool_calls", "model_name": CLAUDE}
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] == 13
    assert answer.usage_metadata["output_tokens"] == 5
    assert answer.usage_metadata["input_token_details"]["cache_read"] == 3


def test_a_question_is_sent_with_the_published_settings_and_names_without_dots(
    bedrock: Bedrock,
) -> None:
    bedrock.says(text("Yes."))
    asked(bedrock.model().bind_tools([TOOL]), QUESTION)
    [sent] = bedrock.sent
    assert sent["modelId"] == CLAUDE
    assert sent["inferenceConfig"] == {"maxTokens": 8192, "temperature": 1.0}
    assert sent["system"] == [{"text": "You seek."}]
    assert sent["messages"] == [{"role": "user", "content": [{"text": "Is potassium low?"}]}]
    [declared] = sent["toolConfig"]["tools"]
    assert declared["toolSpec"]["name"] == "ehr_load_ehr"
    assert declared["toolSpec"]["inputSchema"]["json"] == TOOL["function"]["parameters"]  # type: ignore[index]
    assert "additionalModelRequestFields" not in sent


def test_signed_and_encrypted_thinking_goes_back_as_it_came_even_through_a_checkpoint(
    bedrock: Bedrock,
) -> None:
    signed = thought("Labs first.", "c2lnbmVk")
    encrypted = {"reasoningContent": {"redactedContent": b"\x00\xffhidden"}}
    call = use("ehr_load_ehr", {"subject_id": "7"})
    bedrock.says(signed, encrypted, text("I look."), call, stop="tool_use")
    bedrock.says(text("Yes."))
    model = bedrock.model(f"{SPEC}&thinking=2048").bind_tools([TOOL])
    first = asked(model, QUESTION)
    assert first.additional_kwargs["reasoning_content"] == "Labs first."
    [kept] = messages_from_dict(json.loads(json.dumps(messages_to_dict([first]))))
    asked(model, [*QUESTION, kept, ToolMessage("loaded", tool_call_id="tooluse_1")])
    assert bedrock.sent[1]["messages"][1]["content"] == [signed, encrypted, text("I look."), call]


def test_thinking_between_texts_goes_back_to_its_place(bedrock: Bedrock) -> None:
    blocks = [thought("a", "s1"), text("One."), thought("b", "s2"), text("Two.")]
    bedrock.says(*blocks)
    bedrock.says(text("Yes."))
    first = asked(bedrock.model(), QUESTION)
    assert first.text == "One.Two."
    asked(bedrock.model(), [*QUESTION, first, HumanMessage("And?")])
    assert bedrock.sent[1]["messages"][1]["content"] == blocks


def test_thinking_that_no_one_signed_goes_back_to_models_that_take_it(bedrock: Bedrock) -> None:
    unsigned = {"reasoningContent": {"reasoningText": {"text": "Labs first."}}}
    for name, expected in (
        ("openai.gpt-oss-120b-1:0", [unsigned, text("One.")]),
        ("us.deepseek.r1-v1:0", [text("One.")]),
    ):
        bedrock.says(unsigned, text("One."))
        bedrock.says(text("Yes."))
        model = bedrock.model(f"bedrock:{name}?region=us-east-1")
        first = asked(model, QUESTION)
        assert first.additional_kwargs["reasoning_content"] == "Labs first."
        asked(model, [*QUESTION, first, HumanMessage("And?")])
        assert bedrock.sent[-1]["messages"][1]["content"] == expected


def test_thinking_that_another_model_signed_is_not_sent(bedrock: Bedrock) -> None:
    bedrock.says(thought("a", "s1"), text("One."))
    bedrock.says(text("Yes."))
    first = asked(bedrock.model(), QUESTION)
    nova = bedrock.model("bedrock:us.amazon.nova-pro-v1:0?region=us-east-1")
    asked(nova, [*QUESTION, first, HumanMessage("And?")])
    assert bedrock.sent[1]["messages"][1]["content"] == [text("One.")]


def test_pictures_in_tool_results_are_sent_as_bytes_of_their_format(bedrock: Bedrock) -> None:
    bedrock.says(text("A clear chest."))
    picture = {"type": "image", "base64": PICTURE, "mime_type": "image/jpeg"}
    called = {"name": "image.show", "args": {}, "id": "a", "type": "tool_call"}
    result = ToolMessage([{"type": "text", "text": "E1"}, picture], tool_call_id="a")
    shown = HumanMessage([{"type": "text", "text": "Look."}, {**picture, "mime_type": "image/png"}])
    asked(bedrock.model().bind_tools([TOOL]), [shown, AIMessage("", tool_calls=[called]), result])
    user, turn, tool = bedrock.sent[0]["messages"]
    pixels = {"bytes": base64.b64decode(PICTURE)}
    assert user["content"][1] == {"image": {"format": "png", "source": pixels}}
    assert turn["content"] == [use("image_show", {}, "a")]
    assert tool["content"][0]["toolResult"]["content"] == [
        {"text": "E1"},
        {"image": {"format": "jpeg", "source": pixels}},
    ]


def test_a_failed_call_is_told_as_failed_and_all_results_of_a_turn_stand_together(
    bedrock: Bedrock,
) -> None:
    bedrock.says(text("Yes."))
    calls = [{"name": "ehr.load_ehr", "args": {}, "id": each, "type": "tool_call"} for each in "ab"]
    results = [
        ToolMessage("no such patient", tool_call_id="a", status="error"),
        ToolMessage("loaded", tool_call_id="b"),
    ]
    asked(
        bedrock.model().bind_tools([TOOL]),
        [*QUESTION, AIMessage("", tool_calls=calls), *results],
    )
    [*_, last] = bedrock.sent[0]["messages"]
    assert [part["toolResult"]["status"] for part in last["content"]] == ["error", "success"]


def test_a_conversation_with_calls_keeps_them_where_no_tools_are_bound(bedrock: Bedrock) -> None:
    bedrock.says(text("Yes."))
    called = {"name": "ehr.load_ehr", "args": {}, "id": "a", "type": "tool_call"}
    turns = [AIMessage("", tool_calls=[called]), ToolMessage("loaded", tool_call_id="a")]
    asked(bedrock.model(), [*QUESTION, *turns, HumanMessage("Conclude.")])
    [sent] = bedrock.sent
    assert sent["messages"][1]["content"] == [use("ehr_load_ehr", {}, "a")]
    assert [tool["toolSpec"]["name"] for tool in sent["toolConfig"]["tools"]] == ["ehr_load_ehr"]


def test_names_and_ids_that_bedrock_would_refuse_are_made_to_fit(bedrock: Bedrock) -> None:
    bedrock.says(text("Yes."))
    called = {"name": "no such tool!" * 9, "args": {}, "id": "call é", "type": "tool_call"}
    turns = [AIMessage("", tool_calls=[called]), ToolMessage("none", tool_call_id="call é")]
    asked(bedrock.model(), [*QUESTION, *turns])
    _, turn, result = bedrock.sent[0]["messages"]
    sent = turn["content"][0]["toolUse"]
    assert re.fullmatch(r"no_such_tool_no_such_tool_[a-zA-Z0-9_-]{1,38}", sent["name"])
    assert sent["toolUseId"].startswith("call__-")
    assert result["content"][0]["toolResult"]["toolUseId"] == sent["toolUseId"]


def test_what_was_sent_leaves_the_conversation_as_it_was(bedrock: Bedrock) -> None:
    bedrock.says(text("Yes."))
    turns = [*QUESTION, AIMessage("Thinking aloud.  \n")]
    before = messages_to_dict(turns)
    asked(bedrock.model(), turns)
    assert messages_to_dict(turns) == before


@pytest.mark.parametrize("given", [["7"], "7", 7])
def test_arguments_that_are_no_object_are_an_invalid_call(bedrock: Bedrock, given: Any) -> None:
    bedrock.says(use("ehr_load_ehr", given), stop="tool_use")
    answer = asked(bedrock.model().bind_tools([TOOL]), QUESTION)
    assert answer.tool_calls == []
    assert [call["args"] for call in answer.invalid_tool_calls] == [str(given)]


@pytest.mark.parametrize(
    ("bedrocks", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("refusal", "refusal"),
    ],
)
def test_each_end_has_one_word(bedrock: Bedrock, bedrocks: str, ours: str) -> None:
    bedrock.says(text("So."), stop=bedrocks)
    assert asked(bedrock.model(), QUESTION).response_metadata["finish_reason"] == ours


def test_throttling_is_raised_at_once_as_botocore_says_it(bedrock: Bedrock) -> None:
    bedrock.fails("ThrottlingException", "Too many requests", 429)
    with pytest.raises(ClientError, match="ThrottlingException"):
        asked(bedrock.model(), QUESTION)
    assert len(bedrock.sent) == 1


def test_a_prompt_that_is_too_long_is_a_context_overflow(bedrock: Bedrock) -> None:
    bedrock.fails("ValidationException", "prompt is too long: 300000 tokens > 200000 maximum")
    with pytest.raises(ContextOverflowError, match="300000"):
        asked(bedrock.model(), QUESTION)


def test_another_fault_of_the_request_is_raised_with_its_words(bedrock: Bedrock) -> None:
    bedrock.fails("ValidationException", "The provided model identifier is invalid.")
    with pytest.raises(ClientError, match="model identifier is invalid"):
        asked(bedrock.model(), QUESTION)


def test_two_hundred_turns_are_under_way_at_one_time(bedrock: Bedrock) -> None:
    bedrock.script.deactivate()
    all_there = threading.Barrier(200, timeout=30)

    class Answered:
        status_code = 200

    def wait_for_all(**_: Any) -> tuple[Answered, dict[str, Any]]:
        all_there.wait()
        message = {"role": "assistant", "content": [text("Yes.")]}
        return Answered(), {"output": {"message": message}, "stopReason": "end_turn", "usage": USED}

    bedrock.client.meta.events.register("before-call.bedrock-runtime.Converse", wait_for_all)
    model = bedrock.model()

    async def all_of_them() -> list[AIMessage]:
        return await asyncio.gather(*(model.ainvoke(QUESTION) for _ in range(200)))

    assert {answer.content for answer in asyncio.run(all_of_them())} == {"Yes."}


def test_a_cancelled_turn_does_not_wait_for_its_answer(bedrock: Bedrock) -> None:
    bedrock.script.deactivate()
    under_way, let_go = threading.Event(), threading.Event()

    def stall(**_: Any) -> None:
        under_way.set()
        let_go.wait(30)
        raise ConnectionError

    bedrock.client.meta.events.register("before-call.bedrock-runtime.Converse", stall)

    async def cancelled() -> bool:
        turn = asyncio.create_task(bedrock.model().ainvoke(QUESTION))
        await asyncio.to_thread(under_way.wait, 30)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        return let_go.is_set()

    assert asyncio.run(cancelled()) is False
    let_go.set()


@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ("thinking=on", {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ("thinking=4000", {"thinking": {"type": "enabled", "budget_tokens": 4000}}),
        ("thinking=off", None),
        ('extra={"top_k": 20}', {"top_k": 20}),
    ],
)
def test_thinking_and_what_is_extra_go_into_the_models_own_fields(
    bedrock: Bedrock, parameters: str, fields: dict[str, Any] | None
) -> None:
    bedrock.says(text("Yes."))
    asked(bedrock.model(f"{SPEC}&{parameters}"), QUESTION)
    assert bedrock.sent[0].get("additionalModelRequestFields") == fields


@pytest.mark.parametrize(
    ("name", "parameters", "fields"),
    [
        ("us.anthropic.claude-opus-4-6-v1", "thinking=on", {"thinking": {"type": "adaptive"}}),
        ("us.anthropic.claude-sonnet-5", "thinking=off", {"thinking": {"type": "disabled"}}),
        (
            "us.anthropic.claude-opus-4-6-v1",
            "effort=high",
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        ("openai.gpt-oss-120b-1:0", "effort=low", {"reasoning_effort": "low"}),
    ],
)
def test_each_family_is_made_to_think_in_its_own_words(
    bedrock: Bedrock, name: str, parameters: str, fields: dict[str, Any]
) -> None:
    bedrock.says(text("Yes."))
    asked(bedrock.model(f"bedrock:{name}?region=us-east-1&{parameters}"), QUESTION)
    assert bedrock.sent[0]["additionalModelRequestFields"] == fields


@pytest.mark.parametrize(
    ("name", "parameters", "config"),
    [
        (CLAUDE, "temperature=0", {"maxTokens": 8192, "temperature": 0.0}),
        (CLAUDE, "top_p=0.9", {"maxTokens": 8192, "topP": 0.9}),
        (CLAUDE, "thinking=on&max_tokens=2000", {"maxTokens": 2000}),
        ("us.anthropic.claude-opus-4-7", "effort=low", {"maxTokens": 8192}),
        (CLAUDE, "max_tokens=500000", {"maxTokens": 64000, "temperature": 1.0}),
    ],
)
def test_sampling_is_told_as_far_as_the_model_takes_it(
    bedrock: Bedrock, name: str, parameters: str, config: dict[str, Any]
) -> None:
    bedrock.says(text("Yes."))
    asked(bedrock.model(f"bedrock:{name}?region=us-east-1&{parameters}"), QUESTION)
    assert bedrock.sent[0]["inferenceConfig"] == config


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("seed=1", "seed is not offered on Bedrock"),
        ("stream=on", "stream is not offered on Bedrock"),
        ("temperature=1.5", "from 0 to 1"),
        ("temperature=0&thinking=on", "temperature is 1, as it thinks"),
        ("thinking=100", "1,024 tokens at least"),
        ("thinking=9000", "less than max_tokens"),
        ("effort=high", "not known to take any"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(bedrock: Bedrock, parameters: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        bedrock.model(f"{SPEC}&{parameters}")


@pytest.mark.parametrize(
    ("region", "said"),
    [("us-est-1", "no AWS region 'us-est-1'"), ("eu-central-1", "another geography")],
)
def test_a_region_that_cannot_have_the_model_is_told_beforehand(region: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        bedrock_model(read_spec(f"bedrock:{CLAUDE}?region={region}"))


def test_thinking_of_a_family_without_a_known_switch_is_refused_with_a_way(
    bedrock: Bedrock,
) -> None:
    with pytest.raises(ModelError, match="effort=low"):
        bedrock.model("bedrock:openai.gpt-oss-120b-1:0?region=us-east-1&thinking=on")


def test_the_facts_tell_where_requests_go_and_what_the_model_takes(bedrock: Bedrock) -> None:
    assert bedrock.model().facts == HostFacts(
        provider="bedrock",
        address="bedrock-runtime.us-east-1.amazonaws.com",
        context_length=200_000,
        max_output=8192,
        takes_images=True,
    )
    told = bedrock.model(f"{SPEC}&context=9000&images=off&concurrency=4").facts
    assert (told.context_length, told.takes_images, told.concurrency) == (9000, False, 4)


@pytest.mark.usefixtures("nothing_of_aws")
def test_a_spec_without_a_region_says_where_to_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"needs a region.*AWS_REGION"):
        bedrock_model(read_spec(f"bedrock:{CLAUDE}"))
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert bedrock_model(read_spec(f"bedrock:{CLAUDE}")).facts.address == (
        "bedrock-runtime.us-west-2.amazonaws.com"
    )


@pytest.mark.usefixtures("nothing_of_aws")
def test_no_gateway_of_another_firm_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_GATEWAY", "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "key")
    model = bedrock_model(read_spec(SPEC))
    assert model.client.meta.endpoint_url == "https://bedrock-runtime.us-east-1.amazonaws.com"


@pytest.mark.usefixtures("nothing_of_aws")
def test_an_arn_names_its_region_and_its_model() -> None:
    profile = f"arn:aws:bedrock:us-west-2:123456789012:inference-profile/{CLAUDE}"
    model = bedrock_model(read_spec(f"bedrock:{profile}"))
    assert model.facts.address == "bedrock-runtime.us-west-2.amazonaws.com"
    assert model.facts.context_length == 200_000
    own = "arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/ab12"
    assert bedrock_model(read_spec(f"bedrock:{own}")).facts.context_length is None


@pytest.mark.usefixtures("nothing_of_aws")
def test_without_credentials_it_is_said_before_anything_is_sent() -> None:
    with pytest.raises(ModelError, match="needs AWS credentials; set AWS_PROFILE"):
        bedrock_model(read_spec(SPEC)).check_host()


@pytest.mark.usefixtures("nothing_of_aws")
def test_credentials_that_ran_out_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    with pytest.raises(ModelError, match="expired"):
        bedrock_model(read_spec(SPEC)).check_host()


@pytest.mark.usefixtures("nothing_of_aws")
def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ward")
    with pytest.raises(ModelError, match="ward"):
        bedrock_model(read_spec(SPEC)).check_host()


@pytest.mark.usefixtures("nothing_of_aws")
def test_a_key_of_bedrock_itself_is_enough_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://bedrock.invalid")
    with pytest.raises(ModelError, match=r"connect to the endpoint .*bedrock\.invalid"):
        bedrock_model(read_spec(SPEC)).check_host()


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("UnrecognizedClientException", 403, "The security token included is invalid"),
        ("AccessDeniedException", 403, "You don't have access to the model"),
        ("ResourceNotFoundException", 404, "Could not resolve the foundation model"),
        ("ValidationException", 400, "The provided model identifier is invalid."),
    ],
)
def test_a_refusal_is_told_before_a_record_is_opened(
    bedrock: Bedrock, code: str, status: int, told: str
) -> None:
    bedrock.fails(code, told, status)
    with pytest.raises(ModelError, match=told):
        bedrock.model().check_host()
    assert bedrock.sent[0]["inferenceConfig"] == {"maxTokens": 1}


def test_a_host_that_is_busy_or_dislikes_the_one_word_is_there(bedrock: Bedrock) -> None:
    bedrock.fails("ThrottlingException", "Too many requests", 429)
    bedrock.fails("ValidationException", "max_tokens must be 16 at least")
    bedrock.says({"text": "Hi"})
    for _ in range(3):
        bedrock.model().check_host()
    assert len(bedrock.sent) == 3


def test_a_model_that_answered_is_not_asked_again_for_each_run(bedrock: Bedrock) -> None:
    bedrock.says({"text": "Hi"})
    model = bedrock.model()
    model.check_host()
    model.check_host()
    assert len(bedrock.sent) == 1
