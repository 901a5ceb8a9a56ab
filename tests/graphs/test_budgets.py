"""Budgets: a warning before the end, a conclusion at the end, a word for each."""

import asyncio
import time
from typing import Any

import pytest
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.tools import BaseTool, StructuredTool

from clinseek.graphs.seek import build_graph
from clinseek.graphs.state import Context
from clinseek.records import Record
from tests.graphs.conftest import Ask
from tests.graphs.doubles import (
    CUTOFF,
    LATEST_LABS,
    SUBJECT,
    ScriptedModel,
    Ward,
    calling,
    finishing,
    labs,
    scripted,
)


def _seeker(conclusion: str = '{"response": ["3.2"], "citations": [["E1#3"]]}') -> ScriptedModel:
    """Seeks for ever; concludes only when it is made to."""

    def turn(messages: Any) -> AIMessage:
        if messages[-1].id == "conclude":
            return AIMessage(conclusion)
        return calling(LATEST_LABS, tag=f"t{len(messages)}")

    return scripted(turn)


def _warnings(record: Record) -> list[str]:
    return [
        message["content"]
        for message in record.messages[2:]
        if message["role"] == "user" and "left" in message["content"]
    ]


def test_a_run_out_of_rounds_was_warned_and_concludes_from_the_ledger(ask: Ask) -> None:
    model = _seeker()

    record = ask(model=model, max_rounds=5)

    assert (record.status, record.stop_reason) == ("answered", "round_limit")
    assert (record.answer, record.citations) == (["3.2"], [["E1#3"]])
    assert len(model.heard) == 6
    assert _warnings(record) == [
        "2 rounds are left. Conclude soon: call ehr.finish with what you know."
    ]


def test_the_conclusion_is_asked_without_tools_over_what_was_found(ask: Ask) -> None:
    model = _seeker()

    ask(model=model, max_rounds=2)

    system, task, findings = model.heard[-1]
    assert isinstance(system, SystemMessage)
    assert "What was the latest potassium?" in task.text
    assert "[E1] labevents: rows 1-1 of 1" in findings.text
    assert len(model.bound) == 2


def test_a_conclusion_that_says_nothing_is_an_abstention(ask: Ask) -> None:
    record = ask(model=_seeker(conclusion='{"response": []}'), max_rounds=2)

    assert (record.status, record.answer, record.stop_reason) == ("abstained", [], "round_limit")


def test_calls_written_into_a_conclusion_are_not_made(ask: Ask) -> None:
    def turn(messages: Any) -> AIMessage:
        return calling(LATEST_LABS, text='{"response": ["3.2"]}', tag=f"t{len(messages)}")

    record = ask(turn, max_rounds=1)

    assert record.answer == ["3.2"]
    assert len(record.evidence) == 1
    assert "tool_calls" not in record.messages[-1]


def test_a_run_out_of_tokens_stops_with_its_own_word(ask: Ask) -> None:
    record = ask(model=_seeker(), max_tokens=3000)

    assert (record.status, record.stop_reason) == ("answered", "token_limit")
    assert record.usage["estimated"]
    assert record.usage["input_tokens"] + record.usage["output_tokens"] >= 3000


def test_a_run_out_of_time_stops_with_its_own_word(ask: Ask) -> None:
    def turn(messages: Any) -> AIMessage:
        if messages[-1].id == "conclude":
            return AIMessage('{"response": ["3.2"]}')
        time.sleep(0.05)
        return calling(labs(f"2150-03-01 00:00:{len(messages) % 60:02d}"), tag=f"t{len(messages)}")

    record = ask(turn, max_seconds=2.0)

    assert (record.status, record.stop_reason) == ("answered", "time_limit")
    assert record.timings["elapsed"] >= 2.0


def test_a_model_that_answers_too_late_is_cut_off_and_the_run_concludes(ask: Ask) -> None:
    class Slow(ScriptedModel):
        async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
            if messages[-1].id != "conclude":
                await asyncio.sleep(30)
            return self._generate(messages)

    record = ask(model=Slow(script=[AIMessage("3.2")]), max_seconds=0.2)

    assert (record.answer, record.stop_reason) == (["3.2"], "time_limit")
    assert record.errors[0]["kind"] == "out_of_time"


def test_a_run_out_of_browser_calls_stops_with_its_own_word(ask: Ask, ward: Ward) -> None:
    def search(query: str) -> str:
        """Search the web."""
        return f"nothing about {query}"

    tools: list[BaseTool] = [
        StructuredTool.from_function(search, name="browser.search"),
        StructuredTool.from_function(lambda: "", name="ehr.finish", description="-"),
    ]
    calls = [("browser.search", {"query": str(number)}) for number in range(3)]

    def turn(messages: Any) -> AIMessage:
        if messages[-1].id == "conclude":
            return AIMessage('{"response": ["3.2"]}')
        return calling(*calls, tag=f"t{len(messages)}")

    record = ask(
        means=ward.means(scripted(turn), tools_of=lambda _: tools),
        max_browser_calls=4,
        max_revisions=0,
    )

    assert record.stop_reason == "browser_limit"
    assert [entry["refused"] for entry in record.evidence] == [False] * 4 + [True] * 2


@pytest.mark.parametrize("limit", [12, 13, 14, 20])
def test_a_run_near_the_end_of_its_steps_still_answers(ward: Ward, limit: int) -> None:
    graph = build_graph(means=ward.means(_seeker()))

    result = asyncio.run(
        graph.ainvoke(
            {"subject_id": SUBJECT, "cutoff": CUTOFF, "question": "potassium?"},
            {"recursion_limit": limit},
            context=Context(store=str(ward.folder)),
        )
    )

    assert (result["status"], result["stop_reason"]) == ("answered", "step_limit")


def test_a_sent_back_answer_near_the_end_of_steps_is_not_lost(ward: Ward) -> None:
    for limit in range(9, 18):
        graph = build_graph(means=ward.means(scripted(finishing("3.2", citations=["E9"]))))
        result = asyncio.run(
            graph.ainvoke(
                {"subject_id": SUBJECT, "cutoff": CUTOFF, "question": "potassium?"},
                {"recursion_limit": limit},
                context=Context(store=str(ward.folder)),
            )
        )
        assert result["answer"], limit
