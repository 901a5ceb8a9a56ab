"""Asking the model in the room that it has: what gives way when a conversation is too long.

The room is the host's context length, where it told it or its refusal of a long conversation
taught it; without either nothing gives way until the host refuses. The newest counted turn says
how many characters a token is. No tokenizer is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from langchain_core.messages import AnyMessage
from langchain_core.runnables import Runnable

from clinseek.graphs.state import State
from clinseek.models.facts import HostFacts
from clinseek.nodes.condensing import condense, room_for
from clinseek.nodes.turn import Patience, Room, Turn, take_turn
from clinseek.records import Replaced

_REFUSALS = 5
"""So often a conversation is made shorter because the host refused it, in one round."""
_SHARE_AFTER_REFUSAL = 0.6


class Asked(NamedTuple):
    """A turn, the observations that gave way for it, and the context length as now known."""

    turn: Turn
    replaced: list[Replaced]
    context_length: int | None
    overflows: int


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
    stands. What gave way stays replaced in later rounds, so that the host's cache holds.
    """
    length = state["context_length"] or facts.context_length
    gone = {each["evidence"]: each["line"] for each in state["replaced"]}
    limit = _limit(length, state, facts)
    turn: Turn | None = None
    for refusals in range(_REFUSALS + 1):
        fitted = condense(conversation, state["evidence"], replaced=gone, limit=limit)
        gone |= fitted.replaced
        turn = await take_turn(
            model, fitted.messages, room=room, patience=patience, seconds_left=seconds_left
        )
        if turn.fault is None or turn.fault.kind != "context_overflow":
            return Asked(turn, _newly(gone, state), length, refusals)
        if not fitted.fits:
            break
        length = turn.fault.context_length or length
        limit = min(
            _limit(length, state, facts) or turn.characters,
            int(turn.characters * _SHARE_AFTER_REFUSAL),
        )
    assert turn is not None
    return Asked(turn, _newly(gone, state), length, refusals + 1)


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
