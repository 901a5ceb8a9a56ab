"""Reasoning that stands in an answer's text: `<think>`, gpt-oss channels, Gemma's thoughts."""

from __future__ import annotations

import re
from typing import NamedTuple

from clinseek.models.dialects.inline_code import InlineCode

_OPEN = (
    r"<(?:think|thinking|thought|reasoning)>|\[THINK\]"
    r"|<\|channel>thought\b|<unused94>(?:thought\b)?"
)
_CLOSE = r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]|<channel\|>|<unused95>"
_TAG = re.compile(rf"(?P<open>{_OPEN})|(?P<close>{_CLOSE})")
_CHANNEL = re.compile(
    r"(?:<\|start\|>)?(?:assistant)?(?P<role> ?to=[\w.-]{1,200} ?)?<\|channel\|>"
    r"(?P<channel>\w{1,20})(?P<to>[^<\n]{0,250})(?:<\|constrain\|>\w{1,20}\s{0,9})?<\|message\|>"
)
_CALL_END = re.compile(r"<\|(?:call|end|return)\|>")
_MESSAGE_END = re.compile(r"<\|(?:end|return|start|channel)\|>")
_SWALLOWED = re.compile(r"<\|(?:end|return)\|>")


class Said(NamedTuple):
    """What a model thought and what it answered; either may be empty."""

    reasoning: str
    answer: str


def split_reasoning(text: str) -> Said:
    """The reasoning in a text, and the text without it.

    A tag that is never closed holds the rest of the text; one that is closed but never opened
    (the chat template opened it in the prompt) holds what stands before it. gpt-oss: the analysis
    channel is reasoning, except where it calls a tool; calls stay in the answer as they are.

    >>> split_reasoning("<think>It fell.</think>4.1")
    Said(reasoning='It fell.', answer='4.1')
    >>> split_reasoning("It fell.</think>4.1")
    Said(reasoning='It fell.', answer='4.1')
    """
    if _CHANNEL.search(text):
        return _by_channel(text)
    return _by_tag(text)


def _by_tag(text: str) -> Said:
    inline = InlineCode(text)
    tags = [tag for tag in _TAG.finditer(text) if not inline.holds(tag.start())]
    if not tags:
        return Said("", text)
    thought: list[str] = []
    said: list[str] = []
    at, depth = 0, 0 if tags[0].group("open") else 1
    for tag in tags:
        opens = tag.group("open") is not None
        if depth == 0 and not opens:
            continue  # closes nothing: text
        if opens and depth == 0:
            said.append(text[at : tag.start()])
            at, depth = tag.end(), 1
        elif not opens:
            thought.append(text[at : tag.start()])
            at, depth = tag.end(), 0
    (thought if depth else said).append(text[at:])
    return Said(_joined(thought), _joined(said))


def _by_channel(text: str) -> Said:
    thought: list[str] = []
    said: list[str] = []
    at = 0
    while (header := _CHANNEL.search(text, at)) is not None:
        said.append(text[at : header.start()])
        if header.group("role") or "to=" in header.group("to"):
            ended = _CALL_END.search(text, header.end())
            at = ended.end() if ended else len(text)
            said.append(text[header.start() : at])
            continue
        ended = _MESSAGE_END.search(text, header.end())
        end = ended.start() if ended else len(text)
        reasons = header.group("channel") == "analysis"
        (thought if reasons else said).append(text[header.end() : end])
        swallowed = _SWALLOWED.match(text, end)
        at = swallowed.end() if swallowed else end
    said.append(text[at:])
    return Said(_joined(thought), _joined(said))


def _joined(parts: list[str]) -> str:
    return "\n".join(stripped for part in parts if (stripped := part.strip()))
