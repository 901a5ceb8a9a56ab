"""load: binds the run to one case and builds the first messages. No model is called."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from clinseek.errors import SettingError, UserError
from clinseek.graphs.state import BoundImages, CaseBinding, Context, Input, State
from clinseek.models import check_model
from clinseek.models.privacy import ALLOW, named_hosts, warning_of_host, warning_of_server
from clinseek.nodes.bench import Bench
from clinseek.nodes.casework import case_file_name, row_counts, task_of, unbound
from clinseek.nodes.gate import check_context, read_input
from clinseek.nodes.outside import read_servers
from clinseek.nodes.pictures import (
    Pictured,
    Report,
    absences,
    attach,
    forget_made,
    made_folder,
    reports_of,
    rooted,
    why_unshown,
)
from clinseek.nodes.steps import Step
from clinseek.nodes.toolset import (
    EHR_TOOLS,
    NO_RECORD,
    NOT_EVIDENCE,
    Chosen,
    choose,
    names_images,
    names_in,
)
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
    images: Sequence[Pictured] = ()
    reports: Sequence[Report] = ()


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
        opened = await asyncio.to_thread(_with_images, opened, task, context, bench)
        chosen = await _chosen(bench, binding, context, runtime)
    except UserError:
        await asyncio.to_thread(_forget, binding)
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
        images=[each.attached["path"] for each in opened.images],
        shown=len(blocks := [each.block for each in opened.images if each.block]),
        image_warnings=[each.warnings for each in opened.images],
        reports=opened.reports,
        role=context.role,
    )
    runtime.stream_writer(Step(kind="case", said=_said(opened)).as_event())
    if opened.images and not blocks:
        said = f"no image is shown to the model: {why_unshown(bench.means.engines.engine())}"
        runtime.stream_writer(Step(kind="warning", said=said).as_event())
    return {
        **bound,
        "messages": Overwrite(
            [
                SystemMessage(system_prompt(tools, role=context.role), id="system"),
                HumanMessage(
                    [{"type": "text", "text": prompt}, *blocks] if blocks else prompt, id="task"
                ),
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
    try:
        done, _ = await asyncio.wait({checking}, timeout=_SOON)
        if not done:
            said = "the web is made ready; the index of a large corpus takes minutes, once"
            runtime.stream_writer(Step(kind="warning", said=said).as_event())
        await checking
    finally:
        checking.cancel()  # of a run that is stopped nobody asks any more what came of it


def _wants_browser(context: Context) -> bool:
    """Whether the tools of a run may have a browser tool among them."""
    return context.tools in ("all", "paper20") or "browser." in context.tools


async def _drop_earlier(earlier: CaseBinding | None, now: CaseBinding, bench: Bench) -> None:
    """Let go of the case that this thread was bound to before, if it is another."""
    if earlier is not None and earlier["file"] != now["file"]:
        await bench.leave(earlier)
        await asyncio.to_thread(_forget, earlier)


def _forget(binding: CaseBinding) -> None:
    Path(binding["file"]).unlink(missing_ok=True)
    forget_made(binding["file"])


def _said(opened: _Opened) -> str:
    """What a run has before it, for whoever watches."""
    rows, images = sum(opened.tables.values()), len(opened.images)
    said = f"{rows:,} rows in {len(opened.tables)} tables"
    if opened.binding["subject_id"] is None:
        said = "no record"
    return f"{said}, {images} image{'' if images == 1 else 's'}" if images else said


def _open(task: Input, context: Context, *, thread: str, bench: Bench) -> _Opened:
    subject_id, cutoff = task.get("subject_id"), task.get("cutoff")
    if subject_id is None or cutoff is None:
        file = case_folder() / case_file_name(thread, task_of(task))
        return _Opened(unbound(file, profile=context.profile), {})
    store = str(store_path(context.store).absolute())
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


def _with_images(opened: _Opened, task: Input, context: Context, bench: Bench) -> _Opened:
    """The run with the images and reports of its question; nothing is looked at without any."""
    images, reports = task.get("images") or [], task.get("reports") or []
    if not (images or reports or names_images(context.tools)):
        return opened
    made = made_folder(opened.binding["file"])
    names, root = rooted(images, context.image_root) if context.image_root else (images, None)
    pictured = attach(names, root, made=made, engine=bench.means.engines.engine())
    told = reports_of(reports, root, made=made, inlined=context.reports_inlined)
    if images or names_images(context.tools):
        attached = [each.attached for each in pictured]
        bound = BoundImages(root=root, attached=attached)
        if context.benchmark:
            bound["benchmark"] = context.benchmark
        opened.binding["images"] = bound
    return replace(opened, images=pictured, reports=told)


async def _chosen(
    bench: Bench, binding: CaseBinding, context: Context, runtime: Runtime[Context]
) -> Chosen:
    """The run's tools: those over its case, its browser, and those of outside servers."""
    own = await asyncio.to_thread(bench.tools, binding)
    if binding["subject_id"] is None:
        own = {name: tool for name, tool in own.items() if name in NOT_EVIDENCE}
    images = await asyncio.to_thread(bench.image_tools, binding)
    outside = await bench.outside(binding, context)
    no_web = absence_of(web_choice(context))
    web = {} if no_web else {tool["function"]["name"]: tool for tool in browser_tool_schemas()}
    missing = {f"{name} (mcp)": reason for name, reason in outside.absent.items()}
    for remark in (*outside.remarks, *(f"{name}: {why}" for name, why in missing.items())):
        runtime.stream_writer(Step(kind="warning", said=remark).as_event())
    at_hand: dict[str, BaseTool | Mapping[str, Any]] = {**web, **images, **own, **outside.tools}
    reasons = await asyncio.to_thread(_reasons, binding, bench)
    chosen = choose(at_hand, context.tools, no_web=no_web, reasons=reasons)
    return Chosen(chosen.schemas, {**chosen.absent, **missing})


def _reasons(binding: CaseBinding, bench: Bench) -> dict[str, str]:
    """Why single tools are absent: nothing to read, or not what they need."""
    no_rows = EHR_TOOLS if binding["subject_id"] is None else ()
    reasons = dict.fromkeys(no_rows, NO_RECORD)
    return reasons | absences(bench.means.engines.engine()) if "images" in binding else reasons
