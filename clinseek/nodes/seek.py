"""seek: one model turn with the tools bound, where the run may go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.runtime import Runtime

from clinseek.graphs.state import Context, State, Submission, fold_messages
from clinseek.nodes import budget
from clinseek.nodes.answers import is_answer, salvage
from clinseek.nodes.asking import NO_IMAGES, Asked, ask_in_room
from clinseek.nodes.bench import Bench
from clinseek.nodes.calls import call_ids, unanswered, without_orphans
from clinseek.nodes.casework import task_of
from clinseek.nodes.ends import after, end_of, same_calls
from clinseek.nodes.hearing import heard, reasoning_of
from clinseek.nodes.routes import pending, submission_in, waiting
from clinseek.nodes.steps import Step, milliseconds
from clinseek.nodes.turn import Turn, added_timings, added_usage, used_in
from clinseek.prompts import NudgeKind, nudge, warning
from clinseek.records import RunError, StopReason

_SAID = 200


async def seek(state: State, runtime: Runtime[Context], *, bench: Bench) -> dict[str, Any]:
    """Ask the model what to do next; or notice that the run must leave the loop.

    Calls that a fork or an edit cut off are answered first. Where the task was edited, an answer
    is pending, calls of the turn wait or a budget is spent, no model is asked; `routes.after_seek`
    says where to go.
    """
    context = runtime.context or Context()
    if task_of(state) != state["case"]["task"] or pending(state):
        return {}
    if waiting(state) and not budget.cuts_calls(state, context):
        return {}
    repairs = unanswered(state["messages"])
    stop = budget.spent(state, context)
    if stop is not None:
        return {"messages": repairs, "stop_reason": stop}
    if not same_calls(state["messages"]):
        return await _next_turn(state, context, runtime, bench, repairs)
    then = after("repeated", state["warned"])
    if then.stop is not None:
        return {"messages": repairs, "stop_reason": then.stop}
    told = _nudged("repeated", state["rounds"], runtime)
    state = {**state, "warned": [*state["warned"], "repeated"]}
    return await _next_turn(state, context, runtime, bench, [*repairs, told])


async def _next_turn(
    state: State,
    context: Context,
    runtime: Runtime[Context],
    bench: Bench,
    repairs: Sequence[AnyMessage],
) -> dict[str, Any]:
    nearly = budget.nearly_spent(state, context)
    near = [each for each in nearly if each.kind not in state["warned"]]
    told = [HumanMessage(warning(each.kind, each.left), id=f"warning-{each.kind}") for each in near]
    for message in told:
        step = Step(kind="warning", round=state["rounds"], said=message.text)
        runtime.stream_writer(step.as_event())
    before: list[AnyMessage] = [*repairs, *told]
    host = bench.host(context.model)
    asked = await ask_in_room(
        host.model.bind_tools(state["tools"]),
        without_orphans(fold_messages(state["messages"], [before])),
        state,
        facts=host.facts,
        room=host.room,
        patience=bench.means.patience,
        seconds_left=budget.seconds_left(state, context),
    )
    update: dict[str, Any] = {
        "messages": before,
        "rounds": state["rounds"] + 1,
        "warned": [*state["warned"], *(each.kind for each in near)],
        "usage": added_usage(state["usage"], asked.turn, price=host.price),
        "timings": added_timings(state["timings"], asked.turn),
        "turns": [used_in(asked.turn, state["rounds"] + 1)],
        "replaced": asked.replaced,
        "context_length": asked.context_length,
    }
    if asked.images_refused:
        update["warned"] = [*update["warned"], NO_IMAGES]
        said = "the host takes no images; from this round on the model is shown their paths"
        update["errors"] = [
            RunError(
                where="seek", round=update["rounds"], number=0, kind="images_refused", message=said
            )
        ]
    runtime.stream_writer(_turn_step(asked.turn, update["rounds"]).as_event())
    if asked.replaced:
        runtime.stream_writer(_replaced_step(asked, update["rounds"]).as_event())
    if asked.turn.answer is None:
        return {**update, **_without_answer(asked.turn, update, runtime)}
    return {**update, **_heard(asked.turn.answer, state, update, runtime)}


def _heard(
    answer: AIMessage, state: State, update: dict[str, Any], runtime: Runtime[Context]
) -> dict[str, Any]:
    """What a turn changes that gave an answer of the model: calls, words, or nothing of use."""
    found = heard(
        answer,
        tools=state["tools"],
        taken=call_ids(state["messages"]),
        round_=update["rounds"],
    )
    spoken = found.spoken
    changed: dict[str, Any] = {"messages": [*update["messages"], spoken]}
    if found.repairs:
        counts = state["repairs"]
        changed["repairs"] = {
            **counts,
            **{kind: counts.get(kind, 0) + number for kind, number in found.repairs.items()},
        }
    end = end_of(spoken)
    if end == "calls":
        handed_in = submission_in(spoken.tool_calls)
        return changed | (
            {"submission": handed_in, "stop_reason": "finish"} if handed_in is not None else {}
        )
    salvaged = _salvaged(spoken, state) if end in ("words", "empty") else None
    told = "words" in state["warned"]
    if salvaged is not None and is_answer(salvaged, state.get("candidates") or (), told=told):
        return changed | {"submission": salvaged, "stop_reason": "stopped_calling"}
    return changed | _no_step_forward(end, changed, update, runtime)


def _salvaged(spoken: AIMessage, state: State) -> Submission | None:
    """The answer that a turn without calls holds, where it holds one."""
    return salvage(
        spoken.text,
        reasoning_of(spoken),
        candidates=state.get("candidates") or (),
        answer_form=state.get("answer_form"),
        via="text",
    )


def _no_step_forward(
    kind: NudgeKind, changed: dict[str, Any], update: dict[str, Any], runtime: Runtime[Context]
) -> dict[str, Any]:
    """A word to the model after a turn that brought nothing, or the end of the seeking."""
    messages = changed.get("messages", update["messages"])
    then = after(kind, update["warned"])
    if then.stop is not None:
        return {"stop_reason": then.stop}
    return {
        "messages": [*messages, _nudged(kind, update["rounds"], runtime)],
        "warned": [*update["warned"], kind],
    }


def _without_answer(
    turn: Turn, update: dict[str, Any], runtime: Runtime[Context]
) -> dict[str, Any]:
    """What a turn without an answer changes: a word to the model, or the end of the run."""
    if turn.fault is not None and turn.fault.kind == "unreadable":
        changed = _no_step_forward("unreadable", {}, update, runtime)
        if "stop_reason" not in changed:
            return changed
    stop: StopReason = "model_error"
    kind, message = "model_error", "the model gave no answer"
    if turn.out_of_time:
        stop, kind = "time_limit", "out_of_time"
        message = "the time limit was reached while the model was answering"
    elif turn.fault is not None:
        message = turn.fault.sentence
        if turn.fault.kind == "context_overflow":
            stop, kind = "context_limit", "context_overflow"
    error = RunError(where="seek", round=update["rounds"], number=0, kind=kind, message=message)
    return {"stop_reason": stop, "errors": [*update.get("errors", ()), error]}


def _nudged(kind: NudgeKind, round_: int, runtime: Runtime[Context]) -> HumanMessage:
    runtime.stream_writer(Step(kind="warning", round=round_, said=nudge(kind)).as_event())
    return HumanMessage(nudge(kind), id=f"nudge-{kind}-{round_}")


def _turn_step(turn: Turn, round_: int) -> Step:
    fault = turn.fault.sentence if turn.fault else "out of time" if turn.out_of_time else ""
    said = " ".join(turn.answer.text.split()) if turn.answer is not None else fault
    return Step(
        kind="turn",
        round=round_,
        status=turn.fault.kind if turn.fault else "out_of_time" if turn.out_of_time else "ok",
        ms=milliseconds(turn.model_seconds + turn.waiting_seconds),
        said=said[:_SAID] or None,
    )


def _replaced_step(asked: Asked, round_: int) -> Step:
    names = ", ".join(each["evidence"] for each in asked.replaced)
    said = f"the conversation grew too long for the model: {names} gave way to a line each"
    return Step(kind="warning", round=round_, said=said)
