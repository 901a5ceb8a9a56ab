"""Where a run goes next: pure functions of the state.

They read nothing but the state, so that an edit made between two steps (in Studio, say) is what
counts: calls that a person rewrote are the calls that run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.types import Send

from clinseek.graphs.state import Call, State, Submission
from clinseek.nodes import budget
from clinseek.nodes.answers import read_finish
from clinseek.nodes.calls import broken_call, unanswered
from clinseek.nodes.casework import task_of
from clinseek.nodes.toolset import BROWSER_TOOLS, FINISH, names_in, unknown_tool
from clinseek.records import RAW

AfterSeek = Literal["load", "seek", "reason", "finish"]
AfterReason = Literal["seek", "finish"]


def after_seek(state: State) -> AfterSeek | list[Send]:
    """`load` for an edited task, a Send to `act` for each open call, else the way out."""
    if task_of(state) != state["case"]["task"]:
        return "load"
    if state["stop_reason"] == "model_error":
        return "finish"
    if state["stop_reason"] not in (None, "finish"):
        return "reason"
    calls = _open_calls(state)
    if calls and not (_begun(state) and budget.out_of_steps(state)):
        return _sends(calls, state)
    return "reason" if pending(state) else "seek"


def after_reason(state: State) -> AfterReason:
    """Back to `seek` where the answer was sent back, which takes its stop reason away."""
    return "seek" if state["stop_reason"] is None else "finish"


def pending(state: State) -> bool:
    """Whether an answer was handed in that reason has not weighed yet."""
    submission = state["submission"]
    return submission is not None and not submission["weighed"]


def waiting(state: State) -> bool:
    """Whether browser calls of the turn under way wait for those before them.

    They share the stack of pages, and so go one after the other; all others go side by side.
    """
    return _begun(state) and any(call["name"] in BROWSER_TOOLS for call in _open_calls(state))


def submission_in(calls: Sequence[Any]) -> Submission | None:
    """The answer that the calls of a turn hand in: that of the last sound ehr.finish."""
    read = [read_finish(call["args"]) for call in calls if call["name"] == FINISH]
    sound = [found for found in read if not isinstance(found, str)]
    return sound[-1] if sound else None


def _turn(state: State) -> Sequence[Any]:
    """The calls of the last turn."""
    last = next(
        (message for message in reversed(state["messages"]) if isinstance(message, AIMessage)), None
    )
    return [] if last is None else last.tool_calls


def _open_calls(state: State) -> list[Any]:
    """The calls of the last turn that have no answer yet."""
    without_answer = {answer.tool_call_id for answer in unanswered(state["messages"])}
    return [call for call in _turn(state) if call["id"] in without_answer]


def _begun(state: State) -> bool:
    """Whether calls of the last turn have run, so that it is only gone on with."""
    return _first_number(state) is not None


def _first_number(state: State) -> int | None:
    """The number of the first call of the last turn, by those of its calls that have run."""
    places = {call["id"]: place for place, call in enumerate(_turn(state))}
    ran = (entry for entry in reversed(state["evidence"]) if entry["call_id"] in places)
    return next((entry["number"] - places[entry["call_id"]] for entry in ran), None)


def _sends(calls: Sequence[Any], state: State) -> list[Send]:
    """One Send a call, numbered in the order of the calls; of those that browse the first alone."""
    begun = _first_number(state)
    if begun is None:
        last = max((entry["number"] for entry in state["evidence"]), default=0)
        numbers = {call["id"]: last + place for place, call in enumerate(calls, start=1)}
    else:
        numbers = {call["id"]: begun + place for place, call in enumerate(_turn(state))}
    known = names_in(state["tools"])
    browsing = False
    sends: list[Send] = []
    for call in calls:
        name, arguments = call["name"], call["args"]
        fault = _fault(name, arguments, known)
        browses = fault is None and name in BROWSER_TOOLS
        if browses and browsing:
            continue
        browsing = browsing or browses
        sends.append(
            Send(
                "act",
                Call(
                    number=numbers[call["id"]],
                    round=state["rounds"],
                    call_id=call["id"],
                    tool=name,
                    arguments=arguments if fault or name != FINISH else _as_read(arguments),
                    fault=fault,
                    browsed=budget.browser_calls(state),
                    browser=state["browser"] if browses else [],
                    case=state["case"],
                ),
            )
        )
    return sends


def _fault(name: str, arguments: dict[str, Any], known: Sequence[str]) -> str | None:
    """Why a call cannot be run, as a sentence for the model; None where it can."""
    if RAW in arguments:
        return broken_call(str(arguments[RAW]))
    if name not in known:
        return unknown_tool(name, known)
    if name == FINISH:
        read = read_finish(arguments)
        return read if isinstance(read, str) else None
    return None


def _as_read(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of ehr.finish in the shape the tool takes, whatever shape the model wrote."""
    read = read_finish(arguments)
    assert not isinstance(read, str)
    cited = {"citations": read["citations"]} if any(read["citations"]) else {}
    return {"response": read["answer"], **cited}
