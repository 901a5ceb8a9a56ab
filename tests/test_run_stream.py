"""A run that stops to ask: the caller may be a function or a coroutine."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from clinseek.graphs.state import Context
from clinseek.run_stream import Hooks, streamed


class _Heard(TypedDict):
    answer: Any


def _asks(_: _Heard) -> _Heard:
    return {"answer": interrupt({"tool": "browser.search"})}


def _run(on_approval: Any) -> Any:
    building: Any = StateGraph(_Heard, context_schema=Context)
    building.add_node("asks", _asks)
    building.add_edge(START, "asks")
    graph: Any = building.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    hooks = Hooks(on_step=None, on_approval=on_approval)
    return asyncio.run(streamed(graph, {"answer": None}, config, Context(), hooks))


def test_a_coroutine_is_awaited_for_its_answer() -> None:
    async def asked(shown: Mapping[str, Any]) -> str:
        await asyncio.sleep(0)
        return f"other words for {shown['tool']}"

    assert _run(asked) == {"answer": "other words for browser.search"}


def test_a_function_is_asked_as_before() -> None:
    assert _run(lambda _: False) == {"answer": False}


def test_what_a_coroutine_raises_ends_the_run() -> None:
    async def leaves(_: Mapping[str, Any]) -> str:
        raise LookupError("nobody there")

    with pytest.raises(LookupError, match="nobody there"):
        _run(leaves)
