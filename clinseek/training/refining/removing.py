"""Taking calls out of a trace so that what is left is a true transcript.

Evidence is numbered by the calls before it, so the numbers behind a removed call move, in results,
in citations and in what the model says. Where a number cannot be told from another word ("E11" is
a diagnosis too), and where the harness spoke between turns, nothing is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from clinseek.training.refining.calls import is_numbered
from clinseek.training.refining.redundant import Removal
from clinseek.training.traces.trace import FINISH, Edit, Message, Observed, Trace, text_in

_CITED = r"E\d{1,4}(?:#[\dL-]+)?"
_LIST = re.compile(rf"[\[(]\s*{_CITED}(?:\s*(?:,|;|and)\s*{_CITED})*\s*[\])]")
_PLACED = re.compile(r"\bE\d{1,4}#(?=[\dL])")
_MENTION = re.compile(r"\bE(\d{1,4})\b")


class Unremovable(Exception):  # noqa: N818 - an answer, not an error
    """Why nothing can be taken out of a trace."""


def without(trace: Trace, gone: Sequence[Removal]) -> Trace:
    """The trace without the calls of `gone`, their results, and turns that held nothing else.

    Raises Unremovable, with the reason, where the rest would be no true transcript.
    """
    if not gone:
        return trace
    _check_uninterrupted(trace.messages)
    numbers = _new_numbers(trace, gone)
    going = {each.step.call_id for each in gone}
    numbered = any(is_numbered(each) for each in trace.messages if each["role"] == "tool")
    messages = [
        _renumbered(message, numbers, numbered=numbered) for message in _left(trace.messages, going)
    ]
    if not any(message["role"] == "assistant" for message in messages):
        raise Unremovable("nothing would be left of it")
    edits = [Edit(kind=each.kind, at=each.step.at, call_id=each.step.call_id, why=each.why)
             for each in gone]  # fmt: skip
    return trace.model_copy(
        update={
            "messages": messages,
            "observed": _observed(trace, going, numbers),
            "citations": [[_in_text(cited, numbers) for cited in each] for each in trace.citations],
            "edits": [*trace.edits, *edits],
        }
    )


def _check_uninterrupted(messages: Sequence[Message]) -> None:
    """What the harness says between turns counts rounds and names calls: it would not be true."""
    begun = False
    for message in messages:
        begun = begun or message["role"] == "assistant"
        if begun and message["role"] in ("user", "system"):
            raise Unremovable("the harness spoke between its turns")


def _new_numbers(trace: Trace, gone: Sequence[Removal]) -> dict[int, int | None]:
    """Where each evidence number goes; None for one that is gone with nothing in its place."""
    instead = {each.step.number: each.instead for each in gone}
    numbers: dict[int, int | None] = {}
    for place, known in enumerate(
        (each for each in trace.observed if each["number"] not in instead), start=1
    ):
        numbers[known["number"]] = place
    for number, stands in instead.items():
        numbers[number] = numbers.get(stands) if stands is not None else None
    return numbers


def _left(messages: Sequence[Message], going: set[str]) -> list[Message]:
    left: list[Message] = []
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in going:
                left.append(message)
            continue
        calls = message.get("tool_calls", ())
        kept = [call for call in calls if call["id"] not in going]
        if len(kept) == len(calls):
            left.append(message)
        elif kept:
            left.append({**message, "tool_calls": kept})
    return left


def _renumbered(message: Message, numbers: Mapping[int, int | None], *, numbered: bool) -> Message:
    if not numbered:
        return message
    if message["role"] == "tool":
        return {**message, "content": _content(message["content"], numbers)}
    if message["role"] != "assistant":
        return message
    told: Message = {**message, "content": _said(text_in(message["content"]), numbers)}
    if reasoning := message.get("reasoning_content"):
        told["reasoning_content"] = _said(reasoning, numbers)
    if calls := message.get("tool_calls"):
        told["tool_calls"] = [
            {**call, "function": {**call["function"],
                                  "arguments": _finish(call["function"]["arguments"], numbers)}}
            if call["function"]["name"] == FINISH else call
            for call in calls
        ]  # fmt: skip
    return told


def _content(content: str | list[dict[str, Any]], numbers: Mapping[int, int | None]) -> Any:
    """A result under its new number, which stands at its front and before its parts (E4#1)."""
    if isinstance(content, str):
        return _result(content, numbers)
    return [
        {**block, "text": _result(str(block["text"]), numbers)} if "text" in block else block
        for block in content
    ]


def _result(text: str, numbers: Mapping[int, int | None]) -> str:
    found = re.match(r"\[E(\d+)\]", text)
    if found is None:
        return text
    old, new = int(found[1]), numbers.get(int(found[1]))
    if new is None or new == old:
        return text
    moved = f"[E{new}]" + text[found.end() :]
    return re.sub(rf"\bE{old}#(?=\d)", f"E{new}#", moved)


def _finish(arguments: str, numbers: Mapping[int, int | None]) -> str:
    """The arguments of the finish call with its citations under their new numbers."""
    try:
        held = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(held, dict) or "citations" not in held:
        return arguments
    moved = _each(held["citations"], numbers)
    return json.dumps({**held, "citations": moved}, ensure_ascii=False)


def _each(value: Any, numbers: Mapping[int, int | None]) -> Any:
    if isinstance(value, str):
        return _in_text(value, numbers)
    return [_each(one, numbers) for one in value] if isinstance(value, list) else value


def _said(text: str, numbers: Mapping[int, int | None]) -> str:
    """What the model said, its citations moved; Unremovable where one cannot be told for sure."""
    sure = [found.span() for pattern in (_LIST, _PLACED) for found in pattern.finditer(text)]
    for found in _MENTION.finditer(text):
        number = int(found[1])
        if numbers.get(number, number) == number:
            continue
        if not any(start <= found.start() and found.end() <= end for start, end in sure):
            raise Unremovable("a word such as E11 in it may name evidence, or something else")
    return _in_text(text, numbers)


def _in_text(text: str, numbers: Mapping[int, int | None]) -> str:
    def moved(found: re.Match[str]) -> str:
        number = int(found[1])
        new = numbers.get(number, number)
        if new is None:
            raise Unremovable("it names evidence that would go")
        return f"E{new}"

    return _MENTION.sub(moved, text)


def _observed(trace: Trace, going: set[str], numbers: Mapping[int, int | None]) -> list[Observed]:
    return [
        {**known, "number": numbers.get(known["number"]) or known["number"]}
        for known in trace.observed
        if known["call_id"] not in going
    ]
