"""Words found in the messages of a run, each with what stands around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from clinseek.evals.report.markup import Markup, element
from clinseek.evals.transcripts.evidence import text_of

MOST_FOUND = 100
_AROUND = 60


class Found(NamedTuple):
    """One place: the turn, who said it, and the text before, at and after it."""

    turn: int
    role: str
    before: str
    words: str
    after: str


def found_in(messages: Iterable[tuple[int, Mapping[str, Any]]], words: str) -> Iterator[Found]:
    """The first place in each message that holds `words`, whatever their case.

    >>> [*found_in([(3, {"role": "tool", "content": "Potassium 5.9 mEq/L"})], "5.9")]
    [Found(turn=3, role='tool', before='Potassium ', words='5.9', after=' mEq/L')]
    """
    sought = words.lower()
    for turn, message in messages:
        text = _said(message)
        at = text.lower().find(sought)
        if at < 0:
            continue
        end = at + len(words)
        before, after = text[max(0, at - _AROUND) : at], text[end : end + _AROUND]
        yield Found(turn, message["role"], before, text[at:end], after)


def _said(message: Mapping[str, Any]) -> str:
    reasoning = text_of(message.get("reasoning_content") or message.get("reasoning"))
    calls = message.get("tool_calls") or []
    called = " ".join(json.dumps(call["function"], ensure_ascii=False) for call in calls)
    return "\n".join(part for part in (reasoning, text_of(message.get("content")), called) if part)


def found_list(
    messages: Iterable[tuple[int, Mapping[str, Any]]],
    words: str,
    *,
    where: Callable[[str], str],
) -> Markup:
    """The places as a list of links to their turns."""
    found = list(found_in(messages, words))
    told = f"{len(found):,} messages hold “{words}”"
    if len(found) > MOST_FOUND:
        told += f"; the first {MOST_FOUND} are shown"
    lines = [
        element(
            "li",
            element("a", f"turn {each.turn}, {each.role}", href=where(f"turn-{each.turn}")),
            " … ",
            each.before,
            element("mark", each.words),
            each.after,
            " …",
        )
        for each in found[:MOST_FOUND]
    ]
    return element(
        "section", element("p", told, role="status"), element("ol", lines), class_="card found"
    )
