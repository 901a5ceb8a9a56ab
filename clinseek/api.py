"""Asking a question from Python: `ask`, `aask`, `resume`, `aresume`, `threads`.

Every step of a run is stored before the next one begins, so that a run that was killed at any
moment goes on with `resume`; nothing whose result was stored runs again.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

from clinseek import kept_threads as kept
from clinseek.blocking import blocking
from clinseek.errors import ModelError, SettingError, ThreadError, UserError
from clinseek.graphs.seek import graph_of_runs
from clinseek.graphs.state import CaseBinding, Context, WebGuard, WebMode
from clinseek.kept_threads import Plan, ThreadLine
from clinseek.models import build_model, close_model, facts_of, named_model, parameters_of
from clinseek.nodes.bench import Bench, Means, at_bench
from clinseek.nodes.gate import check_context, read_input
from clinseek.nodes.pictures import check_unchanged, made_folder, read_reports, rooted
from clinseek.nodes.webs import settled, web_used
from clinseek.prompts import Role
from clinseek.recording import asked_in, record_of
from clinseek.records import AnswerForm, ModelUsed, Record
from clinseek.run_stream import Hooks, OnApproval, OnStep, streamed, taken_up
from clinseek.settings import store_path
from clinseek.toolkits.ehr.availability import rules_hash
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig


P = ParamSpec("P")


async def aask(
    question: str,
    *,
    subject_id: int | None = None,
    cutoff: str | None = None,
    store: str | os.PathLike[str] | None = None,
    images: Sequence[str | os.PathLike[str]] = (),
    image_root: str | os.PathLike[str] | None = None,
    reports: Sequence[str | os.PathLike[str]] = (),
    reports_inlined: bool = True,
    candidates: list[str] | None = None,
    answer_form: AnswerForm | None = None,
    model: str | BaseChatModel = "offline",
    profile: CaseProfile = "available",
    tools: str = "all",
    role: Role = "clinseek",
    mcp: Mapping[str, Any] | None = None,
    allow_hosts: str = "",
    web: WebMode | None = None,
    web_backend: str | None = None,
    web_corpora: Sequence[str | os.PathLike[str]] = (),
    web_archive: str | os.PathLike[str] | None = None,
    web_guard: WebGuard | None = None,
    web_deny: str | None = None,
    approve: Literal["web"] | None = None,
    thread: str | None = None,
    max_rounds: int = 200,
    max_tokens: int | None = None,
    max_dollars: float | None = None,
    max_seconds: float | None = None,
    max_observation_chars: int = 100_000,
    max_browser_calls: int = 40,
    max_revisions: int = 1,
    on_step: OnStep | None = None,
    on_approval: OnApproval | None = None,
    means: Means | None = None,
) -> Record:
    """Ask `question` about `subject_id` as the record stood at `cutoff`; the run's record.

    `store` is a folder made by ingest (default: CLINSEEK_STORE, else the demo store). `images` are
    files below `image_root` (default: the folder that holds them all), the only ones that the run
    may open; with them a question may have no `subject_id` and no `cutoff`, and no record is
    opened. `reports` are texts, paths (Path) of files, or paths below the root; the model is shown
    4,000 characters of each, or their names alone (docs/imaging.md). `model` is
    a spec (see `models`) or any LangChain chat model. `thread` names the run for `resume`.
    `mcp` names outside MCP servers, each a URL, a command or a table (docs/mcp.md); `role` is
    whose system prompt. `web` (record, replay, live, off) and what goes with it say how the run
    meets the web (docs/browser.md): by default an offline search, so that nothing leaves this
    machine; with `approve="web"` each query is shown to `on_approval` before it leaves. `on_step`
    is called with each step as it happens; `means` puts other models, cases and tools in the
    place of ours. Raises UserError (its subclasses) for what the
    caller must change; a model that fails during the run ends it with status "failed" instead.
    """
    if isinstance(model, str) and means is None:
        model = str(named_model(model))
    means = _with_model(means or Means(outside_commands=True), model)
    where = None if subject_id is None else str(store_path(store).absolute())
    named, root = rooted(images, image_root)
    context = Context(
        store=where,
        model=model if isinstance(model, str) else type(model).__name__,
        profile=profile,
        tools=tools,
        role=role,
        mcp=dict(mcp or {}),
        allow_hosts=allow_hosts,
        web=web,
        web_backend=web_backend,
        web_corpora=[os.fspath(each) for each in web_corpora],
        web_archive=None if web_archive is None else os.fspath(web_archive),
        web_guard=web_guard,
        web_deny=web_deny,
        image_root=root,
        reports_inlined=reports_inlined,
        approve=approve,
        max_rounds=max_rounds,
        max_tokens=max_tokens,
        max_dollars=max_dollars,
        max_seconds=max_seconds,
        max_observation_chars=max_observation_chars,
        max_browser_calls=max_browser_calls,
        max_revisions=max_revisions,
    )
    asked = asked_in(
        {
            "subject_id": subject_id,
            "cutoff": None if cutoff is None else str(cutoff),
            "question": question,
            "candidates": candidates,
            "answer_form": answer_form,
            "images": named,
            "reports": read_reports(reports, root),
        }
    )
    # Told before a thread is begun; load reads them again, where a form or a fork may have changed.
    read_input(asked)
    context = settled(check_context(context))
    _check_approver(context, on_approval)
    plan = Plan(
        thread=thread or f"ask-{uuid.uuid4().hex[:12]}",
        asked=asked,
        context=asdict(context),
        fingerprint=await _fingerprint(means, where),
    )
    with kept.held(plan.thread):
        await asyncio.to_thread(kept.begin, plan)
        return await _run(plan, means, Hooks(on_step, on_approval))


async def aresume(
    thread: str,
    *,
    model: BaseChatModel | None = None,
    on_step: OnStep | None = None,
    on_approval: OnApproval | None = None,
    means: Means | None = None,
) -> Record:
    """Go on with a thread where it stood; a thread that ended gives its record again.

    `model` is needed only where the run was begun with a chat model instead of a spec. Raises
    ThreadError for a thread that does not exist, is being run, or whose store has changed.
    """
    plan = await asyncio.to_thread(kept.plan_of, thread)
    _check_approver(Context(**plan.context), on_approval)
    means = _with_model(means or Means(outside_commands=True), model or plan.context["model"])
    with kept.held(thread):
        now = await _fingerprint(means, plan.context["store"])
        if now != plan.fingerprint:
            raise ThreadError(
                f"thread {thread!r} was begun on another state of the store "
                f"{plan.context['store']} (it was ingested again since); ask the question anew"
            )
        return await _run(plan, means, Hooks(on_step, on_approval))


async def _fingerprint(means: Means, store: str | None) -> str:
    """The state of the store of a run; "" where it opens none."""
    return "" if store is None else await asyncio.to_thread(means.fingerprint, store)


def threads() -> list[ThreadLine]:
    """Every thread with what was asked and how it stands, the newest first."""
    return kept.listing()


def _check_approver(context: Context, on_approval: OnApproval | None) -> None:
    if context.approve is not None and on_approval is None:
        raise SettingError(
            'approve="web" needs someone to ask: give on_approval, or run the graph in Studio'
        )


async def _run(plan: Plan, means: Means, hooks: Hooks) -> Record:
    """Run a thread to its end from wherever it stands; its record."""
    model = means.build_model(plan.context["model"])
    try:
        state = await _ended(plan, means, hooks)
        record = record_of(
            state,
            thread=plan.thread,
            model=_used(plan.context["model"], model, state),
            rules=rules_hash(plan.context["profile"]),
            role=plan.context["role"],
            web=web_used(Context(**plan.context)),
            row=plan.asked,
        )
    except asyncio.CancelledError:
        kept.settle(plan.thread, "interrupted", "cancelled")
        raise
    finally:
        await close_model(model)
    await asyncio.to_thread(kept.settle, plan.thread, record.status, record.stop_reason)
    return record


def _used(spec: str, model: BaseChatModel, state: dict[str, Any]) -> ModelUsed:
    facts = facts_of(model)
    return ModelUsed(
        spec=spec,
        parameters=parameters_of(model),
        address=facts.address,
        context_length=state.get("context_length") or facts.context_length,
    )


async def _ended(plan: Plan, means: Means, hooks: Hooks) -> dict[str, Any]:
    """The state of a thread at its end."""
    config: RunnableConfig = {"configurable": {"thread_id": plan.thread}}
    bench = Bench(means)
    async with kept.checkpoints() as saver, _worked_at(bench):
        graph = graph_of_runs(saver)
        held, ended = await taken_up(graph, config)
        if ended:
            return held
        await asyncio.to_thread(_check_images, held.get("case"))
        given = None if held else plan.asked
        try:
            return await streamed(graph, given, config, Context(**plan.context), hooks)
        except UserError:
            # A mistyped patient or cutoff, told by load, leaves no thread behind.
            if "case" not in (await graph.aget_state(config)).values:
                await asyncio.to_thread(kept.forget, plan.thread)
            raise


def _check_images(binding: CaseBinding | None) -> None:
    """SettingError where an image that a run is to go on with is not the one it began with."""
    if binding is not None and "images" in binding:
        check_unchanged(binding["images"], made=made_folder(binding["file"]))


@asynccontextmanager
async def _worked_at(bench: Bench) -> AsyncIterator[None]:
    """Run at this bench, and close what the run opened outside, however it ends."""
    try:
        with bench.means.webs.held(), at_bench(bench):
            yield
    finally:
        await bench.leave()


def _with_model(means: Means, model: str | BaseChatModel) -> Means:
    """The means with one model for the whole run, built now: a bad spec is told at once."""
    if not isinstance(model, str) and not hasattr(model, "bind_tools"):
        raise ModelError(f"model {model!r} is neither a spec nor a LangChain chat model")
    if isinstance(model, str) and means.build_model is not build_model:
        return means
    built = build_model(model) if isinstance(model, str) else model
    return replace(means, build_model=lambda _: built)


def _not_awaited(wanted: Callable[P, Coroutine[Any, Any, Record]]) -> Callable[P, Record]:
    """The same function for code that does not await."""

    @wraps(wanted)
    def plain(*args: P.args, **kwargs: P.kwargs) -> Record:
        return blocking(partial(wanted, *args, **kwargs))

    plain.__name__ = plain.__qualname__ = wanted.__name__.removeprefix("a")
    return plain


ask = _not_awaited(aask)
resume = _not_awaited(aresume)
