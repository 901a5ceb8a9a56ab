"""A person looks at what is about to leave for the web: sends it, changes it, or refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.types import interrupt

from clinseek.graphs.state import Call, Context
from clinseek.nodes.webs import web_choice

_YES = ("", "y", "yes", "send", "ok", "true")
_NO = ("n", "no", "refuse", "false")
_CHANGED = {"browser.search": "query", "browser.open": "id"}
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

    >>> read_answer("hypokalaemia", "browser.search", {"query": "K 2.7 of Mr. X", "topn": 5})
    {'query': 'hypokalaemia', 'topn': 5}
    """
    if isinstance(answer, Mapping):
        if "refuse" in answer:
            return str(answer["refuse"] or "")
        changed = answer.get("arguments", answer)
        return {**arguments, **changed} if isinstance(changed, Mapping) else dict(arguments)
    said = str(answer).strip()
    if said.lower() in _YES:
        return dict(arguments)
    return "" if said.lower() in _NO else {**arguments, _CHANGED[tool]: said}
