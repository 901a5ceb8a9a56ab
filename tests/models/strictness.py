"""What OpenAI refuses of a chat request that other servers let through."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

Body = dict[str, Any]

_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


def fault_in(body: Body) -> str | None:
    """What OpenAI would refuse of a request; None where it is in order."""
    tools = [tool["function"]["name"] for tool in body.get("tools", ())]
    turns = body["messages"]
    called = [call for turn in turns for call in turn.get("tool_calls") or ()]
    names = [*tools, *(call["function"]["name"] for call in called)]
    wrong = [name for name in names if not _NAME.match(name)]
    if wrong:
        return f"Invalid name {wrong[0]!r}: it does not match '^[a-zA-Z0-9_-]+$'."
    if not all(_is_object(call["function"]["arguments"]) for call in called):
        return "arguments are no JSON object"
    return _image_fault(turns) or _answers_fault(turns)


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except ValueError:
        return False


def _image_fault(turns: Sequence[Body]) -> str | None:
    for turn in turns:
        blocks = turn["content"] if isinstance(turn.get("content"), list) else []
        if turn["role"] != "user" and any(block["type"] == "image_url" for block in blocks):
            return f"images are not supported in {turn['role']} messages"
    return None


def _answers_fault(turns: Sequence[Body]) -> str | None:
    waiting: set[str] = set()
    for turn in turns:
        if turn["role"] == "tool":
            if turn["tool_call_id"] not in waiting:
                return "messages with role 'tool' must follow a message with 'tool_calls'"
            waiting.discard(turn["tool_call_id"])
        elif waiting:
            break
        else:
            waiting = {call["id"] for call in turn.get("tool_calls") or ()}
    return "tool_calls must be followed by tool messages" if waiting else None
