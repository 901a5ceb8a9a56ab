"""A vLLM server is asked what it serves, and nothing more before the first turn."""

import pytest
from langchain_core.exceptions import ModelInvalidRequestError

from clinseek.errors import ModelError
from clinseek.models import build_model, facts_of
from clinseek.models.faults import fault_of
from clinseek.models.hosts.openai import EndpointModel
from tests.models.server import ChatServer, Reply, answer, refused

QWEN = {"id": "Qwen/Qwen3.5-35B-A3B", "max_model_len": 131072, "owned_by": "vllm"}
LORA = {"id": "clinseek-lora", "max_model_len": None, "owned_by": "vllm", "parent": QWEN["id"]}


def built(spec: str) -> EndpointModel:
    model = build_model(spec)
    assert isinstance(model, EndpointModel)
    return model


def test_the_one_model_is_taken_with_its_context_length_and_no_turn_is_spent() -> None:
    with ChatServer(listing={"data": [QWEN]}) as chat:
        model = built(f"vllm:http://127.0.0.1:{chat.port}")

    assert model.model_name == "Qwen/Qwen3.5-35B-A3B"
    facts = facts_of(model)
    assert (facts.provider, facts.context_length) == ("vllm", 131072)
    assert not chat.requests


def test_several_models_are_told_with_how_to_choose() -> None:
    with ChatServer(listing={"data": [QWEN, LORA]}) as chat:
        with pytest.raises(
            ModelError, match=r"several models \(Qwen/.*, clinseek-lora\); name one"
        ):
            built(f"vllm:{chat.url}")

        assert built(f"vllm:clinseek-lora@{chat.url}").model_name == "clinseek-lora"


def test_a_model_that_is_not_served_is_told() -> None:
    with (
        ChatServer(listing={"data": [QWEN]}) as chat,
        pytest.raises(ModelError, match="has no model 'other'; it has Qwen"),
    ):
        built(f"vllm:other@{chat.url}")


@pytest.mark.parametrize("listing", [Reply(body={"data": []}), refused(404)])
def test_a_server_without_a_list_is_no_vllm(listing: Reply) -> None:
    with (
        ChatServer(listing=listing) as chat,
        pytest.raises(ModelError, match="name its model as openai:NAME@http"),
    ):
        built(f"vllm:{chat.url}")


def test_a_context_length_that_the_user_named_stands() -> None:
    with ChatServer(listing={"data": [QWEN]}) as chat:
        assert facts_of(built(f"vllm:{chat.url}?context=4096")).context_length == 4096


def test_a_thinking_budget_is_vllms_own_field() -> None:
    with ChatServer(answer("yes"), listing={"data": [QWEN]}) as chat:
        built(f"vllm:{chat.url}?thinking=512").invoke("?")

    assert chat.requests[0]["thinking_token_budget"] == 512
    assert chat.requests[0]["chat_template_kwargs"]["enable_thinking"] is True


def test_a_server_started_without_a_tool_parser_is_told_by_the_first_turn() -> None:
    refusal = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser'
    with (
        ChatServer(refused(400, refusal), listing={"data": [QWEN]}) as chat,
        pytest.raises(ModelInvalidRequestError) as raised,
    ):
        built(f"vllm:{chat.url}").invoke("?")

    fault = fault_of(raised.value)
    assert fault.kind == "lasting"
    assert "?dialect=json" in fault.sentence
