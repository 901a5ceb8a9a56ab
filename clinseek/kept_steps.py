"""The checkpointer of runs: langgraph's over SQLite, which keeps no half step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.types import ERROR
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


class WholeSteps(AsyncSqliteSaver):
    """Steps that were cancelled are made again from their beginning.

    langgraph keeps what a cancelled step had written by then, and takes it for a step that was
    finished. Cancelled between its state and its way on, a run would have no next step for good.
    """

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep what a step wrote; of a cancelled one, that it was cancelled."""
        cancelled = [
            (channel, value)
            for channel, value in writes
            if channel == ERROR and isinstance(value, asyncio.CancelledError)
        ]
        await super().aput_writes(config, cancelled or writes, task_id, task_path)
