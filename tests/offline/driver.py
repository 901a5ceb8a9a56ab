"""A run without the graph: model turn, tool calls, model turn ... until `ehr.finish` or a text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool

from clinseek.offline import OfflinePolicy
from clinseek.prompts import task_prompt
from clinseek.toolkits.ehr.case import Case
from clinseek.toolkits.ehr.tools import EhrToolkit
from clinseek.toolkits.ehr.tools.arguments import EHR_TOOL_NAMES

MOST_TURNS = 8


class Run(NamedTuple):
    """How a run went: the answer, its citations, what was said, and all messages."""

    answer: list[str]
    citations: list[list[str]]
    said: str
    messages: list[BaseMessage]

    @property
    def calls(self) -> list[str]:
        """The names of the tools called, in order."""
        return [
            call["name"]
            for message in self.messages
            if isinstance(message, AIMessage)
            for call in message.tool_calls
        ]

    def text_of(self, evidence: str) -> str:
        """The text of an observation by its evidence number."""
        return next(
            message.text
            for message in self.messages
            if isinstance(message, ToolMessage) and message.text.startswith(f"[{evidence}]")
        )


def tools_of(case: Case, *, only: Sequence[str] | None = None) -> dict[str, BaseTool]:
    """The tools over `case` by name, all or `only` some."""
    tools = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}
    return tools if only is None else {name: tools[name] for name in only}


def opening(
    case: Case,
    question: str,
    *,
    candidates: Sequence[str] = (),
    answer_form: str | None = None,
    tools: Sequence[str] = EHR_TOOL_NAMES,
) -> list[BaseMessage]:
    """The first messages of a run, as the graph writes them."""
    held = {
        table: case.select(f'SELECT count(*) FROM "{table}"').rows[0][0] for table in case.tables
    }
    prompt = task_prompt(
        question,
        subject_id=case.key.subject_id,
        cutoff=case.key.cutoff,
        tables=held,
        tools=tools,
        absent={},
        candidates=candidates,
        answer_form=answer_form,
    )
    return [SystemMessage("You answer from the record."), HumanMessage(prompt)]


def ask(
    case: Case,
    question: str,
    *,
    candidates: Sequence[str] = (),
    answer_form: str | None = None,
    only: Sequence[str] | None = None,
) -> Run:
    """A run to its end."""
    tools = tools_of(case, only=only)
    messages = opening(
        case, question, candidates=candidates, answer_form=answer_form, tools=list(tools)
    )
    return go_on(messages, tools)


def go_on(messages: list[BaseMessage], tools: dict[str, BaseTool]) -> Run:
    """A run from wherever its messages stand, to its end."""
    model = OfflinePolicy().bind_tools(list(tools.values()))
    for _ in range(MOST_TURNS):
        turn = model.invoke(messages)
        messages.append(turn)
        for call in turn.tool_calls:
            if call["name"] == "ehr.finish":
                return _ended(call["args"], turn, messages)
        if not turn.tool_calls:
            return _ended(json.loads(turn.text), turn, messages)
        messages.extend(answered(turn, messages, tools))
    raise AssertionError(f"no answer after {MOST_TURNS} turns")


def answered(
    turn: AIMessage, messages: Sequence[BaseMessage], tools: dict[str, BaseTool]
) -> list[ToolMessage]:
    """The observations of a turn's calls, numbered after those before it."""
    first = 1 + sum(isinstance(message, ToolMessage) for message in messages)
    return [
        ToolMessage(
            f"[E{number}] {tools[call['name']].invoke(call).text}", tool_call_id=str(call["id"])
        )
        for number, call in enumerate(turn.tool_calls, start=first)
    ]


def _ended(arguments: dict[str, Any], turn: AIMessage, messages: list[BaseMessage]) -> Run:
    return Run(arguments["response"], arguments["citations"], turn.text, messages)
