"""What a chat completion request holds, in the form that OpenAI-compatible servers take. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from clinseek.errors import ModelError
from clinseek.models.facts import Provider
from clinseek.models.names import wire_names
from clinseek.models.spec import Parameters
from clinseek.records import RAW

OPENAI = "https://api.openai.com/v1"
REASONING_FIELDS = ("reasoning_content", "reasoning")
"""Both names that servers give to reasoning; vLLM went from the first to the second."""

_THEIR_OWN = (".openai.com", ".openai.azure.com")


def is_openai(url: str) -> bool:
    """Whether a URL is OpenAI's own (or Azure's), which refuses fields that other servers take.

    >>> is_openai("https://api.openai.com/v1"), is_openai("http://127.0.0.1:8000/v1")
    (True, False)
    """
    return (urlsplit(url).hostname or "").endswith(_THEIR_OWN)


def asked_for(parameters: Parameters, *, url: str, provider: Provider) -> dict[str, Any]:
    """The fields of a request's body that `parameters` stand for at `url`.

    `extra` comes last and wins. ModelError for a parameter that OpenAI's own address has no
    field for.

    >>> asked_for(Parameters(thinking=False), url="http://gpu:8000/v1", provider="vllm")
    {'temperature': 1.0, 'max_tokens': 8192, 'chat_template_kwargs': {'enable_thinking': False}}
    >>> asked_for(Parameters(temperature=None, effort="low"), url=OPENAI, provider="openai")
    {'max_completion_tokens': 8192, 'reasoning_effort': 'low'}
    """
    own = is_openai(url)
    if own and parameters.thinking is not None:
        raise ModelError(
            "parameter thinking is for servers of open models; OpenAI's own take "
            "effort=none, minimal, low, medium, high or xhigh instead"
        )
    fields: dict[str, Any] = {
        "temperature": parameters.temperature,
        "max_completion_tokens" if own else "max_tokens": parameters.max_tokens,
        "top_p": parameters.top_p,
        "seed": parameters.seed,
        "reasoning_effort": parameters.effort,
        **_thinking(parameters, provider=provider),
    }
    told = {name: value for name, value in fields.items() if value is not None}
    return _merged(told, parameters.extra)


def _thinking(parameters: Parameters, *, provider: Provider) -> dict[str, Any]:
    thinking = parameters.thinking
    if thinking is None:
        return {}
    if isinstance(thinking, bool):
        return {"chat_template_kwargs": {"enable_thinking": thinking}}
    hint = {"chat_template_kwargs": {"enable_thinking": True, "thinking_budget": thinking}}
    # A template may heed the hint; vLLM itself ends the thinking by a field of its own.
    return {**hint, "thinking_token_budget": thinking} if provider == "vllm" else hint


def _merged(fields: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(fields)
    for name, value in extra.items():
        held = merged.get(name)
        both = isinstance(held, Mapping) and isinstance(value, Mapping)
        merged[name] = {**held, **value} if both and held is not None else value
    return merged


def with_images_in_user_turns(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The conversation with the images of tool results in a user turn after the round's results.

    Chat completions take images from the user only. The result keeps its text; the user turn
    names the call that each image came from. A user turn that stood there already is joined to
    it, since some templates refuse two in a row.
    """
    sent: list[BaseMessage] = []
    shown: list[dict[str, Any]] = []
    for message in messages:
        if shown and not isinstance(message, ToolMessage):
            if isinstance(message, HumanMessage):
                message = message.model_copy(update={"content": [*shown, *_blocks(message)]})
            else:
                sent.append(HumanMessage(list(shown)))
            shown = []
        if isinstance(message, ToolMessage) and not isinstance(message.content, str):
            message, images = _without_images(message)
            shown.extend(images)
        sent.append(message)
    return [*sent, HumanMessage(list(shown))] if shown else sent


def _without_images(message: ToolMessage) -> tuple[ToolMessage, list[dict[str, Any]]]:
    """A tool result as text alone, and its images, each behind a label."""
    images = [block for block in _blocks(message) if block.get("type") in ("image", "image_url")]
    label = f"of the result of {message.name or 'the call'} (call {message.tool_call_id})"
    labelled: list[dict[str, Any]] = []
    for number, image in enumerate(images, 1):
        labelled += [{"type": "text", "text": f"Image {number} of {len(images)} {label}:"}, image]
    note = f"(its images, {len(images)}, are in the user turn after the results)" if images else ""
    text = "\n".join(part for part in (message.text, note) if part)
    return message.model_copy(update={"content": text}), labelled


def _blocks(message: BaseMessage) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}] if message.content else []
    return [
        {"type": "text", "text": block} if isinstance(block, str) else block
        for block in message.content
    ]


def wired(payload: dict[str, Any], turns: Sequence[BaseMessage], *, own: bool) -> dict[str, Any]:
    """A payload with wire names, arguments that every template can read, and reasoning.

    `turns` are the messages that the payload was made of, one for each. OpenAI's own address
    never gives reasoning and refuses the field, so it gets none of another host's.
    """
    tools = payload.get("tools") or ()
    names = wire_names([tool["function"]["name"] for tool in tools])
    if tools:
        payload["tools"] = [_renamed(tool, names) for tool in tools]
    for sent, turn in zip(payload["messages"], turns, strict=True):
        for call in sent.get("tool_calls") or ():
            function = call["function"]
            name = function["name"]
            function["name"] = names.get(name) or wire_names([name])[name]
            function["arguments"] = _an_object(function["arguments"])
        if isinstance(turn, AIMessage) and not own:
            sent.update(_reasoning_of(turn))
    return payload


def _renamed(tool: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    function = tool["function"]
    return {**tool, "function": {**function, "name": names[function["name"]]}}


def _an_object(arguments: str) -> str:
    # Servers parse the arguments of past calls for their templates and answer 400 to others.
    if arguments.startswith("{"):
        try:
            json.loads(arguments)
        except ValueError:
            pass
        else:
            return arguments
    return json.dumps({RAW: arguments}, ensure_ascii=False)


def _reasoning_of(turn: AIMessage) -> dict[str, str]:
    """Reasoning under the name that its server gave it; none where no such server did."""
    wire = turn.additional_kwargs.get("reasoning_wire")
    name = wire.get("field") if isinstance(wire, Mapping) else None
    text = turn.additional_kwargs.get("reasoning_content")
    return {name: text} if name in REASONING_FIELDS and text else {}


def writable(payload: dict[str, Any]) -> dict[str, Any]:
    r"""A payload without halves of surrogate pairs: a tool or page may hold them, UTF-8 cannot.

    >>> writable({"content": "\ud83d ok"})
    {'content': '? ok'}
    """
    clean: dict[str, Any] = json.loads(
        json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    )
    return clean
