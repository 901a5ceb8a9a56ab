"""A chat model behind an OpenAI-compatible endpoint, with the three repairs that runs need.

Tool names travel with an underscore where ours have a dot (providers refuse the dot); reasoning
comes back and is sent again (the client drops it); call arguments that are JSON but no object
become invalid calls that can be answered (the client raises).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import httpx
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

_TIMEOUT = httpx.Timeout(600.0, connect=10.0)
_REASONING = ("reasoning_content", "reasoning")  # vLLM renamed the field; both are in use


def endpoint_model(name: str, url: str | None) -> EndpointModel:
    """The model `name` at `url` (None: OpenAI), with connections of its own."""
    return EndpointModel(
        model=name,
        base_url=url,
        api_key=SecretStr(os.environ.get("OPENAI_API_KEY") or "none"),
        max_retries=0,  # the graph tries again itself, and tells waiting from working
        timeout=_TIMEOUT,
        disable_streaming=True,
        http_async_client=httpx.AsyncClient(timeout=_TIMEOUT),
    )


def wire_name(name: str) -> str:
    """A tool's name as providers accept it: the first dot is an underscore.

    >>> wire_name("ehr.load_ehr")
    'ehr_load_ehr'
    """
    return name.replace(".", "_", 1)


class EndpointModel(ChatOpenAI):
    """ChatOpenAI with dotted tool names on our side and reasoning kept."""

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if "tools" in payload:
            payload["tools"] = [_wired_tool(tool) for tool in payload["tools"]]
        turns = self._convert_input(input_).to_messages()
        for sent, turn in zip(payload.get("messages", []), turns, strict=False):
            for call in sent.get("tool_calls") or ():
                call["function"]["name"] = wire_name(call["function"]["name"])
            if isinstance(turn, AIMessage):
                sent.update(_reasoning_in(turn.additional_kwargs))
        return payload

    def _create_chat_result(
        self, response: Any, generation_info: dict[str, Any] | None = None
    ) -> ChatResult:
        answered = response if isinstance(response, dict) else response.model_dump(warnings=False)
        for choice in answered.get("choices") or ():
            for call in choice["message"].get("tool_calls") or ():
                _break_what_is_no_object(call["function"])
        result = super()._create_chat_result(answered, generation_info)
        for choice, generation in zip(answered["choices"], result.generations, strict=True):
            generation.message.additional_kwargs.update(_reasoning_in(choice["message"]))
        return result


def _wired_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    return {**tool, "function": {**function, "name": wire_name(function["name"])}}


def _reasoning_in(held: Mapping[str, Any]) -> dict[str, Any]:
    return {field: held[field] for field in _REASONING if held.get(field)}


def _break_what_is_no_object(function: dict[str, Any]) -> None:
    # "[1, 2]" parses, and the client then raises out of the whole turn. A text that does not
    # parse is kept as an invalid call instead, and its call can be answered with the reason.
    try:
        parsed = json.loads(function["arguments"] or "{}")
    except ValueError:
        return
    if parsed is None:
        function["arguments"] = "{}"
    elif not isinstance(parsed, dict):
        function["arguments"] = f"not an object: {function['arguments']}"
