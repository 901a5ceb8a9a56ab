"""One turn of a model: room at its host, tried again for passing faults, timed, tokens counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from clinseek.models.faults import Fault, FaultKind, fault_of
from clinseek.models.gate import backoff
from clinseek.models.prices import Price, cost_of
from clinseek.models.tokens import Tokens, characters_of, tokens_of
from clinseek.records import Timings, TurnUsed, Usage

_NO_TOKENS = Tokens(input=0, cached=0, output=0, reasoning=0, estimated=False)


class Place(Protocol):
    """Room for one turn at a host; it is told how the turn went."""

    def answered(self) -> None:
        """The host answered."""

    def throttled(self, retry_after: float | None) -> None:
        """The host refused for its load."""


class Room(Protocol):
    """What keeps a host from being asked too much at one time."""

    def turn(self) -> AbstractAsyncContextManager[Place]:
        """Wait for room, then hold a place until the block ends."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a turn is tried again: a host that is too busy more often than one that fails.

    The waits are those of `gate.backoff`, in units of `pace` seconds: ten of them are some minutes,
    in which a server of one's own is started again.
    """

    busy: int = 20
    passing: int = 10
    pace: float = 1.0

    def wait(self, fault: Fault, attempt: int) -> float | None:
        """Seconds before the attempt after this one; None where no other is to be made."""
        attempts: dict[FaultKind, int] = {
            "rate": self.busy,
            "passing": self.passing,
            # It was there when the run began: a server that is started again, say.
            "not_reachable": self.passing,
        }
        if attempt > attempts.get(fault.kind, 0):
            return None
        return self.pace * backoff(attempt - 1, retry_after=fault.retry_after)


class Turn(NamedTuple):
    """What a turn gave: an answer, or the fault; and what it cost. `out_of_time`: the run's."""

    answer: AIMessage | None
    tokens: Tokens
    characters: int
    model_seconds: float
    waiting_seconds: float
    attempts: int
    fault: Fault | None = None
    out_of_time: bool = False


@dataclass
class _Clock:
    """The seconds of a turn: at work in the model, the rest waiting."""

    began: float = field(default_factory=time.perf_counter)
    working: float = 0.0

    def passed(self) -> float:
        return time.perf_counter() - self.began


async def take_turn(
    model: Runnable[Any, Any],
    sent: Sequence[BaseMessage],
    *,
    room: Room | None = None,
    patience: Patience | None = None,
    seconds_left: float | None = None,
) -> Turn:
    """One answer of `model` to the messages `sent`; never raises for a fault of the model.

    A fault that may pass is tried again as `patience` says, as far as `seconds_left` allows.
    """
    patience, clock, attempt = patience or Patience(), _Clock(), 0
    while True:
        attempt += 1
        left = None if seconds_left is None else seconds_left - clock.passed()
        try:
            async with asyncio.timeout(left):
                answer = await _asked(model, sent, room, clock)
            return _turn(sent, clock, attempt, answer=answer)
        except Exception as error:
            if seconds_left is not None and clock.passed() >= seconds_left:
                return _turn(sent, clock, attempt, out_of_time=True)
            fault = fault_of(error)
            wait = patience.wait(fault, attempt)
            if wait is None:
                return _turn(sent, clock, attempt, fault=fault)
            if seconds_left is not None and clock.passed() + wait > seconds_left:
                return _turn(sent, clock, attempt, out_of_time=True)
            await asyncio.sleep(wait)


async def _asked(
    model: Runnable[Any, Any], sent: Sequence[BaseMessage], room: Room | None, clock: _Clock
) -> AIMessage:
    if room is None:
        return await _timed(model, sent, clock)
    async with room.turn() as place:
        try:
            answer = await _timed(model, sent, clock)
        except Exception as error:
            fault = fault_of(error)
            if fault.kind == "rate":
                place.throttled(fault.retry_after)
            raise
        place.answered()
        return answer


async def _timed(
    model: Runnable[Any, Any], sent: Sequence[BaseMessage], clock: _Clock
) -> AIMessage:
    began = time.perf_counter()
    try:
        answer: AIMessage = await model.ainvoke(list(sent))
        return answer
    finally:
        clock.working += time.perf_counter() - began


def _turn(
    sent: Sequence[BaseMessage],
    clock: _Clock,
    attempt: int,
    *,
    answer: AIMessage | None = None,
    fault: Fault | None = None,
    out_of_time: bool = False,
) -> Turn:
    return Turn(
        answer,
        tokens_of(sent, answer) if answer is not None else _NO_TOKENS,
        characters_of(sent),
        clock.working,
        clock.passed() - clock.working,
        attempt,
        fault,
        out_of_time,
    )


def used_in(turn: Turn, round_: int) -> TurnUsed:
    """The turn as the record keeps it."""
    finish = turn.answer.response_metadata.get("finish_reason") if turn.answer else None
    ended = turn.fault.kind if turn.fault else "out_of_time" if turn.out_of_time else finish
    return TurnUsed(
        round=round_,
        input_tokens=turn.tokens.input,
        cached_tokens=turn.tokens.cached,
        output_tokens=turn.tokens.output,
        reasoning_tokens=turn.tokens.reasoning,
        estimated=turn.tokens.estimated,
        characters=turn.characters,
        seconds=round(turn.model_seconds, 4),
        waited=round(turn.waiting_seconds, 4),
        attempts=turn.attempts,
        ended=str(ended or "answered"),
    )


def added_usage(usage: Usage, turn: Turn, *, price: Price | None) -> Usage:
    """`usage` with the tokens of one more turn, and its dollars where the price is known."""
    cost = cost_of(turn.tokens, price)
    known = usage["dollars"] is not None and cost is not None
    return Usage(
        model_calls=usage["model_calls"] + 1,
        input_tokens=usage["input_tokens"] + turn.tokens.input,
        cached_tokens=usage["cached_tokens"] + turn.tokens.cached,
        output_tokens=usage["output_tokens"] + turn.tokens.output,
        reasoning_tokens=usage["reasoning_tokens"] + turn.tokens.reasoning,
        dollars=(usage["dollars"] or 0.0) + (cost or 0.0) if known else None,
        estimated=usage["estimated"] or turn.tokens.estimated,
    )


def added_timings(timings: Timings, turn: Turn) -> Timings:
    """`timings` with the seconds of one more turn."""
    return {
        **timings,
        "model": timings["model"] + turn.model_seconds,
        "waiting": timings["waiting"] + turn.waiting_seconds,
    }
