"""load: binds the run to one case and builds the first messages. No model is called."""

from __future__ import annotations

import asyncio
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from clinseek.errors import SettingError, UserError
from clinseek.graphs.state import CaseBinding, Context, Input, State
from clinseek.models import check_model
from clinseek.models.privacy import ALLOW, named_hosts, warning_of_host
from clinseek.nodes.bench import Bench
from clinseek.nodes.casework import case_file_name, row_counts, task_of
from clinseek.nodes.gate import check_context, read_input
from clinseek.nodes.steps import Step
from clinseek.nodes.toolset import Chosen, choose, names_in
from clinseek.prompts import system_prompt, task_prompt
from clinseek.records import NO_TIME, NO_USAGE
from clinseek.settings import case_folder, model_spec, store_path
from clinseek.toolkits.ehr.case import Case


@dataclass(frozen=True)
class _Opened:
    binding: CaseBinding
    tables: dict[str, int]
    chosen: Chosen


async def load(
    state: State, config: RunnableConfig, runtime: Runtime[Context], *, bench: Bench
) -> dict[str, Any]:
    """Open the case at (subject_id, cutoff, profile) and start messages and ledger anew.

    A second question on the same thread, and a fork that edits the task, come through here too:
    nothing of the earlier case stays. UserError when patient, cutoff, store or model cannot be.
    """
    context = check_context(runtime.context or Context())
    task = read_input(state)
    await _meet_host(bench, context, runtime)
    thread = str(config.get("configurable", {}).get("thread_id") or uuid.uuid4().hex)
    opened = await asyncio.to_thread(_open, task, context, thread=thread, bench=bench)
    binding = opened.binding
    await asyncio.to_thread(_drop_earlier, state.get("case"), binding)
    bound = {"subject_id": binding["subject_id"], "cutoff": binding["cutoff"]}
    binding["task"] = task_of({**state, **bound})
    tools = names_in(opened.chosen.schemas)
    prompt = task_prompt(
        task["question"].strip(),
        subject_id=binding["subject_id"],
        cutoff=binding["cutoff"],
        tables=opened.tables,
        tools=tools,
        absent=opened.chosen.absent,
        candidates=task.get("candidates") or (),
        answer_form=task.get("answer_form"),
    )
    rows = sum(opened.tables.values())
    runtime.stream_writer(
        Step(kind="case", said=f"{rows:,} rows in {len(opened.tables)} tables").as_event()
    )
    return {
        **bound,
        "messages": Overwrite(
            [
                SystemMessage(system_prompt(tools, role=context.role), id="system"),
                HumanMessage(prompt, id="task"),
            ]
        ),
        "tools": Overwrite(opened.chosen.schemas),
        "evidence": Overwrite([]),
        "errors": Overwrite([]),
        "turns": Overwrite([]),
        "replaced": Overwrite([]),
        "case": binding,
        "rounds": 0,
        "revisions": 0,
        "warned": [],
        "repairs": {},
        "context_length": None,
        "submission": None,
        "answer": [],
        "citations": [],
        "status": None,
        "stop_reason": None,
        "usage": NO_USAGE,
        "timings": NO_TIME,
    }


async def _meet_host(bench: Bench, context: Context, runtime: Runtime[Context]) -> None:
    """See that the model can be asked, and say where the record goes, before it is opened."""
    host = bench.host(context.model)
    if context.max_dollars is not None and host.price is None:
        raise SettingError(
            f"max_dollars: the price of {model_spec(context.model)!r} is not known; write it into "
            "a price file and name that with CLINSEEK_PRICES, or leave max_dollars out"
        )
    allowed = named_hosts(context.allow_hosts, os.environ.get(ALLOW))
    warned = warning_of_host(host.facts, allowed=allowed)
    if warned is not None:
        runtime.stream_writer(Step(kind="warning", said=warned).as_event())
    await asyncio.to_thread(check_model, host.model)


def _drop_earlier(earlier: CaseBinding | None, now: CaseBinding) -> None:
    """Remove the file of the case that this thread was bound to before, if it is another."""
    if earlier is not None and earlier["file"] != now["file"]:
        Path(earlier["file"]).unlink(missing_ok=True)


def _open(task: Input, context: Context, *, thread: str, bench: Bench) -> _Opened:
    store = str(store_path(context.store).absolute())
    subject_id, cutoff = task["subject_id"], task["cutoff"]
    case = bench.means.open_case(
        store,
        subject_id,
        cutoff=cutoff,
        profile=context.profile,
        folder=case_folder(),
        name=case_file_name(thread, store, subject_id, cutoff, context.profile),
    )
    try:
        return _bound(case, store, context, bench)
    except UserError:
        case.close()
        raise


def _bound(case: Case, store: str, context: Context, bench: Bench) -> _Opened:
    binding = CaseBinding(
        store=store,
        fingerprint=bench.means.fingerprint(store),
        vocabulary=str(case.vocabulary) if case.vocabulary else None,
        subject_id=case.key.subject_id,
        cutoff=case.key.cutoff,
        profile=case.key.profile,
        file=str(case.path),
        task="",
    )
    return _Opened(binding, row_counts(case), choose(bench.tools(binding), context.tools))
