"""The graph of a run: load -> seek <-> act -> reason -> finish. Wiring only."""

from __future__ import annotations

from functools import partial
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph

from clinseek.graphs.state import Call, Context, Input, Output, State
from clinseek.graphs.strict import StrictGraph, strict
from clinseek.nodes.act import act
from clinseek.nodes.bench import Bench, Means
from clinseek.nodes.finish import finish
from clinseek.nodes.load import load
from clinseek.nodes.reason import reason
from clinseek.nodes.routes import after_reason, after_seek
from clinseek.nodes.seek import seek


def build_graph(
    *,
    means: Means | None = None,
    bench: Bench | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> StrictGraph:
    """The compiled graph, with `means` for models, cases and tools, and a checkpointer if given.

    A `bench` stands for means; who gives one can close what a cancelled run left open.
    """
    bench = bench or Bench(means or Means())
    builder = StateGraph(State, context_schema=Context, input_schema=Input, output_schema=Output)
    builder.add_node("load", partial(load, bench=bench))
    builder.add_node("seek", partial(seek, bench=bench))
    builder.add_node("act", partial(act, bench=bench), input_schema=Call)
    builder.add_node("reason", partial(reason, bench=bench))
    builder.add_node("finish", partial(finish, bench=bench))
    builder.add_edge(START, "load")
    builder.add_edge("load", "seek")
    builder.add_conditional_edges("seek", after_seek, ["load", "seek", "act", "reason", "finish"])
    builder.add_edge("act", "seek")
    builder.add_conditional_edges("reason", after_reason, ["seek", "finish"])
    builder.add_edge("finish", END)
    return strict(builder.compile(checkpointer=checkpointer, name="seek"))


graph = build_graph()
"""What langgraph.json names: without a checkpointer, the server brings its own."""
