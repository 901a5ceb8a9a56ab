"""From the final state of a run to its record: pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from clinseek import __version__
from clinseek.models.images import images_by_hash
from clinseek.prompts import Role, prompt_hash
from clinseek.records import (
    NO_TIME,
    NO_USAGE,
    ModelUsed,
    Record,
    Setting,
    Shortened,
    StopReason,
    Versions,
    WebUsed,
    fingerprint_of,
)

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

_ASKED = ("subject_id", "cutoff", "question", "candidates", "answer_form")
_OF_IMAGES = ("images", "reports")
_REASONING = ("reasoning_content", "reasoning")


def record_of(
    state: Mapping[str, Any],
    *,
    thread: str,
    model: ModelUsed,
    rules: str,
    role: Role = "clinseek",
    web: WebUsed | None = None,
    qid: str | None = None,
    epoch: int = 1,
    setting: Setting = "automated",
    row: Mapping[str, Any] | None = None,
) -> Record:
    """The record of a run from its state: whole, or as far as it got (failed, cancelled).

    Without a `row` of a benchmark the question as asked is the row; without a `qid` the row's
    fingerprint is. `rules` is the hash of the availability rules of the run's profile, `web` how
    the run met the web.
    """
    asked = dict(row) if row is not None else asked_in(state)
    ended = state.get("status") is not None
    evidence = list(state.get("evidence") or ())
    submission = state.get("submission") or {}
    messages, images = images_by_hash(state.get("messages") or ())
    case = state.get("case") or {}
    return Record(
        qid=qid or fingerprint_of(asked),
        epoch=epoch,
        row=asked,
        thread=thread,
        setting=setting,
        model=model,
        messages=[openai_form(message) for message in messages],
        tools=list(state.get("tools") or ()),
        images=images,
        shortened=[
            Shortened(
                round=entry["round"],
                evidence=entry["id"],
                chars=entry["chars"],
                shown_chars=entry["shown_chars"],
            )
            for entry in evidence
            if entry["shown_chars"] < entry["chars"]
        ],
        replaced=list(state.get("replaced") or ()),
        answer=list(state.get("answer") or ()),
        citations=[list(cited) for cited in state.get("citations") or ()],
        salvaged=submission.get("salvaged"),
        evidence=evidence,
        status=state["status"] if ended else "failed",
        stop_reason=cast(StopReason, state["stop_reason"] if ended else "cancelled"),
        repairs=dict(state.get("repairs") or {}),
        turns=list(state.get("turns") or ()),
        usage=state.get("usage") or NO_USAGE,
        timings=state.get("timings") or NO_TIME,
        errors=list(state.get("errors") or ()),
        web=web,
        attached=list((case.get("images") or {}).get("attached", ())),
        versions=Versions(
            package=__version__,
            rules=rules,
            role=role,
            prompts=prompt_hash(role),
            store=case.get("fingerprint", ""),
            profile=case.get("profile", ""),
        ),
    )


def asked_in(given: Mapping[str, Any]) -> dict[str, Any]:
    """The question as it was asked; what belongs to images only where there are any."""
    asked = {name: given.get(name) for name in _ASKED}
    return asked | {name: given[name] for name in _OF_IMAGES if given.get(name)}


def openai_form(message: BaseMessage) -> dict[str, Any]:
    """One message as OpenAI's chat form: dotted tool names, reasoning, observations in full."""
    role = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}[message.type]
    form: dict[str, Any] = {"role": role, "content": message.content}
    if message.type == "tool":
        artifact = getattr(message, "artifact", None)
        full = artifact.get("full") if isinstance(artifact, dict) else None
        form["content"] = _in_full(message.content, full) if full else message.content
        form["tool_call_id"] = getattr(message, "tool_call_id", None)
        form["name"] = message.name
    if message.type == "ai":
        form |= _assistant_fields(cast("AIMessage", message))
    return form


def _in_full(content: Any, full: str) -> Any:
    """An observation with its whole text, images as they are."""
    if isinstance(content, str):
        return full
    images = [block for block in content if block.get("type") != "text"]
    return [{"type": "text", "text": full}, *images]


def _assistant_fields(message: AIMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in _REASONING:
        if said := message.additional_kwargs.get(name):
            fields["reasoning_content"] = said
    if wire := message.additional_kwargs.get("reasoning_wire"):
        fields["reasoning_wire"] = wire
    if message.tool_calls:
        fields["tool_calls"] = [_call(call) for call in cast(Sequence[Any], message.tool_calls)]
    return fields


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(call["args"], ensure_ascii=False)
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": arguments},
    }
