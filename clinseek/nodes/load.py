"""load: binds the run to one case and builds the first messages. No model is called."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from clinseek.errors import SettingError, UserError
from clinseek.graphs.state import CaseBinding, Context, Input, State
from clinseek.models import check_model
from clinseek.models.privacy import ALLOW, named_hosts, warning_of_host, warning_of_server
from clinseek.nodes.bench import Bench
from clinseek.nodes.casework import case_file_name, row_counts, task_of
from clinseek.nodes.gate import check_context, read_input
from clinseek.nodes.outside import read_servers
from clinseek.nodes.steps import Step
from clinseek.nodes.toolset import Chosen, choose, names_in
from clinseek.nodes.webs import absence_of, web_choice
from clinseek.prompts import system_prompt, task_prompt
from clinseek.records import NO_TIME, NO_USAGE, RunError
from clinseek.settings import case_folder, model_spec, store_path
from clinseek.toolkits.browser import browser_tool_schemas
from clinseek.toolkits.ehr.case import Case

_log = logging.getLogger("clinseek")


_SOON = 2.0
"""Seconds after which whoever waits is told for what."""


@dataclass(frozen=True)
class _Opened:
    binding: CaseBinding
    tables: dict[str, int]


async def load(
    state: State, config: RunnableConfig, runtime: Runtime[Context], *, bench: Bench
) -> dict[str, Any]:
    """Open the case at (subject_id, cutoff, profile) and start messages and ledger anew.

    A second question on the same thread, and a fork that edits the task, come through here too:
    nothing of the earlier case stays. UserError when patient, cutoff, store or model cannot be.
    """
    context = check_context(runtime.context or Context())
    task = read_input(state)
    warned = await _meet_host(bench, context, runtime)
    await _meet_web(bench, context, runtime)
    thread = str(config.get("configurable", {}).get("thread_id") or uuid.uuid4().hex)
    opened = await asyncio.to_thread(_open, task, context, thread=thread, bench=bench)
    binding = opened.binding
    try:
        chosen = await _chosen(bench, binding, context, runtime)
    except UserError:
        await asyncio.to_thread(Path(binding["file"]).unlink, missing_ok=True)
        raise
    await _drop_earlier(state.get("case"), binding, bench)
    bound = {"subject_id": binding["subject_id"], "cutoff": binding["cutoff"]}
    binding["task"] = task_of({**state, **bound})
    tools = names_in(chosen.schemas)
    prompt = task_prompt(
        task["question"].strip(),
        subject_id=binding["subject_id"],
        cutoff=binding["cutoff"],
        tables=opened.tables,
        tools=tools,
        absent=chosen.absent,
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
        "tools": Overwrite(chosen.schemas),
        "evidence": Overwrite([]),
        "errors": Overwrite(warned),
        "turns": Overwrite([]),
        "replaced": Overwrite([]),
        "browser": Overwrite([]),
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


async def _meet_host(bench: Bench, context: Context, runtime: Runtime[Context]) -> list[RunError]:
    """See that the model can be asked, and say where the record goes, before it is opened.

    What is warned of goes to whoever watches the run, to the log, and into its record.
    """
    host = bench.host(context.model)
    if context.max_dollars is not None and host.price is None:
        raise SettingError(
            f"max_dollars: the price of {model_spec(context.model)!r} is not known; write it into "
            "a price file and name that with CLINSEEK_PRICES, or leave max_dollars out"
        )
    servers = read_servers(context.mcp, commands=bench.means.outside_commands)
    allowed = named_hosts(context.allow_hosts, os.environ.get(ALLOW))
    warnings = [
        warning_of_host(host.facts, allowed=allowed),
        *(warning_of_server(each.name, each.host, allowed=allowed) for each in servers),
    ]
    told = [warned for warned in warnings if warned]
    for warned in told:
        _log.warning("%s", warned)
        runtime.stream_writer(Step(kind="warning", said=warned).as_event())
    await asyncio.to_thread(check_model, host.model)
    return [
        RunError(where="load", round=0, number=0, kind="leaves_machine", message=warned)
        for warned in told
    ]


async def _meet_web(bench: Bench, context: Context, runtime: Runtime[Context]) -> None:
    """See that the web that was chosen can be had, where the run has tools for it."""
    choice = web_choice(context)
    if choice.mode == "off" or choice.is_default or not _wants_browser(context):
        return
    checking = asyncio.create_task(asyncio.to_thread(bench.means.webs.check, choice))
    done, _ = await asyncio.wait({checking}, timeout=_SOON)
    if not done:
        said = "the web is made ready; the index of a large corpus takes minutes, once"
        runtime.stream_writer(Step(kind="warning", said=said).as_event())
    await checking


def _wants_browser(context: Context) -> bool:
    """Whether the tools of a run may have a browser tool among them."""
    return context.tools in ("all", "paper20") or "browser." in context.tools


async def _drop_earlier(earlier: CaseBinding | None, now: CaseBinding, bench: Bench) -> None:
    """Let go of the case that this thread was bound to before, if it is another."""
    if earlier is not None and earlier["file"] != now["file"]:
        await bench.leave(earlier)
        await asyncio.to_thread(Path(earlier["file"]).unlink, missing_ok=True)


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
        return _bound(case, store, bench)
    except UserError:
        case.close()
        raise


def _bound(case: Case, store: str, bench: Bench) -> _Opened:
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
    return _Opened(binding, row_counts(case))


async def _chosen(
    bench: Bench, binding: CaseBinding, context: Context, runtime: Runtime[Context]
) -> Chosen:
    """The run's tools: those over its case, its browser, and those of outside servers."""
    own = await asyncio.to_thread(bench.tools, binding)
    outside = await bench.outside(binding, context)
    no_web = absence_of(web_choice(context))
    web = {} if no_web else {tool["function"]["name"]: tool for tool in browser_tool_schemas()}
    for remark in outside.remarks:
        runtime.stream_writer(Step(kind="warning", said=remark).as_event())
    at_hand: dict[str, BaseTool | Mapping[str, Any]] = {**web, **own, **outside.tools}
    chosen = choose(at_hand, context.tools, no_web=no_web)
    missing = {f"{name} (mcp)": reason for name, reason in outside.absent.items()}
    return Chosen(chosen.schemas, {**chosen.absent, **missing})
