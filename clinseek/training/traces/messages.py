"""Messages of any file in the form of traces: dotted names, text arguments, images apart."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from clinseek.models.names import NameTable
from clinseek.nodes.toolset import ALL_TOOLS
from clinseek.training.traces.trace import Message, ToolCall

_NAMES = NameTable(ALL_TOOLS)
_DATA_URL = "data:"


def plain_message(message: Mapping[str, Any], images: dict[str, str]) -> Message:
    """A message with the keys that a trace keeps, and none that is empty.

    Pictures within it are put into `images`, base64 by SHA-256, and stand as their hash.
    KeyError or TypeError where it is no message.
    """
    role, content = message["role"], message.get("content")
    if isinstance(content, list):
        content = [_block(block, images) for block in content]
    held = Message(role=role, content="" if content is None else content)
    if reasoning := message.get("reasoning_content") or message.get("reasoning"):
        held["reasoning_content"] = str(reasoning)
    if calls := message.get("tool_calls"):
        held["tool_calls"] = [_call(call) for call in calls]
    if role == "tool":
        held["tool_call_id"] = str(message.get("tool_call_id") or "")
        if name := message.get("name"):
            held["name"] = dotted(str(name))
    return held


def dotted(name: str) -> str:
    """The tool that a name on the wire stands for; an unknown name as it is.

    >>> dotted("ehr_run_sql_query"), dotted("mine.look")
    ('ehr.run_sql_query', 'mine.look')
    """
    return _NAMES.repair(name).name


def dotted_schema(tool: dict[str, Any]) -> dict[str, Any]:
    """The schema of a tool under its dotted name."""
    function = tool.get("function")
    if not isinstance(function, dict) or "name" not in function:
        return tool
    return {**tool, "function": {**function, "name": dotted(str(function["name"]))}}


def _call(call: Mapping[str, Any]) -> ToolCall:
    function = call["function"]
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        arguments = json.dumps(_without_nulls(arguments or {}), ensure_ascii=False)
    name = dotted(str(function["name"]))
    return ToolCall(
        id=str(call.get("id") or ""), type="function",
        function={"name": name, "arguments": arguments or "{}"},
    )  # fmt: skip


def _without_nulls(arguments: Any) -> Any:
    """Without those that are null: Parquet fills them in where another call has such a name."""
    if isinstance(arguments, dict):
        return {name: value for name, value in arguments.items() if value is not None}
    return arguments


def _block(block: Any, images: dict[str, str]) -> dict[str, Any]:
    if isinstance(block, str):
        return {"type": "text", "text": block}
    address = block.get("image_url")
    url = address.get("url") if isinstance(address, Mapping) else address
    if not isinstance(url, str) or not url.startswith(_DATA_URL):
        return dict(block)
    kind, _, encoded = url.removeprefix(_DATA_URL).partition(";base64,")
    try:
        sha256 = hashlib.sha256(base64.b64decode(encoded, validate=True)).hexdigest()
    except binascii.Error:
        return {"type": "text", "text": "[image that cannot be read]"}
    images[sha256] = encoded
    return {"type": "image", "sha256": sha256, "mime_type": kind}
