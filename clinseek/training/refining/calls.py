"""The calls of a trace with their results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from clinseek.training.traces.trace import Message, Trace, calls_in, text_in

_NUMBER = re.compile(r"\[E\d+\] ?")


class Step(NamedTuple):
    """One call: the places of its turn and of its result (None: it has none), what it gave."""

    call_id: str
    number: int
    tool: str
    arguments: str
    at: int
    result_at: int | None
    refused: bool
    result: str

    @property
    def asked(self) -> tuple[str, str]:
        """The call, equal for calls that ask for the same."""
        return self.tool, _in_order(self.arguments)


def steps_of(trace: Trace) -> list[Step]:
    """The calls of a trace in their order."""
    return list(_steps(trace))


def _steps(trace: Trace) -> Iterator[Step]:
    results = {
        message.get("tool_call_id"): at
        for at, message in enumerate(trace.messages)
        if message["role"] == "tool"
    }
    for number, (at, call) in enumerate(calls_in(trace.messages), start=1):
        known = trace.by_call.get(call["id"])
        result_at = results.get(call["id"])
        text = text_in(trace.messages[result_at]["content"]) if result_at is not None else ""
        yield Step(
            call_id=call["id"],
            number=known["number"] if known else number,
            tool=call["function"]["name"],
            arguments=call["function"]["arguments"],
            at=at,
            result_at=result_at,
            refused=known["refused"] if known else False,
            result=without_number(text),
        )


def without_number(text: str) -> str:
    """An observation without the evidence number before it.

    >>> without_number("[E12] 3 rows")
    '3 rows'
    """
    found = _NUMBER.match(text)
    return text[found.end() :] if found else text


def is_numbered(message: Message) -> bool:
    """Whether a result begins with its evidence number."""
    return _NUMBER.match(text_in(message["content"])) is not None


def _in_order(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        return arguments
