"""One run of the graph from where it stands to its end, with the caller listening and asked."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from langgraph.types import Command

from clinseek.graphs.state import Context
from clinseek.nodes.steps import Step
from clinseek.settings import untraced

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from clinseek.graphs.strict import StrictGraph

OnStep = Callable[[Step], None]
OnApproval = Callable[[Mapping[str, Any]], Any]
"""Is given what is about to leave (`tool`, `arguments`, `round`, `how` to answer).

Its answer is read by `nodes.approval`. Called in a thread, so that it may wait for a person; what
can be awaited (an `async def`) is awaited in the loop of the run.
"""


class Hooks(NamedTuple):
    """What the caller wants to hear of, and be asked."""

    on_step: OnStep | None
    on_approval: OnApproval | None


class Standing(NamedTuple):
    """What a thread holds, nothing where it was not begun, and whether its run has ended."""

    values: dict[str, Any]
    ended: bool


async def taken_up(graph: StrictGraph, config: RunnableConfig) -> Standing:
    """Where a thread stands, ready to go on; a run that its model ended is open again."""
    state = await graph.aget_state(config)
    # `next` alone does not tell: it is empty too between the last call of a turn and its step.
    if not state.values.get("status") or state.next:
        return Standing(state.values, ended=False)
    if state.values["stop_reason"] != "model_error":
        return Standing(state.values, ended=True)
    # The model could not be asked then; what was found stands, and the seeking goes on.
    again = {"status": None, "stop_reason": None}
    await graph.aupdate_state(config, again, as_node="act")
    return Standing(state.values, ended=False)


async def streamed(
    graph: StrictGraph,
    given: dict[str, Any] | None,
    config: RunnableConfig,
    context: Context,
    hooks: Hooks,
) -> dict[str, Any]:
    """The state at the end, wherever the run stopped in between to ask a person."""
    going: Any = given
    while True:
        with untraced():
            async for event in graph.astream(
                going, config, context=context, stream_mode="custom", durability="sync"
            ):
                if hooks.on_step is not None:
                    hooks.on_step(Step.read(event))
        state = await graph.aget_state(config)
        if not state.interrupts or hooks.on_approval is None:
            ended: dict[str, Any] = state.values
            return ended
        answers = [await _answered(hooks.on_approval, each.value) for each in state.interrupts]
        asked = (each.id for each in state.interrupts)
        going = Command(resume=dict(zip(asked, answers, strict=True)))


async def _answered(on_approval: OnApproval, shown: Mapping[str, Any]) -> Any:
    """What a person answers, heard in a thread that holds nothing up when the run is stopped."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[Any] = loop.create_future()

    def hear() -> None:
        try:
            tell = partial(_settle, heard, on_approval(shown), None)
        except BaseException as error:  # Ctrl-C too: it is raised where the run is awaited
            tell = partial(_settle, heard, None, error)
        with suppress(RuntimeError):  # the run was stopped, and its loop with it
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=hear, daemon=True).start()
    answer = await heard
    return await answer if inspect.isawaitable(answer) else answer


def _settle(heard: asyncio.Future[Any], answer: Any, error: BaseException | None) -> None:
    if heard.done():
        return
    if error is None:
        heard.set_result(answer)
    else:
        heard.set_exception(error)
