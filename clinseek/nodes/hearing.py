"""What a model said, made sound: reasoning apart, calls found in text, names and ids mended.

Pure. Whatever dialect a model speaks, a heard turn is one message that any host takes back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.tool import tool_call

from clinseek.models.dialects import TextCall, read_calls, split_reasoning
from clinseek.models.dialects.json_values import read_object
from clinseek.models.names import NameTable, wire_name
from clinseek.nodes.toolset import names_in
from clinseek.records import RAW

REASONING = "reasoning_content"
_LEAST, _MOST = -(2**63), 2**63 - 1
_DEEPEST = 64


class Heard(NamedTuple):
    """A turn made sound, and what had to be mended in it, counted by kind."""

    spoken: AIMessage
    repairs: Counter[str]


def heard(
    answer: AIMessage,
    *,
    tools: Sequence[Mapping[str, Any]],
    taken: Collection[str],
    round_: int,
) -> Heard:
    """`answer` as the conversation keeps it, calls that could not be read last.

    Names are those of `tools` (schemas) as far as an explicit table says so; ids are unique beside
    those `taken`. A call whose arguments could not be read is kept as a call with `RAW` for its
    one argument, so that it can be answered. Calls in text count only where there are no native
    ones.
    """
    repairs: Counter[str] = Counter()
    parted, known = reasoning_apart(answer), names_in(tools)
    calls, text = _calls_of(parted, tools, repairs)
    names, used = NameTable(known), set(taken)
    sound: list[ToolCall] = []
    for name, arguments, given in calls:
        repaired = names.repair(name)
        if repaired.how is not None and not _as_sent(name, repaired.name, parted):
            repairs[f"name:{repaired.how}"] += 1
        kept_as = storable(arguments)
        if kept_as != arguments:
            repairs["number"] += 1
        sound.append(tool_call(name=repaired.name, args=kept_as, id=_unique(given, used, round_)))
    kept = {key: held for key, held in parted.additional_kwargs.items() if key != "tool_calls"}
    update: dict[str, Any] = {
        "tool_calls": sound,
        "invalid_tool_calls": [],
        "additional_kwargs": kept,
    }
    if text is not None:
        update["content"] = text
    spoken = parted.model_copy(update=update)
    spoken.id = spoken.id or f"turn-{round_}"
    return Heard(spoken, repairs)


def storable(value: Any, *, deep: int = _DEEPEST) -> Any:
    """`value` as checkpoints can hold it: what lies outside is its text, which a tool refuses.

    Whole numbers are kept within 64 bits, and lists and objects to a depth of 64.

    >>> storable({"limit": 10**30, "days": [1, 2]})
    {'limit': '1000000000000000000000000000000', 'days': [1, 2]}
    """
    if isinstance(value, dict | list) and deep == 0:
        return json.dumps(value)
    if isinstance(value, dict):
        return {name: storable(each, deep=deep - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [storable(each, deep=deep - 1) for each in value]
    if isinstance(value, int) and not _LEAST <= value <= _MOST:
        return str(value)
    return value


def reasoning_of(spoken: AIMessage) -> str:
    """The reasoning of a turn as plain text; "" where there is none."""
    return str(spoken.additional_kwargs.get(REASONING) or "")


def reasoning_apart(answer: AIMessage) -> AIMessage:
    """The turn with reasoning that stands in its text moved to where reasoning is kept."""
    if not isinstance(answer.content, str):
        return answer
    reasoning, said = split_reasoning(answer.content)
    if not reasoning:
        return answer
    before = reasoning_of(answer)
    kwargs = {**answer.additional_kwargs, REASONING: "\n".join(filter(None, [before, reasoning]))}
    return answer.model_copy(update={"content": said, "additional_kwargs": kwargs})


def _as_sent(name: str, tool: str, answer: AIMessage) -> bool:
    """Whether a host's own call bears the name that the tool has on the wire: no mistake."""
    native = answer.tool_calls or answer.invalid_tool_calls
    return bool(native) and name == wire_name(tool)


_Call = tuple[str, dict[str, Any], str | None]


def _calls_of(
    answer: AIMessage, tools: Sequence[Mapping[str, Any]], repairs: Counter[str]
) -> tuple[list[_Call], str | None]:
    """The calls of a turn, and its text without them where they stood in it."""
    native: list[_Call] = [(each["name"], each["args"], each["id"]) for each in answer.tool_calls]
    cut = answer.response_metadata.get("finish_reason") == "length"
    broken = [_mended(each, repairs, cut=cut) for each in answer.invalid_tool_calls]
    if native or broken:
        return native + broken, None
    for place, text in (("text", answer.text), ("reasoning", reasoning_of(answer))):
        found = read_calls(text, known=names_in(tools), schemas=tools, cut=cut)
        if found.calls:
            for call in found.calls:
                repairs[f"dialect:{call.dialect}"] += 1
                if call.repair is not None:
                    repairs[call.repair] += 1
            rest = found.rest.strip() if place == "text" else None
            return [_as_call(call) for call in found.calls], rest
    return [], None


def _mended(call: InvalidToolCall, repairs: Counter[str], *, cut: bool) -> _Call:
    """A host's own call whose arguments are no JSON, mended where they read one way alone."""
    raw = call.get("args") or ""
    read = None if cut else read_object(raw)
    if read is not None:
        repairs["json"] += 1
    return call.get("name") or "unnamed", {RAW: raw} if read is None else read.value, call.get("id")


def _as_call(call: TextCall) -> _Call:
    arguments = call.arguments if call.arguments is not None else {RAW: call.raw}
    return call.name, arguments, None


def _unique(given: str | None, used: set[str], round_: int) -> str:
    """`given` where it is new, else an id of ours; the id is added to `used`."""
    chosen, counter = given, len(used)
    while not chosen or chosen in used:
        chosen = f"call_{round_}_{counter}"
        counter += 1
    used.add(chosen)
    return chosen
