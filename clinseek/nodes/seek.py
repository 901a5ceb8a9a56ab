"""seek: one model turn with the tools bound, or the way out where a run must end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from clinseek.graphs.state import (
    Call,
    Context,
    State,
    Submission,
    fold_messages,
)
from clinseek.nodes import budget
from clinseek.nodes.answers import read_finish, read_text
from clinseek.nodes.bench import Bench
from clinseek.nodes.calls import (
    ReadCall,
    call_ids,
    read_calls,
    unanswered,
    with_calls,
    without_orphans,
)
from clinseek.nodes.casework import task_of
from clinseek.nodes.prompts import UNREADABLE_TURN, warning
from clinseek.nodes.steps import Step, milliseconds
from clinseek.nodes.toolset import FINISH, names_in
from clinseek.nodes.turn import Turn, added_timings, added_usage, take_turn
from clinseek.records import RunError, StopReason

_SAID = 200
_STOP_AFTER: dict[str, StopReason] = {
    "out_of_time": "time_limit",
    "context_overflow": "token_limit",
}

Next = Literal["load", "seek", "act", "reason", "finish"]


async def seek(state: State, runtime: Runtime[Context], *, bench: Bench) -> Command[Next]:
    """Ask the model what to do next and send each of its calls to act; or leave the loop.

    Leaves to `load` when the task was edited, to `reason` when an answer was handed in or a
    budget is spent, to `finish` when the model cannot be reached.
    """
    context = runtime.context or Context()
    if task_of(state) != state["case"]["task"]:
        return Command(goto="load")
    submission = state["submission"]
    if submission is not None and not submission["weighed"]:
        return Command(goto="reason")
    repairs = unanswered(state["messages"])
    stop = budget.spent(state, context)
    if stop is not None:
        return Command(goto="reason", update={"messages": repairs, "stop_reason": stop})
    return await _next_turn(state, context, runtime, bench, repairs)


async def _next_turn(
    state: State,
    context: Context,
    runtime: Runtime[Context],
    bench: Bench,
    repairs: Sequence[AnyMessage],
) -> Command[Next]:
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
        return _after_fault(turn, update)
    return _after_answer(turn.answer, state, context, update)


def _after_fault(turn: Turn, update: dict[str, Any]) -> Command[Next]:
    if turn.fault == "unreadable":
        again = HumanMessage(UNREADABLE_TURN, id=f"unreadable-{update['rounds']}")
        return Command(goto="seek", update={**update, "messages": [*update["messages"], again]})
    stop: StopReason = _STOP_AFTER.get(turn.fault or "", "model_error")
    error = RunError(
        where="seek",
        round=update["rounds"],
        number=0,
        kind=turn.fault or "model_error",
        message=turn.message,
    )
    return Command(
        goto="finish" if stop == "model_error" else "reason",
        update={**update, "stop_reason": stop, "errors": [error]},
    )


def _after_answer(
    answer: AIMessage,
    state: State,
    context: Context,
    update: dict[str, Any],
) -> Command[Next]:
    calls = read_calls(
        answer,
        known=names_in(state["tools"]),
        taken=call_ids(state["messages"]),
        turn=update["rounds"],
    )
    spoken = with_calls(answer, calls)
    if spoken.id is None:
        spoken.id = f"turn-{update['rounds']}"
    update = {**update, "messages": [*update["messages"], spoken]}
    if not calls:
        submission = read_text(_words(spoken), via="text")
        return Command(
            goto="reason",
            update={**update, "submission": submission, "stop_reason": "stopped_calling"},
        )
    calls, handed_in = _submission_in(calls)
    if handed_in is not None:
        update |= {"submission": handed_in, "stop_reason": "finish"}
    return Command(goto=_sends(calls, state, context, update["rounds"]), update=update)


def _words(answer: AIMessage) -> str:
    """The text of an answer, or the reasoning where a model put all its words there."""
    kwargs = answer.additional_kwargs
    return answer.text or str(kwargs.get("reasoning_content") or kwargs.get("reasoning") or "")


def _submission_in(calls: list[ReadCall]) -> tuple[list[ReadCall], Submission | None]:
    """The calls with malformed submissions faulted, and the last sound one."""
    handed_in: Submission | None = None
    checked: list[ReadCall] = []
    for call in calls:
        if call.tool == FINISH and call.fault is None:
            read = read_finish(call.arguments)
            if isinstance(read, str):
                call = call._replace(fault=read)
            else:
                handed_in = read
                call = call._replace(arguments=_as_read(read))
        checked.append(call)
    return checked, handed_in


def _as_read(submission: Submission) -> dict[str, Any]:
    """The arguments of ehr.finish for a submission, whatever shape the model wrote."""
    cited = {"citations": submission["citations"]} if any(submission["citations"]) else {}
    return {"response": submission["answer"], **cited}


def _sends(calls: Sequence[ReadCall], state: State, context: Context, turn: int) -> list[Send]:
    """One Send a call, numbered in the order of the calls; browser calls beyond the cap faulted."""
    first = max((entry["number"] for entry in state["evidence"]), default=0) + 1
    browsing_left = context.max_browser_calls - budget.browser_calls(state)
    sends: list[Send] = []
    for number, call in enumerate(calls, start=first):
        fault = call.fault
        if call.tool.startswith("browser."):
            browsing_left -= 1
            if browsing_left < 0 and fault is None:
                fault = "no browser calls are left in this run; answer with what is known"
        sends.append(
            Send(
                "act",
                Call(
                    number=number,
                    round=turn,
                    call_id=call.call_id,
                    tool=call.tool,
                    arguments=call.arguments,
                    fault=fault,
                    case=state["case"],
                ),
            )
        )
    return sends


def _turn_step(turn: Turn, round_: int) -> Step:
    said = " ".join(turn.answer.text.split()) if turn.answer is not None else turn.message
    return Step(
        kind="turn",
        round=round_,
        status=turn.fault or "ok",
        ms=milliseconds(turn.model_seconds + turn.waiting_seconds),
        said=said[:_SAID] or None,
    )
