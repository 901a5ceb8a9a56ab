"""Forks and edits: a task that was edited starts a new case and a new ledger."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from langchain_core.messages import AIMessage, RemoveMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import StateSnapshot

from clinseek.graphs.seek import build_graph
from clinseek.graphs.state import Context
from clinseek.graphs.strict import StrictGraph
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

CONFIG: RunnableConfig = {"configurable": {"thread_id": "t"}}
INPUT: Any = {
    "subject_id": SUBJECT,
    "cutoff": CUTOFF,
    "question": "What was the latest potassium?",
}

Fork = Callable[..., dict[str, Any]]


@pytest.fixture
def model() -> ScriptedModel:
    def answer(messages: Any) -> AIMessage:
        row, *_, value = messages[-1].text.splitlines()[-1].split()
        number = messages[-1].text[1:3]
        return finishing(value, citations=[f"{number}#{row}"], tag=f"f{len(messages)}")

    return scripted(calling(LATEST_LABS, tag="look"), answer)


@pytest.fixture
def fork(ward: Ward, model: ScriptedModel) -> Fork:
    """Run, go back to the state before `node` ran for the n-th time, edit it there, run on."""

    def forked(
        edit: dict[str, Any], *, before: str, as_node: str, visit: int = 0
    ) -> dict[str, Any]:
        return asyncio.run(_forked(ward, model, edit, before, as_node, visit))

    return forked


async def _forked(
    ward: Ward, model: ScriptedModel, edit: dict[str, Any], before: str, as_node: str, visit: int
) -> dict[str, Any]:
    graph = build_graph(means=ward.means(model), checkpointer=InMemorySaver())
    context = Context(store=str(ward.folder))
    await graph.ainvoke(INPUT, CONFIG, context=context)
    history = [state async for state in graph.aget_state_history(CONFIG)]
    place = [state for state in reversed(history) if before in state.next][visit]
    forked = await graph.aupdate_state(place.config, edit, as_node=as_node)
    result: dict[str, Any] = await graph.ainvoke(None, forked, context=context)
    result["messages"] = (await _state(graph)).values["messages"]
    return result


def _state(graph: StrictGraph) -> Coroutine[Any, Any, StateSnapshot]:
    return graph.aget_state(CONFIG)


def test_a_fork_with_another_cutoff_opens_another_case_with_a_new_ledger(
    fork: Fork, ward: Ward
) -> None:
    result = fork({"cutoff": "2150-03-04 12:00:00"}, before="seek", as_node="act", visit=1)

    assert result["answer"] == ["4.1"]
    assert [entry["id"] for entry in result["evidence"]] == ["E1", "E2"]
    assert "record as of: 2150-03-04 12:00:00" in result["messages"][1].text
    assert not any("3.2" in message.text for message in result["messages"])
    assert list((ward.folder / "home" / "cases").iterdir()) == []


def test_a_fork_with_another_question_asks_that_question(fork: Fork) -> None:
    result = fork({"question": "And the creatinine?"}, before="seek", as_node="act", visit=1)

    assert "And the creatinine?" in result["messages"][1].text
    assert result["answer"] == ["3.2"]


def test_a_fork_that_edits_nothing_of_the_task_keeps_the_ledger(fork: Fork, ward: Ward) -> None:
    result = fork({"warned": []}, before="seek", as_node="act", visit=1)

    assert result["answer"] == ["3.2"]
    assert [entry["id"] for entry in result["evidence"]] == ["E1", "E2"]
    assert ward.opened == 2  # the first run removed its file; the fork made it again


def test_calls_cut_off_by_a_fork_are_answered_before_the_next_turn(
    fork: Fork, model: ScriptedModel
) -> None:
    cut = calling(labs(), tag="cut")

    fork({"messages": [cut]}, before="seek", as_node="act", visit=1)

    sent = model.heard[-1]
    answered = [m for m in sent if isinstance(m, ToolMessage) and m.tool_call_id == "cut-0"]
    assert [message.text for message in answered] == [
        "this call was not run; make it again if it is still needed"
    ]


def test_answers_whose_turn_was_removed_are_not_sent(fork: Fork, model: ScriptedModel) -> None:
    turn = next(iter(model.script))
    turn.id = "looked"

    fork({"messages": [RemoveMessage(id="looked")]}, before="seek", as_node="act", visit=1)

    assert not any(isinstance(message, ToolMessage) for message in model.heard[2])


def test_a_second_question_on_a_thread_inherits_nothing_of_the_first(ward: Ward) -> None:
    async def both() -> dict[str, Any]:
        graph = build_graph(
            means=ward.means(scripted(finishing("3.2"))), checkpointer=InMemorySaver()
        )
        context = Context(store=str(ward.folder), max_revisions=0)
        first: Any = {**INPUT, "candidates": ["3.2", "4.1"]}
        second: Any = {**INPUT, "question": "And now?"}
        await graph.ainvoke(first, CONFIG, context=context)
        await graph.ainvoke(second, CONFIG, context=context)
        return (await graph.aget_state(CONFIG)).values

    state = asyncio.run(both())

    assert "<candidates>" not in state["messages"][1].text
    assert "And now?" in state["messages"][1].text
    assert (state["rounds"], len(state["evidence"])) == (1, 1)
