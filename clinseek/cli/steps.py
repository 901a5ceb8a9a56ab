"""A run's steps as lines for the person who waits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from clinseek.cli.output import say

if TYPE_CHECKING:
    from clinseek.nodes.steps import Step

PIPED_WIDTH = 140


def step_line(step: Step) -> str:
    """What happened, on one line: its evidence number first, how long it took last.

    >>> from clinseek.nodes.steps import Step
    >>> step_line(Step(kind="call", round=1, tool="ehr.think", evidence="E2", ms=3))
    '  E2   ehr.think  (3 ms)'
    """
    took = "" if step.ms is None else f"  ({step.ms:,} ms)"
    told = _TOLD[step.kind](step)
    if step.kind == "warning":  # what to do about it stands at its end
        return told + took
    room = shutil.get_terminal_size((PIPED_WIDTH, 0)).columns - len(took)
    return (told if len(told) <= room else told[: room - 1] + "…") + took


def _call(step: Step) -> str:
    refused = "  refused" if step.status == "refused" else ""
    called = " ".join(part for part in (step.tool, step.arguments) if part)
    return f"  {step.evidence or '':<4} {called}{refused}"


def _said(name: str) -> Callable[[Step], str]:
    return lambda step: f"{name}: {step.said}" if step.said else name


_TOLD: dict[str, Callable[[Step], str]] = {
    "case": _said("case"),
    "turn": lambda step: f"turn {step.round}" + (f": {step.said}" if step.said else ""),
    "loading": _said("  loading"),
    "call": _call,
    "warning": _said("warning"),
    "gap": _said("sent back"),
    "conclude": _said("conclude"),
    "finish": lambda step: f"done: {step.status} ({step.said})",
}


def say_step(step: Step) -> None:
    """Show one step on stderr, as it happens."""
    say(step_line(step))
