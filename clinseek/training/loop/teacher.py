"""What the rule-based teacher says: one query, then what it read and the answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage

from clinseek.nodes.toolset import FINISH
from clinseek.training.loop.questions import ITEMS

LOOK_UP = "ehr.run_sql_query"
TOOLS = f"{LOOK_UP},{FINISH}"
"""The tools of the loop's runs."""
_QUESTION = re.compile(r"Is the latest (?P<name>[a-z ]+) above (?P<limit>[\d.]+)\?")
_FIRST_ROW = re.compile(
    r"\[(?P<evidence>E\d+)\].*?\n-[- ]*\n(?P<row>\d+) +(?P<value>[\d.]+)", re.DOTALL
)
_CODES = {item.name: item.itemid for item in ITEMS}


def next_turn(messages: Sequence[BaseMessage]) -> AIMessage:
    """The teacher's next turn, worked out from the conversation alone."""
    asked = _QUESTION.search(_first(messages, HumanMessage))
    if asked is None or asked["name"] not in _CODES:
        return _calling(FINISH, {"response": []}, "I do not know this question.", at=len(messages))
    shown = _first(messages, ToolMessage)
    if not shown:
        return _calling(LOOK_UP, {"sql_query": look_up(asked["name"])}, "", at=len(messages))
    read = _FIRST_ROW.search(shown)
    if read is None:
        return _calling(FINISH, {"response": []}, "The record does not tell.", at=len(messages))
    answer = "yes" if float(read["value"]) > float(asked["limit"]) else "no"
    return _calling(
        FINISH,
        {"response": [answer], "citations": [f"{read['evidence']}#{read['row']}"]},
        f"The latest is {read['value']}, the limit {asked['limit']}.",
        at=len(messages),
    )


def guess(messages: Sequence[BaseMessage], answers: Mapping[str, str]) -> AIMessage:
    """An answer without evidence: that of `answers` to the question that is asked."""
    asked = _QUESTION.search(_first(messages, HumanMessage))
    held = answers.get(asked[0]) if asked else None
    response = [] if held is None else [held]
    return _calling(FINISH, {"response": response}, "", at=len(messages))


def look_up(name: str) -> str:
    """The query for the latest values of an item.

    >>> look_up("potassium").partition(" ORDER")[0]
    'SELECT row_id, valuenum FROM labevents WHERE itemid = 50971 AND valuenum IS NOT NULL'
    """
    return (
        f"SELECT row_id, valuenum FROM labevents WHERE itemid = {_CODES[name]} "
        "AND valuenum IS NOT NULL ORDER BY charttime DESC LIMIT 3"
    )


def _calling(tool: str, arguments: dict[str, Any], said: str, *, at: int) -> AIMessage:
    call = ToolCall(name=tool, args=arguments, id=f"call_{at}", type="tool_call")
    return AIMessage(said, tool_calls=[call], response_metadata={"finish_reason": "tool_calls"})


def _first(messages: Sequence[BaseMessage], kind: type[BaseMessage]) -> str:
    """The first message of a kind; "" without one."""
    return next((message.text for message in messages if isinstance(message, kind)), "")
