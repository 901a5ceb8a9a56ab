"""A person looks at what is about to leave for the web: sends it, changes it, or refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.types import interrupt

from clinseek.graphs.state import Call, Context
from clinseek.nodes.webs import web_choice
from clinseek.toolkits.browser.arguments import ARGUMENTS

_YES = ("", "y", "yes", "send", "ok", "true")
_NO = ("n", "no", "no thanks", "no thank you", "refuse", "reject", "deny", "decline", "false")
_STOP = ("stop", "cancel", "abort", "skip", "don't", "don't send", "do not send")
_CHANGED = {"browser.search": "query", "browser.open": "id"}
_UNREADABLE = "the answer was neither a yes nor other words to send"
HOW = (
    "answer true to send it, false to refuse it, other words to send in its place, or an object: "
    '{"arguments": {...}} to change arguments, {"refuse": "why"} to tell the model why not'
)


def needs_approval(call: Call, context: Context) -> bool:
    """Whether the run asks a person before this call (`approve=web`).

    Calls that send nothing, and those of a replay, are not asked about.
    """
    if context.approve != "web" or call["fault"] or not leaves(call["tool"], call["arguments"]):
        return False
    return call["browsed"] < context.max_browser_calls and web_choice(context).mode != "replay"


def approved(call: Call, *, address: str | None) -> Call | str:
    """The call as it may be made, or what the model is told where it may not.

    The run stops here until a person has answered, who is shown the `address` that a link leads to.
    """
    answer = interrupt(
        {
            "approve": "web",
            "round": call["round"],
            "tool": call["tool"],
            "arguments": call["arguments"],
            "address": address,
            "how": HOW,
        }
    )
    read = read_answer(answer, call["tool"], call["arguments"])
    if isinstance(read, str):
        return f"a person refused this call{f': {read}' if read else ''}; go on without it"
    return {**call, "arguments": read}


def leaves(tool: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a call sends words or an address of the model's out.

    >>> leaves("browser.search", {"query": "potassium"}), leaves("browser.open", {"loc": 40})
    (True, False)
    """
    if tool == "browser.search":
        return True
    return tool == "browser.open" and arguments.get("id") not in (None, -1, "-1")


def read_answer(answer: Any, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any] | str:
    """The arguments to call with, or why not to ("" without a reason), from a person's answer.

    Only a clear yes sends a call as it is: what can be read as nothing refuses it.

    >>> read_answer("hypokalaemia", "browser.search", {"query": "K 2.7 of Mr. X", "topn": 5})
    {'query': 'hypokalaemia', 'topn': 5}
    >>> read_answer({}, "browser.search", {"query": "K 2.7 of Mr. X"})
    'the answer was neither a yes nor other words to send'
    """
    if answer is True:
        return dict(arguments)
    if answer is False:
        return ""
    if isinstance(answer, str):
        return _read_words(answer, tool, arguments)
    changed = _changes(answer, tool) if isinstance(answer, Mapping) else None
    if isinstance(changed, str):
        return changed
    return {**arguments, **changed} if changed else _UNREADABLE


def _read_words(answer: str, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any] | str:
    said = answer.strip()
    plain = said.lower().rstrip(".!").replace("\u2019", "'")
    if said.lower() in _YES or plain in _YES[1:]:
        return dict(arguments)
    return "" if plain in (*_NO, *_STOP) else {**arguments, _CHANGED[tool]: said}


def _changes(answer: Mapping[str, Any], tool: str) -> Mapping[str, Any] | str | None:
    """The arguments that an object changes, or why it refuses; None where it says neither."""
    if "refuse" in answer:
        return str(answer["refuse"] or "")
    if "arguments" not in answer:
        takes = next(each.model_fields for each in ARGUMENTS if each.tool == tool)
        return answer if all(name in takes for name in answer) else None
    changed = answer["arguments"]
    if isinstance(changed, str):
        return {_CHANGED[tool]: changed.strip()} if changed.strip() else None
    return changed if isinstance(changed, Mapping) else None
