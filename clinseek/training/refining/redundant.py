"""Which calls of a trace taught nothing: made before with the same answer, or led nowhere.

Calls that change what a later one sees are never among them: browser calls number their pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from clinseek.training.refining.calls import Step, steps_of
from clinseek.training.traces.trace import FINISH, Message, Trace, text_in

_STATEFUL = ("browser.",)
_SPOKEN = ("ehr.think", FINISH)
_WORD = re.compile(r"[^\W_][\w.:/%-]{2,}")


class Removal(NamedTuple):
    """A call to be taken out; `instead` is the number of an earlier one with the same answer."""

    step: Step
    kind: str
    why: str
    instead: int | None = None


def repeated(steps: Sequence[Step]) -> list[Removal]:
    """Calls that ask what an earlier one asked, and got the same answer."""
    first: dict[tuple[tuple[str, str], str], Step] = {}
    found = []
    for step in steps:
        if not _may_go(step):
            continue
        earlier = first.setdefault((step.asked, step.result), step)
        if earlier is not step:
            why = f"the same call and answer as E{earlier.number}"
            found.append(Removal(step, "repeated", why, instead=earlier.number))
    return found


def failed(steps: Sequence[Step]) -> list[Removal]:
    """Calls that were refused."""
    return [
        Removal(step, "failed", "the call was refused") for step in steps
        if step.refused and step.tool != FINISH and not step.tool.startswith(_STATEFUL)
    ]  # fmt: skip


def unused(
    trace: Trace, steps: Sequence[Step], *, instead: Mapping[int, int] = MappingProxyType({})
) -> list[Removal]:
    """Calls whose result is neither cited nor built upon.

    A result is built upon where a word that it was the first to bring (a value, a column, a code)
    stands in what the model said or asked later. A result that brought no new word stays: that
    there is nothing is a finding too. Without any citation it cannot be told, and all stay.
    `instead` are the first calls of repeated ones: cited where those are.
    """
    named = _cited(trace)
    cited = named | {instead[number] for number in named if number in instead}
    if not cited:
        return []
    told = _brought(trace, steps)
    later = _said_after(trace)
    return [
        Removal(step, "unused", "its result was neither cited nor built upon")
        for step, words in zip(steps, told, strict=True)
        if _may_go(step)
        and not step.refused
        and step.number not in cited
        and words
        and not words & later.get(step.at, frozenset())
    ]


def removals(
    trace: Trace, *, drop_unused: bool, drop_failed: bool, drop_repeated: bool
) -> list[Removal]:
    """The calls that are to go, each once, in their order."""
    steps = steps_of(trace)
    found: dict[str, Removal] = {}
    again = repeated(steps) if drop_repeated else []
    instead = {each.step.number: each.instead for each in again if each.instead is not None}
    chosen = [
        *again,
        *(failed(steps) if drop_failed else ()),
        *(unused(trace, steps, instead=instead) if drop_unused else ()),
    ]
    for each in chosen:
        found.setdefault(each.step.call_id, each)
    return sorted(found.values(), key=lambda each: each.step.number)


def _may_go(step: Step) -> bool:
    return (
        step.result_at is not None
        and step.tool not in _SPOKEN
        and not step.tool.startswith(_STATEFUL)
    )


def _cited(trace: Trace) -> set[int]:
    """The evidence that is mentioned: in the answer's citations, and in what the model said."""
    texts = [cited for each in trace.citations for cited in each]
    texts += [words for message in trace.messages for words in _spoken(message)]
    return {int(found[1]) for text in texts for found in _MENTION.finditer(text)}


_MENTION = re.compile(r"\bE(\d{1,4})\b")


def _spoken(message: Message) -> list[str]:
    """What a turn of the model says, asks and thinks."""
    if message["role"] != "assistant":
        return []
    asked = [call["function"]["arguments"] for call in message.get("tool_calls", ())]
    return [text_in(message["content"]), message.get("reasoning_content", ""), *asked]


def _brought(trace: Trace, steps: Sequence[Step]) -> list[frozenset[str]]:
    """The words that each result was the first to bring."""
    at_result = {step.result_at: number for number, step in enumerate(steps)}
    brought: list[frozenset[str]] = [frozenset()] * len(steps)
    seen: set[str] = set()
    for at, message in enumerate(trace.messages):
        words = _words(text_in(message["content"]))
        for text in _spoken(message)[1:]:
            words |= _words(text)
        if at in at_result:
            brought[at_result[at]] = frozenset(words - seen)
        seen |= words
    return brought


def _said_after(trace: Trace) -> dict[int, frozenset[str]]:
    """By the place of a turn, the words of all later turns of the model."""
    after: dict[int, frozenset[str]] = {}
    words: set[str] = set()
    for at in range(len(trace.messages) - 1, -1, -1):
        spoken = _spoken(trace.messages[at])
        if spoken:
            after[at] = frozenset(words)
            for text in spoken:
                words |= _words(text)
    return after


def _words(text: str) -> set[str]:
    return {word.rstrip(".:/%-").lower() for word in _WORD.findall(text)}
