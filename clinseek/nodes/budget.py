"""How much of a run's budgets is spent: pure functions of state and context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from clinseek.graphs.state import Context, State
from clinseek.records import StopReason

_STEPS_OF_A_ROUND = 2
_STEPS_TO_END = 4
"""From the seek that decides: seek, act, seek, reason, finish, less the one under way."""

_NEARLY = 0.9


class Nearing(NamedTuple):
    """A budget that is nearly spent: its kind, and what is left where that is counted."""

    kind: str
    left: int


def elapsed(state: State) -> float:
    """Seconds of work so far, over all sittings: model, waiting, and each round's longest call.

    The calls of one round run side by side, so a round of tools lasts as long as its longest.
    """
    longest: dict[int, float] = {}
    for entry in state["evidence"]:
        longest[entry["round"]] = max(longest.get(entry["round"], 0.0), entry["seconds"])
    timings = state["timings"]
    return timings["model"] + timings["waiting"] + sum(longest.values())


def tokens(state: State) -> int:
    """Tokens in and out so far."""
    return state["usage"]["input_tokens"] + state["usage"]["output_tokens"]


def dollars(state: State) -> float:
    """Dollars so far; a run with a limit on them is not begun where the price is not known."""
    return state["usage"]["dollars"] or 0.0


def browser_calls(state: State) -> int:
    """Calls of browser tools so far."""
    return sum(entry["tool"].startswith("browser.") for entry in state["evidence"])


def seconds_left(state: State, context: Context) -> float | None:
    """Seconds until the time limit; None without a limit."""
    return None if context.max_seconds is None else max(0.0, context.max_seconds - elapsed(state))


def spent(state: State, context: Context) -> StopReason | None:
    """The budget that is spent and forbids another round, by its stop reason; None if none is."""
    limits: dict[StopReason, bool] = {
        "round_limit": state["rounds"] >= context.max_rounds,
        "token_limit": _reached(tokens(state), context.max_tokens),
        "cost_limit": _reached(dollars(state), context.max_dollars),
        "time_limit": seconds_left(state, context) == 0.0,
        "browser_limit": browser_calls(state) >= max(1, context.max_browser_calls),
        "step_limit": out_of_steps(state),
    }
    return next((reason for reason, reached in limits.items() if reached), None)


def _reached(so_far: float, limit: float | None) -> bool:
    return limit is not None and so_far >= limit


def cuts_calls(state: State, context: Context) -> bool:
    """Whether calls that wait for their turn in a round cannot be made any more."""
    return out_of_steps(state) or seconds_left(state, context) == 0.0


def out_of_steps(state: State) -> bool:
    """Whether the graph's own steps allow no further round, and hardly a further call."""
    return state["remaining_steps"] <= _STEPS_OF_A_ROUND + _STEPS_TO_END


def room_for_revision(state: State, context: Context) -> bool:
    """Whether reason may send the run back: a round and the steps for it are left."""
    # reason and the way back take three steps more than a round that seek decides on.
    ahead: State = {**state, "remaining_steps": state["remaining_steps"] - 3}
    return spent(ahead, context) is None


def nearly_spent(state: State, context: Context) -> Iterator[Nearing]:
    """The budgets about which the model should be told now, each once a run."""
    left = context.max_rounds - state["rounds"]
    if left <= _few(context.max_rounds):
        yield Nearing("rounds", left)
    if context.max_tokens is not None and tokens(state) >= _NEARLY * context.max_tokens:
        yield Nearing("tokens", context.max_tokens - tokens(state))
    if context.max_dollars is not None and dollars(state) >= _NEARLY * context.max_dollars:
        yield Nearing("dollars", 0)
    if context.max_seconds is not None and elapsed(state) >= _NEARLY * context.max_seconds:
        yield Nearing("seconds", int(context.max_seconds - elapsed(state)))
    calls = browser_calls(state)
    if calls and context.max_browser_calls - calls <= _few(context.max_browser_calls):
        yield Nearing("browser", context.max_browser_calls - calls)
    if state["remaining_steps"] <= 4 * _STEPS_OF_A_ROUND + _STEPS_TO_END:
        yield Nearing("steps", state["remaining_steps"])


def _few(limit: int) -> int:
    """How many are few: three, and never more than half of what there was."""
    return min(3, max(1, limit // 2))
