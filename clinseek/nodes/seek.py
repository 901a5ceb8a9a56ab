"""seek: one model turn with the tools bound, where the run may go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.runtime import Runtime

from clinseek.graphs.state import Context, State, fold_messages
from clinseek.nodes import budget
from clinseek.nodes.answers import read_text
from clinseek.nodes.bench import Bench
from clinseek.nodes.calls import call_ids, sound_turn, unanswered, without_orphans
from clinseek.nodes.casework import task_of
from clinseek.nodes.prompts import UNREADABLE_TURN, warning
from clinseek.nodes.routes import pending, submission_in
from clinseek.nodes.steps import Step, milliseconds
from clinseek.nodes.turn import Turn, added_timings, added_usage, take_turn
from clinseek.records import RunError, StopReason

_SAID = 200
_STOP_AFTER: dict[str, StopReason] = {
    "out_of_time": "time_limit",
    "context_overflow": "token_limit",
}


async def seek(state: State, runtime: Runtime[Context], *, bench: Bench) -> dict[str, Any]:
    """Ask the model what to do next; or notice that the run must leave the loop.

    Calls that a fork or an edit cut off are answered first. Where the task was edited, an answer
    is pending or a budget is spent, no model is asked; `routes.after_seek` says where to go.
    """
    context = runtime.context or Context()
    if task_of(state) != state["case"]["task"] or pending(state):
        return {}
    repairs = unanswered(state["messages"])
    stop = budget.spent(state, context)
    if stop is not None:
        return {"messages": repairs, "stop_reason": stop}
    return await _next_turn(state, context, runtime, bench, repairs)


async def _next_turn(
    state: State,
    context: Context,
    runtime: Runtime[Context],
    bench: Bench,
    repairs: Sequence[AnyMessage],
) -> dict[str, Any]:
    nearing = [
        near for near in budget.nearly_spent(state, context) if near.kind not in state["warned"]
    ]
    told = [
        HumanMessage(warning(near.kind, near.left), id=f"warning-{near.kind}") for near in nearing
    ]
    for message in told:
        step = Step(kind="warning", round=state["rounds"], said=message.text)
        runtime.stream_writer(step.as_event())
    before: list[AnyMessage] = [*repairs, *told]
    turn = await take_turn(
        bench.model(context.model).bind_tools(state["tools"]),
        without_orphans(fold_messages(state["messages"], [before])),
        waits=bench.means.waits,
        seconds_left=budget.seconds_left(state, context),
    )
    update: dict[str, Any] = {
        "messages": before,
        "rounds": state["rounds"] + 1,
        "warned": [*state["warned"], *(near.kind for near in nearing)],
        "usage": added_usage(state["usage"], turn),
        "timings": added_timings(state["timings"], turn),
    }
    runtime.stream_writer(_turn_step(turn, update["rounds"]).as_event())
    if turn.answer is None:
        return {**update, **_fault_noted(turn, update)}
    taken = call_ids(state["messages"])
    spoken = sound_turn(turn.answer, taken=taken, turn=update["rounds"])
    update["messages"] = [*before, spoken]
    if not spoken.tool_calls:
        submission = read_text(_words(spoken), via="text")
        return {**update, "submission": submission, "stop_reason": "stopped_calling"}
    handed_in = submission_in(spoken.tool_calls)
    if handed_in is not None:
        update |= {"submission": handed_in, "stop_reason": "finish"}
    return update


def _fault_noted(turn: Turn, update: dict[str, Any]) -> dict[str, Any]:
    """What a turn without an answer changes: a word to the model, or the end of the run."""
    if turn.fault == "unreadable":
        again = HumanMessage(UNREADABLE_TURN, id=f"unreadable-{update['rounds']}")
        return {"messages": [*update["messages"], again]}
    error = RunError(
        where="seek",
        round=update["rounds"],
        number=0,
        kind=turn.fault or "model_error",
        message=turn.message,
    )
    stop = _STOP_AFTER.get(turn.fault or "", "model_error")
    return {"stop_reason": stop, "errors": [error]}


def _words(answer: AIMessage) -> str:
    """The text of an answer, or the reasoning where a model put all its words there."""
    kwargs = answer.additional_kwargs
    return answer.text or str(kwargs.get("reasoning_content") or kwargs.get("reasoning") or "")


def _turn_step(turn: Turn, round_: int) -> Step:
    said = " ".join(turn.answer.text.split()) if turn.answer is not None else turn.message
    return Step(
        kind="turn",
        round=round_,
        status=turn.fault or "ok",
        ms=milliseconds(turn.model_seconds + turn.waiting_seconds),
        said=said[:_SAID] or None,
    )
