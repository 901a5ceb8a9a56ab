"""The graph of a run: load -> seek <-> act -> reason -> finish. Wiring only."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from clinseek.graphs.state import Call, Context, Input, Output, State
from clinseek.graphs.strict import StrictGraph, strict
from clinseek.nodes.act import act
from clinseek.nodes.bench import Bench, Means, bench_here
from clinseek.nodes.finish import finish
from clinseek.nodes.load import load
from clinseek.nodes.reason import reason
from clinseek.nodes.routes import after_reason, after_seek
from clinseek.nodes.seek import seek

Builder = StateGraph[State, Context, Input, Output]


def build_graph(
    *, means: Means | None = None, checkpointer: BaseCheckpointSaver[Any] | None = None
) -> StrictGraph:
    """The compiled graph, with `means` for models, cases and tools, and a checkpointer if given."""
    bench = Bench(means or Means())
    return strict(_wired(lambda: bench).compile(checkpointer=checkpointer, name="seek"))


def graph_of_runs(checkpointer: BaseCheckpointSaver[Any]) -> StrictGraph:
    """The same for many runs in one process: each is made at the bench of its own (`at_bench`).

    Wired once: to read the types of the state again for each of 200 runs takes seconds.
    """
    return strict(_wired_once().compile(checkpointer=checkpointer, name="seek"))


@cache
def _wired_once() -> Builder:
    return _wired(bench_here)


def _wired(bench: Callable[[], Bench]) -> Builder:
    async def at_load(
        state: State, config: RunnableConfig, runtime: Runtime[Context]
    ) -> dict[str, Any]:
        return await load(state, config, runtime, bench=bench())

    async def at_seek(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        return await seek(state, runtime, bench=bench())

    async def at_act(state: Call, runtime: Runtime[Context]) -> dict[str, Any]:
        return await act(state, runtime, bench=bench())

    async def at_reason(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        return await reason(state, runtime, bench=bench())

    async def at_finish(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        return await finish(state, runtime, bench=bench())

    builder: Builder = StateGraph(
        State, context_schema=Context, input_schema=Input, output_schema=Output
    )
    # langgraph hands a node what its parameters ask for; its types know one of them at a time.
    builder.add_node("load", cast(Any, at_load))
    builder.add_node("seek", at_seek)
    builder.add_node("act", at_act, input_schema=Call)
    builder.add_node("reason", at_reason)
    builder.add_node("finish", at_finish)
    builder.add_edge(START, "load")
    builder.add_edge("load", "seek")
    builder.add_conditional_edges("seek", after_seek, ["load", "seek", "act", "reason", "finish"])
    builder.add_edge("act", "seek")
    builder.add_conditional_edges("reason", after_reason, ["seek", "finish"])
    builder.add_edge("finish", END)
    return builder


graph = build_graph()
"""What langgraph.json names: without a checkpointer, the server brings its own."""
