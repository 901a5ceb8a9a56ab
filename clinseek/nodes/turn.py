"""One turn of a model: tried again for passing faults, timed, its tokens counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import httpx
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelConnectionError,
    ModelInvalidRequestError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable
from pydantic import ValidationError

from clinseek.models import Tokens, tokens_of
from clinseek.records import Timings, Usage

FaultKind = Literal["model_error", "context_overflow", "unreadable", "out_of_time"]

_PASSING = (
    ModelRateLimitError,
    ModelConnectionError,
    ModelTimeoutError,
    ModelAPIError,
    ConnectionError,
    TimeoutError,
    httpx.TransportError,
)


class Turn(NamedTuple):
    """What a turn gave: an answer, or the kind of fault and its message; and what it cost."""

    answer: AIMessage | None
    tokens: Tokens
    model_seconds: float
    waiting_seconds: float
    fault: FaultKind | None = None
    message: str = ""


async def take_turn(
    model: Runnable[Any, Any],
    sent: Sequence[BaseMessage],
    *,
    waits: Sequence[float] = (),
    seconds_left: float | None = None,
) -> Turn:
    """One answer of `model` to the messages `sent`; never raises for a fault of the model.

    A fault that may pass (connection, rate, server) is tried again after each of `waits`
    seconds, as far as `seconds_left` allows.
    """
    started, waiting = time.perf_counter(), 0.0
    attempts: list[float | None] = [*waits, None]
    fault: tuple[FaultKind, str] = ("model_error", "")
    for wait in attempts:
        left = None if seconds_left is None else seconds_left - (time.perf_counter() - started)
        try:
            async with asyncio.timeout(left):
                answer = await model.ainvoke(list(sent))
            working = time.perf_counter() - started - waiting
            return Turn(answer, tokens_of(sent, answer), working, waiting)
        except Exception as error:
            fault = _fault(error, out_of_time=_passed(started, seconds_left))
            again = isinstance(error, _PASSING) and fault[0] == "model_error"
            if wait is None or not again or _passed(started - wait, seconds_left):
                break
            await asyncio.sleep(wait)
            waiting += wait
    working = time.perf_counter() - started - waiting
    return Turn(None, Tokens(0, 0, estimated=False), working, waiting, *fault)


def added_usage(usage: Usage, turn: Turn) -> Usage:
    """`usage` with the tokens of one more turn."""
    return Usage(
        model_calls=usage["model_calls"] + 1,
        input_tokens=usage["input_tokens"] + turn.tokens.input,
        output_tokens=usage["output_tokens"] + turn.tokens.output,
        estimated=usage["estimated"] or turn.tokens.estimated,
    )


def added_timings(timings: Timings, turn: Turn) -> Timings:
    """`timings` with the seconds of one more turn."""
    return {
        **timings,
        "model": timings["model"] + turn.model_seconds,
        "waiting": timings["waiting"] + turn.waiting_seconds,
    }


def _passed(started: float, limit: float | None) -> bool:
    return limit is not None and time.perf_counter() - started >= limit


def _fault(error: Exception, *, out_of_time: bool) -> tuple[FaultKind, str]:
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, TimeoutError) and out_of_time:
        return "out_of_time", "the time limit was reached while the model was answering"
    if isinstance(error, ContextOverflowError) or (
        isinstance(error, ModelInvalidRequestError) and "context length" in str(error)
    ):
        return "context_overflow", message
    if isinstance(error, ValidationError):
        return "unreadable", message
    return "model_error", message
