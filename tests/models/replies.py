"""What a scripted server says: completions, errors, and all that can go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

Body = dict[str, Any]

_PIECE = 3


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One reply in full. `events` are the data lines of a stream; a `body` that is a completion
    is made into events where the request asks for a stream. `cut_after` events (of a plain body:
    bytes) the connection is closed; after the first event the server is silent for `stall` seconds.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    events: Sequence[str] | None = None
    delay: float = 0.0
    stall: float = 0.0
    cut_after: int | None = None


Scripted = Body | int | Reply | Callable[[Body], "Body | int | Reply"]


def answer(
    text: str = "",
    calls: Sequence[tuple[str, str]] = (),
    *,
    reasoning: str | None = None,
    field: str = "reasoning_content",
    finish: str | None = None,
    usage: Body | None = None,
    **message: Any,
) -> Body:
    """A completion as a server would give it."""
    said: Body = {"role": "assistant", "content": text or None, **message}
    if reasoning is not None:
        said[field] = reasoning
    if calls:
        said["tool_calls"] = [
            {
                "id": f"call_{at}_{crc32(repr((text, calls)).encode())}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for at, (name, arguments) in enumerate(calls)
        ]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "tiny",
        "choices": [
            {
                "index": 0,
                "message": said,
                "finish_reason": finish or ("tool_calls" if calls else "stop"),
            }
        ],
        "usage": usage or {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def refused(
    status: int, message: str = "no", *, retry_after: str | float | None = None, **error: Any
) -> Reply:
    """An error as OpenAI words it."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    body = {"error": {"message": message, "type": None, "param": None, "code": None, **error}}
    return Reply(status=status, body=body, headers=headers)


def events_of(completion: Body) -> Iterator[str]:
    """The data lines of a completion as a stream: in small pieces, calls side by side."""
    message = completion["choices"][0]["message"]
    for delta in _deltas(message):
        yield json.dumps(_chunk_of(completion, delta, None))
    yield json.dumps(_chunk_of(completion, {}, completion["choices"][0]["finish_reason"]))
    yield json.dumps(
        {**_chunk_of(completion, {}, None), "choices": [], "usage": completion["usage"]}
    )
    yield "[DONE]"


def _chunk_of(completion: Body, delta: Body, finish: str | None) -> Body:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "model": completion["model"], "choices": [choice]}


def _deltas(message: Body) -> Iterator[Body]:
    yield {"role": "assistant", "content": ""}
    for name in ("reasoning_content", "reasoning", "content", "refusal"):
        for piece in _pieces(message.get(name) or ""):
            yield {name: piece}
    calls = message.get("tool_calls") or []
    for at, call in enumerate(calls):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield {"tool_calls": [{**call, "index": at, "function": function}]}
    left = [list(_pieces(call["function"]["arguments"])) for call in calls]
    while any(left):
        for at, pieces in enumerate(left):
            if pieces:
                yield {"tool_calls": [{"index": at, "function": {"arguments": pieces.pop(0)}}]}


def _pieces(text: str) -> Iterator[str]:
    for at in range(0, len(text), _PIECE):
        yield text[at : at + _PIECE]
