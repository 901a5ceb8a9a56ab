"""Making one run of the graph from wherever it stands to its end, over the folder's checkpoints."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from langchain_core.language_models import BaseChatModel

from clinseek.errors import CutoffError, RuleError, SettingError, SubjectError
from clinseek.evals.rows import Row
from clinseek.evals.runner.asking import context_of, input_of, means_of
from clinseek.evals.runner.attachments import benchmark_of
from clinseek.evals.runner.run_folder import RunKey, RunPlan
from clinseek.graphs.seek import graph_of_runs
from clinseek.models import facts_of
from clinseek.nodes.bench import Bench, Means, at_bench
from clinseek.nodes.steps import Step
from clinseek.nodes.webs import web_used
from clinseek.recording import record_of
from clinseek.records import ModelUsed, Record, RunError
from clinseek.run_stream import Hooks, streamed, taken_up

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

ModelOf = Callable[[int], BaseChatModel]
"""The model that makes the runs of an epoch."""

_OF_THE_ROW = (SubjectError, CutoffError, RuleError, SettingError)
"""Errors that come again, however often the run is made."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
_FULL_WORDS = ("disk is full", "readonly database", "disk I/O error", "malformed")


@dataclass(frozen=True)
class Job:
    """A run to be made: of which row, in which epoch, for the how-manieth time."""

    row: Row
    epoch: int
    thread: str
    attempt: int = 1

    @property
    def key(self) -> RunKey:
        """By what its record is known."""
        return self.row.fingerprint, self.row.qid, self.epoch

    def again(self) -> Job:
        """The same run, tried once more; it goes on where it stood."""
        return replace(self, attempt=self.attempt + 1)


class Made(NamedTuple):
    """The record of a run that ended, and whether a failed one may go better the next time."""

    record: Record
    may_pass: bool


class SeekRuns:
    """Makes the runs of one folder: the same graph, model and checkpointer for all of them."""

    def __init__(
        self,
        plan: RunPlan,
        *,
        means: Means,
        model_of: ModelOf,
        saver: AsyncSqliteSaver,
        on_warning: Callable[[str], None] = lambda _said: None,
    ) -> None:
        self._on_warning = on_warning
        self._plan = plan
        self._model_of = model_of
        self._saver = saver
        self._graph = graph_of_runs(saver)
        self._context = context_of(plan.settings, plan.store)
        # Read once: it stands in the plan, and a store that changes under a run is found there.
        self._means = replace(
            means_of(plan.settings.setting, means), fingerprint=lambda _: plan.store_fingerprint
        )

    async def run(self, job: Job) -> Made:
        """The run's record, failed or not. Raises only for what stops every run: a full disk."""
        model = self._model_of(job.epoch)
        bench = Bench(replace(self._means, build_model=lambda _: model))
        try:
            with bench.means.webs.held(), at_bench(bench):
                state = await self._to_end(job)
            return Made(recorded(state, job, self._plan, model), may_pass=True)
        except Exception as error:
            if _of_the_machine(error):
                raise
            state = await self._broken(job, error)
            may_pass = not isinstance(error, _OF_THE_ROW)
            return Made(recorded(state, job, self._plan, model), may_pass)
        finally:
            await bench.leave()

    async def forget(self, thread: str) -> None:
        """Let go of the steps of a run whose record is kept."""
        await self._saver.adelete_thread(thread)

    async def threads(self) -> list[str]:
        """The runs of which steps are kept."""
        cursor = await self._saver.conn.execute("SELECT DISTINCT thread_id FROM checkpoints")
        return [thread for (thread,) in await cursor.fetchall()]

    async def _to_end(self, job: Job) -> dict[str, Any]:
        """The state of the run at its end."""
        config: RunnableConfig = {"configurable": {"thread_id": job.thread}}
        held, ended = await taken_up(self._graph, config)
        if ended:
            return held
        given = None if held else input_of(job.row, self._plan.settings.setting)
        hooks = Hooks(on_step=self._hear, on_approval=None)
        context = replace(self._context, benchmark=benchmark_of(job.row))
        return await streamed(self._graph, given, config, context, hooks)

    def _hear(self, step: Step) -> None:
        if step.kind == "warning" and step.said:
            self._on_warning(step.said)

    async def _broken(self, job: Job, error: Exception) -> dict[str, Any]:
        """What is known of a run that broke, as an ended one: its partial trace, and the error."""
        config: RunnableConfig = {"configurable": {"thread_id": job.thread}}
        held = (await self._graph.aget_state(config)).values
        fault = RunError(
            where="run",
            round=held.get("rounds") or 0,
            number=0,
            kind=type(error).__name__,
            message=str(error) or type(error).__name__,
        )
        errors = [*(held.get("errors") or ()), fault]
        return {**held, "status": "failed", "stop_reason": "run_error", "errors": errors}


class MakesRuns(Protocol):
    """What makes the runs of a folder."""

    async def run(self, job: Job) -> Made:
        """The run's record, failed or not. Raises only for what stops every run: a full disk."""
        ...

    async def forget(self, thread: str) -> None:
        """Let go of the steps of a run whose record is kept."""
        ...

    async def threads(self) -> list[str]:
        """The runs of which steps are kept."""
        ...


def recorded(state: Mapping[str, Any], job: Job, plan: RunPlan, model: BaseChatModel) -> Record:
    """The record of a run from its last state."""
    settings, facts = plan.settings, facts_of(model)
    return record_of(
        state,
        thread=job.thread,
        model=ModelUsed(
            spec=settings.model,
            parameters=settings.parameters,
            address=facts.address,
            context_length=state.get("context_length") or facts.context_length,
        ),
        rules=plan.versions["rules"],
        role=settings.role,
        web=web_used(context_of(settings, plan.store)),
        qid=job.row.qid,
        epoch=job.epoch,
        setting=settings.setting,
        row=job.row.content,
    )


def _of_the_machine(error: BaseException) -> bool:
    """Whether no run can go on: the disk is full or cannot be written."""
    return any(
        (isinstance(each, OSError) and each.errno in _FULL)
        or (isinstance(each, sqlite3.Error) and any(word in str(each) for word in _FULL_WORDS))
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
