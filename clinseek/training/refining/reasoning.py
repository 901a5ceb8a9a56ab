"""What a model thought: kept, cut to a length at the end of a sentence, or dropped."""

from __future__ import annotations

import re
from typing import Literal

from clinseek.training.traces.trace import Edit, Message, Trace

Reasoning = Literal["keep", "cut", "drop"]
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n")


def with_reasoning(trace: Trace, how: Reasoning, *, most: int) -> Trace:
    """The trace with the reasoning of each turn kept, cut to `most` characters, or dropped."""
    if how == "keep":
        return trace
    messages: list[Message] = []
    edits: list[Edit] = []
    for at, message in enumerate(trace.messages):
        before = message.get("reasoning_content", "")
        after = "" if how == "drop" else cut(before, most)
        if after == before:
            messages.append(message)
            continue
        told: Message = {**message}
        if after:
            told["reasoning_content"] = after
        else:
            told.pop("reasoning_content", None)
        messages.append(told)
        why = f"{len(before):,} characters of reasoning, {len(after):,} kept"
        edits.append(Edit(kind=f"reasoning {how}", at=at, call_id="", why=why))
    return trace.model_copy(update={"messages": messages, "edits": [*trace.edits, *edits]})


def cut(text: str, most: int) -> str:
    """The text up to the last end of a sentence within `most` characters, else of a word.

    >>> cut("It fell. Then it rose again.", 20), cut("nothing ends here", 10)
    ('It fell.', 'nothing')
    """
    if len(text) <= most:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text[: most + 1])]
    if ends:
        return text[: ends[-1]].rstrip()
    return text[: most + 1].rpartition(" ")[0]
