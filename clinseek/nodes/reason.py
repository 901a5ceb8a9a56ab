"""reason: weighs what was found; sends a wanting answer back, or makes a run conclude."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.runtime import Runtime

from clinseek.errors import Refusal
from clinseek.graphs.state import Context, State, Submission
from clinseek.nodes import budget
from clinseek.nodes.answers import is_answer, salvage, submit
from clinseek.nodes.asking import named_only, takes_images
from clinseek.nodes.bench import Bench
from clinseek.nodes.casework import cells_of, labels_of, row_of
from clinseek.nodes.citing import Citation
from clinseek.nodes.hearing import reasoning_apart, reasoning_of
from clinseek.nodes.shortening import shorten
from clinseek.nodes.steps import Step, milliseconds
from clinseek.nodes.toolset import NOT_EVIDENCE, names_in
from clinseek.nodes.turn import Turn, added_timings, added_usage, take_turn, used_in
from clinseek.nodes.weighing import CellsOf, Gap, Weighed, weigh
from clinseek.prompts import conclusion_prompt, gap_prompt
from clinseek.records import EvidenceEntry, RunError

_FINDINGS_CHARS = 60_000
_FINDINGS_CHARS_A_TOKEN = 2
"""So many characters are a token or more in any record: half of a context, and more, stays free."""
_SHORTEST_SHARE = 400
_GRACE_SECONDS = 60.0


async def reason(state: State, runtime: Runtime[Context], *, bench: Bench) -> dict[str, Any]:
    """Weigh the submission; without one (a budget was spent) ask for it, without tools.

    Names the gaps and takes the stop reason away where the run is to go back to seek: at most
    `max_revisions` times, and never when a budget is spent. Else the answer stands, its gaps
    noted among the errors.
    """
    context = runtime.context or Context()
    submission, update = state["submission"], dict[str, Any]()
    if submission is None or submission["weighed"]:
        submission, update = await _conclude(state, context, runtime, bench)
    weighed = await asyncio.to_thread(_weigh, state, submission, context, bench)
    noted: Submission = {**submission, "weighed": True}
    if weighed.gaps and _may_revise(state, context, submission):
        sentences = [gap.sentence for gap in weighed.gaps]
        runtime.stream_writer(
            Step(kind="gap", round=state["rounds"], said="; ".join(sentences)).as_event()
        )
        revision = state["revisions"] + 1
        return {
            "messages": [HumanMessage(gap_prompt(sentences), id=f"gap-{revision}")],
            "submission": noted,
            "revisions": revision,
            "stop_reason": None,
        }
    return {
        **update,
        "submission": noted,
        "answer": weighed.answer,
        "citations": weighed.citations,
        "errors": [*update.pop("errors", []), *_notes(state, weighed.gaps)],
    }


def _may_revise(state: State, context: Context, submission: Submission) -> bool:
    return (
        submission["via"] != "conclusion"
        and state["revisions"] < context.max_revisions
        and budget.room_for_revision(state, context)
    )


def _weigh(state: State, submission: Submission, context: Context, bench: Bench) -> Weighed:
    weighed = weigh(
        submission,
        ledger=state["evidence"],
        cells_of=_reader(state, context, bench),
        candidates=state.get("candidates") or (),
        answer_form=state.get("answer_form"),
    )
    if NOT_EVIDENCE.issuperset(names_in(state["tools"])):
        # The evidence came with the task: no tool is bound that gives any to cite.
        return weighed._replace(gaps=[gap for gap in weighed.gaps if gap.kind != "uncited"])
    return weighed


def _reader(state: State, context: Context, bench: Bench) -> CellsOf:
    """What a citation points at: the row's cells and labels, a page's lines, or the text."""
    case, texts = bench.case(state["case"]), _texts(state)

    def pointed_at(entry: EvidenceEntry, citation: Citation) -> Sequence[Any]:
        if citation.lines is not None and (read := bench.lines(context, entry, citation.lines)):
            return [" ".join(read)]
        row = citation.row
        if row is None or entry["table"] is None:
            return [texts.get(entry["call_id"], "").removeprefix(f"[{entry['id']}]")]
        try:
            held = row_of(case, entry["table"], row)
            return [*cells_of(held), *labels_of(case, entry["table"], held)] if held else []
        except Refusal:
            return []

    return pointed_at


async def _conclude(
    state: State, context: Context, runtime: Runtime[Context], bench: Bench
) -> tuple[Submission, dict[str, Any]]:
    """One turn over the ledger without tools. A budget that is spent never costs the answer.

    An answer that was sent back before stands in where this turn gives none.
    """
    runtime.stream_writer(
        Step(kind="conclude", round=state["rounds"], status=state["stop_reason"]).as_event()
    )
    host = bench.host(context.model)
    grace = None if context.max_seconds is None else max(_GRACE_SECONDS, context.max_seconds / 10)
    update: dict[str, Any] = {"usage": state["usage"], "timings": state["timings"], "turns": []}
    for room in _rooms(state["context_length"] or host.facts.context_length):
        sent = conclusion_messages(state, room=room)
        if not takes_images(host.facts, state):
            sent = named_only(sent, state)
        turn = await take_turn(
            host.model, sent, room=host.room, patience=bench.means.patience, seconds_left=grace
        )
        update["usage"] = added_usage(update["usage"], turn, price=host.price)
        update["timings"] = added_timings(update["timings"], turn)
        update["turns"].append(used_in(turn, state["rounds"]))
        if turn.fault is None or turn.fault.kind != "context_overflow":
            break
    if turn.answer is None:
        update["errors"] = [_fault(state, turn)]
        return _earlier(state) or submit([], None, via="conclusion"), update
    spoken = _spoken(turn.answer)
    update["messages"] = [sent[-1], spoken]
    read = salvage(
        spoken.text,
        reasoning_of(spoken),
        candidates=state.get("candidates") or (),
        answer_form=state.get("answer_form"),
        via="conclusion",
    )
    if read is not None and not is_answer(read, state.get("candidates") or (), told=True):
        read = None
    if read is None or not read["answer"]:
        read = _earlier(state) or submit([], None, via="conclusion")
    return read, update


def _rooms(context_length: int | None) -> Sequence[int]:
    """The characters for the findings, fewer each time that the host refuses the length."""
    first = _FINDINGS_CHARS
    if context_length is not None:
        first = min(first, context_length * _FINDINGS_CHARS_A_TOKEN)
    return [first, first // 3, first // 9, 0]


def _earlier(state: State) -> Submission | None:
    """An answer that was sent back before, to stand in where the last turn gives none."""
    submission = state["submission"]
    return None if submission is None else {**submission, "via": "conclusion"}


def conclusion_messages(state: State, *, room: int = _FINDINGS_CHARS) -> list[AnyMessage]:
    """The messages of a run's last turn: role, task, and the findings in `room` characters."""
    first = [message for message in state["messages"] if message.id in ("system", "task")]
    system = [message for message in first if isinstance(message, SystemMessage)]
    task = [message for message in first if isinstance(message, HumanMessage)]
    findings = _findings(state, room)
    return [*system, *task, HumanMessage(conclusion_prompt(findings), id="conclude")]


def _findings(state: State, room: int) -> str:
    """The observations, the newest where not all fit, each shortened to an equal share."""
    texts = _texts(state)
    entries = [
        entry
        for entry in state["evidence"]
        if not entry["refused"] and entry["tool"] not in NOT_EVIDENCE
    ]
    entries = entries[len(entries) - min(len(entries), room // _SHORTEST_SHARE) :]
    if not entries:
        return ""
    share = room // len(entries)
    return "\n\n".join(shorten(texts.get(entry["call_id"], ""), share) for entry in entries)


def _texts(state: State) -> dict[str, str]:
    """The observations as the model was shown them, by the id of their call."""
    return {
        message.tool_call_id: message.text
        for message in state["messages"]
        if isinstance(message, ToolMessage)
    }


def _spoken(answer: AIMessage) -> AIMessage:
    # Calls cannot be answered any more; an unanswered call would make the thread unsendable.
    spoken = reasoning_apart(answer).model_copy(update={"tool_calls": [], "invalid_tool_calls": []})
    spoken.id = spoken.id or "conclusion"
    return spoken


def _notes(state: State, gaps: Sequence[Gap]) -> list[RunError]:
    return [
        RunError(
            where="reason", round=state["rounds"], number=0, kind=gap.kind, message=gap.sentence
        )
        for gap in gaps
    ]


def _fault(state: State, turn: Turn) -> RunError:
    sentence = turn.fault.sentence if turn.fault else "the time limit was reached"
    overflow = turn.fault is not None and turn.fault.kind == "context_overflow"
    kind = "context_overflow" if overflow else "model_error"
    return RunError(
        where="reason",
        round=state["rounds"],
        number=0,
        kind="out_of_time" if turn.out_of_time else kind,
        message=f"{sentence} (after {milliseconds(turn.model_seconds)} ms)",
    )
