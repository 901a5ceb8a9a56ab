"""A vLLM server, asked once what it serves: `vllm:http://host:port` names no model.

Building asks only for the list of models, which costs no turn. Whether the server reads tool
calls out of what its model writes needs a turn, so that is tried by `clinseek models check`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, NamedTuple

from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import HumanMessage

from clinseek.errors import ModelError
from clinseek.models.connections import address_of
from clinseek.models.faults import fault_of
from clinseek.models.hosts.listing import Listed, models_at, names_of
from clinseek.models.hosts.openai import EndpointModel, endpoint_model
from clinseek.models.spec import ModelSpec


def vllm_model(spec: ModelSpec) -> EndpointModel:
    """The model that the server of a `vllm:` spec serves, with its context length.

    ModelError where nobody answers, the key is refused, the named model is not served, or
    several are served and none is named.
    """
    if spec.url is None:
        raise ModelError(f"model {str(spec)!r} names no server; write vllm:http://host:port")
    key = os.environ.get("OPENAI_API_KEY", "").strip() or None
    served = _served(models_at(spec.url, key=key), spec)
    context = spec.parameters.context or served.context_length
    named = replace(spec, name=served.name, parameters=replace(spec.parameters, context=context))
    return endpoint_model(named)


def _served(listed: list[Listed] | None, spec: ModelSpec) -> Listed:
    address = address_of(str(spec.url))
    if not listed:
        raise ModelError(
            f"the server at {address} lists no models, so it is no vLLM; name its model as "
            f"openai:NAME@{spec.url}"
        )
    if spec.name:
        found = next((each for each in listed if each.name == spec.name), None)
        if found is None:
            raise ModelError(
                f"the server at {address} has no model {spec.name!r}; it has {names_of(listed)}"
            )
        return found
    if len(listed) > 1:
        raise ModelError(
            f"the server at {address} has several models ({names_of(listed)}); name one, as in "
            f"vllm:{listed[0].name}@{spec.url}"
        )
    return listed[0]


class ToolTrial(NamedTuple):
    """Whether a host reads tool calls out of what its model writes, and what it said.

    `native` None: the model made no call at all, so nothing is known.
    """

    native: bool | None
    said: str


_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "ehr.think",
        "description": "Note a thought.",
        "parameters": {
            "type": "object",
            "properties": {"thought": {"type": "string"}},
            "required": ["thought"],
        },
    },
}
_IN_TEXT = ("<tool_call>", "<function=", "[Tool Call:", '"arguments"', "<|python_tag|>")


async def tool_trial(model: EndpointModel) -> ToolTrial:
    """One small turn with one tool: does its call come back as a call?

    A server without a tool parser refuses the request (vLLM, status 400) or leaves the call in
    the text; then the tools belong into the prompt (`?dialect=json`). Other faults of the host
    come through as they are.
    """
    asked = HumanMessage("Call the tool ehr_think with the thought 'ready'. Say nothing else.")
    try:
        answer = await model.bind_tools([_TOOL], tool_choice="auto").ainvoke([asked])
    except ModelInvalidRequestError as error:
        if "tool" not in str(error):
            raise
        return ToolTrial(native=False, said=fault_of(error).sentence)
    if answer.tool_calls:
        return ToolTrial(native=True, said="the call came back as a call")
    written = f"{answer.text} {answer.additional_kwargs.get('reasoning_content', '')}"
    if any(mark in written for mark in _IN_TEXT):
        return ToolTrial(native=False, said="the call was left in the text")
    return ToolTrial(native=None, said="the model made no call")
