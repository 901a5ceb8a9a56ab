"""Asking the model in the room that it has: what gives way when a conversation is too long.

The room is the host's context length, where it told it or its refusal of a long conversation
taught it; without either nothing gives way until the host refuses. The newest counted turn says
how many characters a token is. No tokenizer is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from langchain_core.messages import AnyMessage, ToolMessage
from langchain_core.runnables import Runnable

from clinseek.graphs.state import State
from clinseek.models.facts import HostFacts
from clinseek.models.faults import refuses_images
from clinseek.models.images import holds_images, images_by_hash, without_images
from clinseek.nodes.condensing import condense, room_for
from clinseek.nodes.turn import Patience, Room, Turn, take_turn
from clinseek.records import EvidenceEntry, Replaced

_REFUSALS = 5
"""So often a conversation is made shorter because the host refused it, in one round."""
_SHARE_AFTER_REFUSAL = 0.6
_OF_IMAGES = (".png", ".jpg", ".jpeg", ".dcm", ".dicom", ".webp", ".gif", ".tif", ".tiff")


NO_IMAGES = "no_images"
"""Noted in a run's `warned` once its host refused an image: from then on it is shown paths."""


class Asked(NamedTuple):
    """A turn, the observations that gave way for it, and the context length as now known.

    `images_refused`: the host refused the images of the conversation, and was asked without them.
    """

    turn: Turn
    replaced: list[Replaced]
    context_length: int | None
    images_refused: bool


async def ask_in_room(
    model: Runnable[Any, Any],
    conversation: Sequence[AnyMessage],
    state: State,
    *,
    facts: HostFacts,
    room: Room | None,
    patience: Patience,
    seconds_left: float | None,
) -> Asked:
    """One turn over the conversation, made shorter until the host takes it.

    Each refusal for its length makes it shorter again, `_REFUSALS` times; then the turn's fault
    stands. What gave way stays replaced in later rounds, so that the host's cache holds. Images
    are sent to hosts that take them; one that refuses them is asked again without.
    """
    length = state["context_length"] or facts.context_length
    gone = {each["evidence"]: each["line"] for each in state["replaced"]}
    limit = _limit(length, state, facts)
    images = takes_images(facts, state)
    refused, seconds, refusals = False, 0.0, 0
    while True:
        fitted = condense(conversation, state["evidence"], replaced=gone, limit=limit)
        gone |= fitted.replaced
        sent = fitted.messages
        if not images:
            sent = named_only(sent, state)
        turn = await take_turn(
            model,
            sent,
            room=room,
            patience=patience,
            seconds_left=None if seconds_left is None else max(0.0, seconds_left - seconds),
        )
        seconds += turn.model_seconds + turn.waiting_seconds
        if images and _refuses_images(turn, sent):
            images, refused = False, True
            continue
        overflows = turn.fault is not None and turn.fault.kind == "context_overflow"
        if not overflows or not fitted.fits or refusals == _REFUSALS:
            waited = seconds - turn.model_seconds
            asked = turn._replace(waiting_seconds=waited)
            return Asked(asked, _newly(gone, state), length, refused)
        refusals += 1
        length = (turn.fault.context_length if turn.fault else None) or length
        limit = min(
            _limit(length, state, facts) or turn.characters,
            int(turn.characters * _SHARE_AFTER_REFUSAL),
        )


def image_paths(
    messages: Sequence[AnyMessage], evidence: Sequence[EvidenceEntry]
) -> dict[str, str]:
    """By the SHA-256 of each image that a tool gave: the paths that tools were called with."""
    named = {
        entry["call_id"]: path
        for entry in evidence
        for path in entry["arguments"].values()
        if isinstance(path, str) and path.lower().endswith(_OF_IMAGES)
    }
    paths: dict[str, list[str]] = {}
    for message in messages:
        path = named.get(message.tool_call_id) if isinstance(message, ToolMessage) else None
        for sha256 in images_by_hash([message])[1] if path else ():
            if path and path not in paths.setdefault(sha256, []):
                paths[sha256].append(path)
    return {sha256: " or ".join(held) for sha256, held in paths.items()}


def takes_images(facts: HostFacts, state: State) -> bool:
    """Whether the host may be sent images: as far as is known of it, and it refused none."""
    return facts.takes_images is not False and NO_IMAGES not in state["warned"]


def named_only(sent: Sequence[AnyMessage], state: State) -> list[AnyMessage]:
    """The messages with a path in the place of each image, attached or given by a tool."""
    bound = state["case"].get("images")
    paths = image_paths(sent, state["evidence"])
    named: dict[str, str] = {}
    for each in bound["attached"] if bound else ():
        if (shown := each["shown"]) is not None:  # two files may show the same picture
            named[shown] = f"{named[shown]} or {each['path']}" if shown in named else each["path"]
    return without_images(sent, paths={**paths, **named})


def _refuses_images(turn: Turn, sent: Sequence[AnyMessage]) -> bool:
    """Whether the host refused the turn for its images, by the words of its refusal."""
    return turn.fault is not None and refuses_images(turn.fault) and holds_images(sent)


def _limit(length: int | None, state: State, facts: HostFacts) -> int | None:
    """The most characters of a conversation, None where nobody knows."""
    if length is None:
        return None
    counted = [turn for turn in state["turns"] if turn["input_tokens"] and not turn["estimated"]]
    last = counted[-1] if counted else None
    return room_for(
        length,
        max_output=facts.max_output,
        characters=last["characters"] if last else None,
        input_tokens=last["input_tokens"] if last else None,
        overhead_characters=len(json.dumps(state["tools"])),
    )


def _newly(gone: dict[str, str], state: State) -> list[Replaced]:
    before = {each["evidence"]: each["line"] for each in state["replaced"]}
    return [
        Replaced(round=state["rounds"] + 1, evidence=evidence, line=line)
        for evidence, line in gone.items()
        if before.get(evidence) != line
    ]
