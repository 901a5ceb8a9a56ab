"""Messages in the shape that Bedrock's Converse takes and gives, without what gets lost between.

ChatBedrockConverse turns LangChain's blocks into Converse's; here stands what runs need besides:
names that the service accepts, reasoning kept as plain text for us and signed for the service,
calls whose input is no object, and one word for why a turn ended. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import invalid_tool_call, tool_call

from clinseek.models.names import wire_names

HOST = "bedrock"
NO_OBJECT = "not_an_object"
"""Where an input that is no JSON object waits, inside an object, until it is an invalid call."""

_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_.:-]")
_LONGEST = 64
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "malformed_model_output": "stop",
    "malformed_tool_use": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "refusal",
}


def wire_tool_name(name: str) -> str:
    """A tool's name as Bedrock accepts it: `[a-zA-Z0-9_-]`, 1 to 64 characters.

    >>> wire_tool_name("ehr.load_ehr"), wire_tool_name("no such tool")
    ('ehr_load_ehr', 'no_such_tool')
    """
    return wire_names([name])[name]


def wire_id(call_id: str) -> str:
    """A call's id as Bedrock accepts it; one that has to change keeps its difference as a hash.

    >>> wire_id("tooluse_kZ1"), wire_id("functions.ehr.load_ehr:0"), wire_id("a b")
    ('tooluse_kZ1', 'functions.ehr.load_ehr:0', 'a_b-c8687a08')
    """
    fitting = _NOT_IN_IDS.sub("_", call_id)
    if fitting == call_id and 0 < len(call_id) <= _LONGEST:
        return call_id
    mark = hashlib.sha256(call_id.encode()).hexdigest()[:8]
    return f"{fitting[: _LONGEST - 9]}-{mark}"


def wire_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's OpenAI schema as a Converse tool; its parameters go through untouched."""
    function = tool["function"]
    name = wire_tool_name(function["name"])
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    described = function.get("description") or name
    return {"toolSpec": {"name": name, "description": described, "inputSchema": {"json": schema}}}


def tools_called(messages: Iterable[BaseMessage]) -> list[dict[str, Any]]:
    """A declaration, by name alone, of each tool that the conversation has called.

    Converse refuses a conversation with calls in it where no tool is declared. Declared so, the
    calls, their results and their signed reasoning stand as they were, instead of as prose.
    """
    names = {
        wire_tool_name(call["name"]): None
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    return [
        wire_tool({"function": {"name": name, "description": "Called earlier; not to be called."}})
        for name in names
    ]


def wired(message: BaseMessage, *, model: str) -> BaseMessage:
    """`message` as `model` is to get it; a copy, for what sends it writes into what it is given."""
    if isinstance(message, AIMessage):
        calls = [
            tool_call(
                name=wire_tool_name(call["name"]),
                args=call["args"],
                id=wire_id(call["id"] or ""),
            )
            for call in message.tool_calls
        ]
        return AIMessage(_blocks(message, model=model), tool_calls=calls)  # type: ignore[arg-type]
    if isinstance(message, ToolMessage):
        return message.model_copy(update={"tool_call_id": wire_id(message.tool_call_id)}, deep=True)
    return message.model_copy(deep=True)


def _blocks(message: AIMessage, *, model: str) -> list[dict[str, Any]]:
    """The text of a turn with the reasoning that `model` gave it, each where it stood."""
    # Blocks without a `type` are Bedrock's own and go through untouched: langchain-aws inspects
    # each of the others for a millisecond, again in every round.
    blocks: list[dict[str, Any]] = [
        {"text": text} for text in _texts(message.content) if text.strip()
    ]
    wire = message.additional_kwargs.get("reasoning_wire")
    if isinstance(wire, Mapping) and wire.get("host") == HOST and wire.get("model") == model:
        for held in wire["blocks"]:
            blocks.insert(held["at"], _opened(held))
    return blocks


def _texts(content: str | Sequence[Any]) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [
        block if isinstance(block, str) else block["text"]
        for block in content
        if isinstance(block, str) or block.get("type") == "text"
    ]


def _opened(held: Mapping[str, Any]) -> dict[str, Any]:
    if "redacted" in held:
        return {"reasoningContent": {"redactedContent": base64.b64decode(held["redacted"])}}
    told = {name: held[name] for name in ("text", "signature") if name in held}
    if "signature" in told:
        return {"reasoningContent": {"reasoningText": {"text": "", **told}}}
    # Which models take reasoning back that no one signed is known to langchain-aws.
    return {"type": "reasoning_content", "reasoning_content": told}


def without_arrays(response: Mapping[str, Any]) -> None:
    """Put each call input that is no object inside one, in place: the client raises otherwise."""
    message = response.get("output", {}).get("message", {})
    for block in message.get("content", ()):
        use = block.get("toolUse")
        if use is not None and not isinstance(use.get("input"), dict):
            given = use.get("input")
            use["input"] = {} if given in (None, "") else {NO_OBJECT: given}


def answer_of(given: AIMessage, *, model: str, base_model: str) -> AIMessage:
    """The turn that ChatBedrockConverse read, in the shape that every host's turns have.

    `base_model` names the family for which signed reasoning is valid, `model` stands in the
    record. Text is a string; reasoning is plain in `reasoning_content` and, as Bedrock wants it
    back, in `reasoning_wire` (plain JSON, so that a checkpoint or a record can hold it).
    """
    whole = [{"type": "text", "text": given.content}]
    blocks: list[Any] = whole if isinstance(given.content, str) else given.content
    shown = [block for block in blocks if block["type"] in ("text", "reasoning_content")]
    shown = [block for block in shown if block["type"] != "text" or block["text"].strip()]
    texts = [block["text"] for block in shown if block["type"] == "text"]
    kept = [
        {"at": at, **_closed(block["reasoning_content"])}
        for at, block in enumerate(shown)
        if block["type"] == "reasoning_content"
    ]
    broken = [call for call in given.tool_calls if NO_OBJECT in call["args"]]
    raw = given.response_metadata
    answer = AIMessage(
        # A list only where reasoning stands between texts and must find its place again.
        content=[_text(text) for text in texts] if kept and len(texts) > 1 else "".join(texts),
        tool_calls=[call for call in given.tool_calls if call not in broken],
        invalid_tool_calls=[
            invalid_tool_call(
                name=call["name"],
                args=str(call["args"][NO_OBJECT]),
                id=call["id"],
                error="the arguments are no JSON object",
            )
            for call in broken
        ],
        usage_metadata=given.usage_metadata,
        response_metadata={
            "finish_reason": _FINISH.get(raw.get("stopReason", ""), "stop"),
            "model_name": model,
        },
    )
    if kept:
        plain = "\n\n".join(held["text"] for held in kept if held.get("text"))
        answer.additional_kwargs["reasoning_content"] = plain
        answer.additional_kwargs["reasoning_wire"] = {
            "host": HOST,
            "model": base_model,
            "blocks": kept,
        }
    return answer


def _text(text: str) -> str | dict[Any, Any]:
    return {"type": "text", "text": text}


def _closed(reasoning: Mapping[str, Any]) -> dict[str, Any]:
    """A reasoning block as plain JSON: what is encrypted, and so bytes, in base64."""
    if "redacted_content" in reasoning:
        return {"redacted": base64.b64encode(reasoning["redacted_content"]).decode("ascii")}
    return {name: reasoning[name] for name in ("text", "signature") if reasoning.get(name)}
