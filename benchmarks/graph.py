"""What the graph itself costs: milliseconds a round with the SQLite checkpointer.

A model without latency and a trivial tool, so that what is left is ours and langgraph's. The
claim: at most 12 ms a round, and no more in rounds 151-200 than in rounds 1-50.

    python -m benchmarks.graph [--rounds 200] [--calls 1]
"""

# ruff: noqa: ARG001, ARG002 - doubles have the shape of what they stand for

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, StructuredTool

from clinseek.api import aask
from clinseek.nodes.bench import Means
from clinseek.nodes.steps import Step
from clinseek.records import Record
from clinseek.toolkits.ehr.case import Case, CaseKey


class TirelessModel(BaseChatModel):
    """Calls the same tool `calls` times a turn, until `rounds` turns are said; then it finishes."""

    rounds: int
    calls: int = 1

    @property
    def _llm_type(self) -> str:
        return "tireless"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model itself: it needs no schemas."""
        return cast("Runnable[LanguageModelInput, AIMessage]", self)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked: list[tuple[str, dict[str, Any]]]
        said = sum(isinstance(message, AIMessage) for message in messages)
        if said + 1 >= self.rounds:
            asked = [("ehr.finish", {"response": ["done"]})]
        else:
            asked = [("ehr.run_sql_query", {"sql_query": f"{said}"})] * self.calls
        spoken = AIMessage(
            "",
            tool_calls=[
                {"name": name, "args": given, "id": f"c{said}-{at}", "type": "tool_call"}
                for at, (name, given) in enumerate(asked)
            ],
            usage_metadata={"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        )
        return ChatResult(generations=[ChatGeneration(message=spoken)])


def means(*, observation: str) -> Means:
    """An empty case, and two tools of which one always answers `observation`."""

    def run_sql_query(sql_query: str) -> str:
        """Answer the same, whatever is asked."""
        return f"{sql_query} {observation}"

    def finish(response: list[str]) -> str:
        """Hand in the answer."""
        return "noted"

    tools: list[BaseTool] = [
        StructuredTool.from_function(run_sql_query, name="ehr.run_sql_query"),
        StructuredTool.from_function(finish, name="ehr.finish"),
    ]

    def open_case(
        store: str, subject_id: int, *, cutoff: str, profile: str, folder: Path, name: str
    ) -> Case:
        with closing(sqlite3.connect(folder / name)) as connection:
            connection.execute("CREATE TABLE admissions (row_id INTEGER PRIMARY KEY)")
        return Case(CaseKey(store, subject_id, cutoff, "available"), folder / name, None)

    return Means(open_case=open_case, fingerprint=lambda _: "none", tools_of=lambda _: tools)


async def run(
    rounds: int, *, home: Path, observation: str, calls: int = 1
) -> tuple[Record, list[float]]:
    """One run of `rounds` rounds; its record and the clock at the start of each round."""
    os.environ["CLINSEEK_HOME"] = str(home)
    starts: list[float] = []

    def on_step(step: Step) -> None:
        if step.kind == "turn":
            starts.append(time.perf_counter())

    record = await aask(
        "How long does a round take?",
        subject_id=1,
        cutoff="2150-01-01 00:00:00",
        store=home,
        model=TirelessModel(rounds=rounds, calls=calls),
        max_rounds=rounds + 1,
        max_revisions=0,
        on_step=on_step,
        means=means(observation=observation),
        thread="run",
    )
    return record, starts


def main() -> None:
    """Print milliseconds a round, early and late in the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--calls", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(5, home=Path(folder) / "warm", observation="x"))
        _, starts = asyncio.run(
            run(given.rounds, home=Path(folder) / "home", observation="x" * 500, calls=given.calls)
        )
    took = [1000 * (end - start) for start, end in pairwise(starts)]
    print(f"{given.rounds} rounds of {given.calls} call(s), milliseconds a round (median)")
    for first, last in ((0, 50), (50, 100), (100, 150), (150, 200)):
        part = took[first:last]
        if part:
            print(f"  rounds {first + 1:3}-{first + len(part):3}: {statistics.median(part):6.1f}")


if __name__ == "__main__":
    main()
