"""Small events that say what a run is doing, for the command line and for Studio."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

StepKind = Literal["case", "turn", "loading", "call", "warning", "gap", "conclude", "finish"]

_LONGEST_SUMMARY = 160


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a run. `ms` is how long it took; `said` is a short text for people."""

    kind: StepKind
    round: int = 0
    tool: str | None = None
    arguments: str | None = None
    evidence: str | None = None
    status: str | None = None
    ms: int | None = None
    said: str | None = None

    def as_event(self) -> dict[str, Any]:
        """The step as a JSON object, for a stream of custom events; absent fields left out."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    @classmethod
    def read(cls, event: dict[str, Any]) -> Step:
        """The step that `as_event` made this object of."""
        return cls(**event)


def summary(arguments: dict[str, Any]) -> str:
    """Arguments on one line, shortened.

    >>> summary({"table_name": "labevents", "limit": 5})
    'table_name=labevents limit=5'
    """
    line = " ".join(f"{name}={value}" for name, value in arguments.items())
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST_SUMMARY else line[: _LONGEST_SUMMARY - 1] + "…"


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, for an event."""
    return round(seconds * 1000)
