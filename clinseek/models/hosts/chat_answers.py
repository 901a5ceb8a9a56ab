"""A chat completion, plain or streamed, as one message. Pure.

A streamed answer is put together in the shape of a plain one first, so that both are read by the
same rules and give the same message.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call

from clinseek.models.hosts.chat_requests import REASONING_FIELDS

FinishReason = Literal["stop", "tool_calls", "length", "content_filter", "refusal"]

_FINISH: Mapping[str, FinishReason] = {
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "refusal": "refusal",
}
BROKEN_OFF = ("abort", "error")
"""The reasons by which a server says that it gave up in the middle of an answer."""


def shape_fault(completion: Any) -> str | None:
    """Why a body is no chat completion; None where it is one.

    >>> shape_fault({"choices": []})
    'it holds no choices'
    """
    if not isinstance(completion, Mapping):
        return f"it is {type(completion).__name__}, not an object"
    if "choices" not in completion:
        return f"it has no choices, but {', '.join(map(str, list(completion)[:6])) or 'nothing'}"
    choices = completion["choices"]
    if not isinstance(choices, Sequence) or isinstance(choices, str) or not choices:
        return "it holds no choices"
    if not isinstance(choices[0], Mapping) or not isinstance(choices[0].get("message"), Mapping):
        return "its choice holds no message"
    return None


def message_of(completion: Mapping[str, Any], *, model: str) -> AIMessage:
    """The message of a completion that has no `shape_fault`; `model` where it names none.

    Arguments that are no JSON object make an invalid call that holds the model's own text.
    """
    choice = completion["choices"][0]
    said = choice["message"]
    reasoning, text = _parts(said)
    calls, invalid = _calls(said.get("tool_calls"))
    refusal = said.get("refusal")
    reason = _finish_reason(choice.get("finish_reason"), calling=bool(calls or invalid))
    return AIMessage(
        content=_writable(refusal if refusal and not text else text),
        additional_kwargs=reasoning,
        tool_calls=calls,
        invalid_tool_calls=invalid,
        usage_metadata=_usage(completion.get("usage")),
        response_metadata={
            "finish_reason": "refusal" if refusal else reason,
            "model_name": completion.get("model") or model,
        },
    )


def _parts(said: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Reasoning as it is kept, and the text."""
    content = said.get("content")
    text = content if isinstance(content, str) else _text_in(content, "text")
    for name in REASONING_FIELDS:
        held = said.get(name)
        if isinstance(held, str) and held:
            return {"reasoning_content": _writable(held), "reasoning_wire": {"field": name}}, text
    return {}, text


def _text_in(blocks: Any, kind: str) -> str:
    if not isinstance(blocks, Sequence):
        return ""
    found = (block for block in blocks if isinstance(block, Mapping) and block.get("type") == kind)
    return "".join(str(block.get("text") or "") for block in found)


def _calls(sent: Any) -> tuple[list[Any], list[Any]]:
    """The calls and the invalid calls of a message."""
    sound: list[Any] = []
    invalid: list[Any] = []
    for call in sent or ():
        function = call.get("function") or {}
        name, raw = str(function.get("name") or ""), function.get("arguments")
        identity = str(call.get("id") or f"call_{uuid.uuid4().hex[:16]}")
        arguments = raw if isinstance(raw, dict) else _object_in(raw)
        if arguments is not None and name:
            sound.append(tool_call(name=name, args=arguments, id=identity))
        else:
            why = "the arguments are not one JSON object" if name else "the call names no tool"
            invalid.append(invalid_tool_call(name=name, args=str(raw), id=identity, error=why))
    return sound, invalid


def _object_in(raw: Any) -> dict[str, Any] | None:
    if raw is None or not str(raw).strip():
        return {}
    try:
        read = json.loads(str(raw), strict=False)  # a raw newline in a string is no harm
    except (ValueError, RecursionError):
        return None
    if read is None:
        return {}
    if isinstance(read, dict) and "\\ud" in str(raw).lower():
        # Half a surrogate pair, which no file and no request could hold.
        read = json.loads(_writable(json.dumps(read, ensure_ascii=False)))
    return read if isinstance(read, dict) else None


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _finish_reason(word: Any, *, calling: bool) -> FinishReason:
    known = _FINISH.get(str(word or "").lower())
    return known or ("tool_calls" if calling else "stop")


def _usage(counted: Any) -> UsageMetadata | None:
    """The server's count; None where it counted nothing, so that it is estimated."""
    if not isinstance(counted, Mapping):
        return None
    sent, said = _count(counted, "prompt_tokens"), _count(counted, "completion_tokens")
    if not sent and not said:
        return None
    usage = UsageMetadata(input_tokens=sent, output_tokens=said, total_tokens=sent + said)
    cached = _count(counted.get("prompt_tokens_details"), "cached_tokens") or _count(
        counted, "prompt_cache_hit_tokens"
    )
    thought = _count(counted.get("completion_tokens_details"), "reasoning_tokens") or _count(
        counted, "reasoning_tokens"
    )
    if cached:
        usage["input_token_details"] = InputTokenDetails(cache_read=cached)
    if thought:
        usage["output_token_details"] = OutputTokenDetails(reasoning=thought)
    return usage


def _count(held: Any, name: str) -> int:
    value = held.get(name) if isinstance(held, Mapping) else None
    return value if isinstance(value, int) and value > 0 else 0


class Assembly:
    """A completion put together from the chunks of a stream."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._texts: dict[str, list[str]] = {}
        self._calls: list[dict[str, Any]] = []
        self._at: dict[int, dict[str, Any]] = {}
        self._model: str | None = None
        self._usage: Any = None

    def add(self, chunk: Mapping[str, Any]) -> str:
        """Take one chunk in; the text that it adds to the answer."""
        self._model = chunk.get("model") or self._model
        self._usage = chunk.get("usage") or self._usage
        choices = chunk.get("choices") or ()
        if not choices:
            return ""
        choice = choices[0]
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        delta = choice.get("delta") or {}
        for name in ("content", "refusal", *REASONING_FIELDS):
            piece = delta.get(name)
            if isinstance(piece, str) and piece:
                self._texts.setdefault(name, []).append(piece)
        for piece in delta.get("tool_calls") or ():
            self._add_call(piece)
        said = delta.get("content")
        return said if isinstance(said, str) else ""

    def completion(self) -> dict[str, Any]:
        """What a plain answer would have been."""
        texts = {name: "".join(pieces) for name, pieces in self._texts.items()}
        calls = [
            {
                **call,
                "function": {"name": call["name"], "arguments": "".join(call["arguments"])},
            }
            for call in self._calls
        ]
        message = {"role": "assistant", **texts, "tool_calls": calls}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return {"model": self._model, "choices": [choice], "usage": self._usage}

    def _add_call(self, piece: Mapping[str, Any]) -> None:
        function = piece.get("function") or {}
        call = self._call_of(piece, named=bool(function.get("name")))
        call["id"] = call["id"] or piece.get("id")
        call["name"] = call["name"] or function.get("name")
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        call["arguments"].append(arguments or "")

    def _call_of(self, piece: Mapping[str, Any], *, named: bool) -> dict[str, Any]:
        """The call that a piece goes on with, by its index; a new one where it begins one.

        Some servers give no index, or the same one to every call: there a new id with a name
        begins a call.
        """
        index = piece.get("index")
        at = index if isinstance(index, int) else max(len(self._calls) - 1, 0)
        held = self._at.get(at)
        other = held is not None and piece.get("id") and held["id"] and piece["id"] != held["id"]
        if held is None or (other and named):
            held = {"id": None, "type": "function", "name": None, "arguments": []}
            self._at[at] = held
            self._calls.append(held)
        return held
