"""What a line of a published file must look like: a strange one is told, and not met later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LISTS = ("candidates", "image_paths", "report_paths")
_SINGLE = (
    "qid",
    "query_id",
    "subject_id",
    "hadm_id",
    "stay_id",
    "run_index",
    "task",
    "stop_reason",
)


def fault_of(held: Mapping[str, Any]) -> str | None:
    """What cannot be read of a line, as a sentence; None where all can.

    >>> fault_of({"qid": "q1", "messages": [None]})
    'messages[0] is no object'
    >>> fault_of({"qid": "q1", "candidates": 5})
    'candidates is no list'
    """
    for name in _SINGLE:
        if isinstance(held.get(name), (list, dict)):
            return f"{name} is neither a text nor a number"
    for name in _LISTS:
        if held.get(name) is not None and not isinstance(held[name], list):
            return f"{name} is no list"
    messages = held.get("messages")
    if messages is None:
        return None
    if not isinstance(messages, list):
        return "messages is no list"
    found = (_fault_of_message(each, f"messages[{at}]") for at, each in enumerate(messages))
    return next((fault for fault in found if fault is not None), None)


def writable(held: Any) -> Any:
    r"""The same with half characters written out.

    >>> writable({"a": ["\ud800"]})
    {'a': ['\\ud800']}
    """
    if isinstance(held, str):
        return held.encode("utf-8", "backslashreplace").decode()
    if isinstance(held, list):
        return [writable(each) for each in held]
    if isinstance(held, dict):
        return {writable(name): writable(each) for name, each in held.items()}
    return held


def _fault_of_message(message: Any, at: str) -> str | None:
    if not isinstance(message, dict):
        return f"{at} is no object"
    if not _is_content(message.get("content")):
        return f"{at}.content is neither a text nor a list of parts"
    return _fault_of_calls(message.get("tool_calls"), f"{at}.tool_calls")


def _fault_of_calls(calls: Any, at: str) -> str | None:
    if calls is not None and not isinstance(calls, list):
        return f"{at} is no list"
    for number, call in enumerate(calls or ()):
        if not isinstance(call, dict):
            return f"{at}[{number}] is no object"
        if not isinstance(call.get("function"), (dict, type(None))):
            return f"{at}[{number}].function is no object"
    return None


def _is_content(content: Any) -> bool:
    if isinstance(content, list):
        return all(isinstance(part, (str, dict)) for part in content)
    return content is None or isinstance(content, str)
