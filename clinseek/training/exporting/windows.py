"""Long traces: whole, in windows at turn borders, or left out. Nothing is cut in silence."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from clinseek.training.traces.trace import Message

Fits = Callable[[Sequence[Message]], bool]


class Window(NamedTuple):
    """The turns `first` to `last` (from 0, `last` not included) behind the task."""

    messages: list[Message]
    first: int
    last: int


def windows_of(messages: Sequence[Message], fits: Fits) -> list[Window] | None:
    """The conversation in windows that fit, which together hold each turn once; the finish call
    stands in the last. None where the task with a single turn does not fit.

    A window that does not begin with the first turn says in its task how many are left out.
    """
    head, turns = parted(messages)
    windows: list[Window] = []
    last = len(turns)
    while last > 0:
        made = _longest(head, turns, last, fits)
        if made is None:
            return None
        windows.append(made)
        last = made.first
    return windows[::-1]


def parted(messages: Sequence[Message]) -> tuple[list[Message], list[list[Message]]]:
    """What stands before the first turn, and the turns: what the model said and what came of it."""
    head: list[Message] = []
    turns: list[list[Message]] = []
    for message in messages:
        if message["role"] == "assistant":
            turns.append([message])
        elif turns:
            turns[-1].append(message)
        else:
            head.append(message)
    return head, turns


def left_out_note(turns: int) -> str:
    """What a window's task says of the turns before it.

    >>> left_out_note(1)
    '[The first turn of this conversation and its results are left out here.]'
    """
    named = "turn" if turns == 1 else f"{turns:,} turns"
    whose = "its" if turns == 1 else "their"
    return f"[The first {named} of this conversation and {whose} results are left out here.]"


def _longest(
    head: Sequence[Message], turns: Sequence[Sequence[Message]], last: int, fits: Fits
) -> Window | None:
    """The window that ends before turn `last` and begins as early as it can."""

    def at(first: int) -> list[Message]:
        opening = [*head] if first == 0 else _with_note(head, left_out_note(first))
        return [*opening, *(message for turn in turns[first:last] for message in turn)]

    first = bisect_left(range(last), True, key=lambda first: fits(at(first)))  # noqa: FBT003
    return None if first == last else Window(at(first), first, last)


def _with_note(head: Sequence[Message], note: str) -> list[Message]:
    """The opening with the note behind the task."""
    told = list(head)
    for at in range(len(told) - 1, -1, -1):
        if told[at]["role"] == "user":
            content = told[at]["content"]
            added: Message = (
                {**told[at], "content": f"{content}\n\n{note}"}
                if isinstance(content, str)
                else {**told[at], "content": [*content, {"type": "text", "text": note}]}
            )
            told[at] = added
            return told
    return [*told, Message(role="user", content=note)]
