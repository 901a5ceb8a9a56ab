"""How many tokens a turn took, and how many a text will take. No tokenizer is loaded.

Tokenizers are fetched from the web and differ from host to host; the host's own count of the last
turn says how many characters one of its tokens is, of this very conversation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

CHARACTERS_A_TOKEN = 4.0
"""The rule of thumb for English text, where no host has counted anything."""

_FEWEST, _MOST = 1.5, 6.0
"""Characters a token, of tables of numbers and of plain English; beyond them a count is odd."""

IMAGE_CHARACTERS = 6_000
"""What an image counts for, whatever its bytes: 1,500 tokens.

Hosts count 85 to 3,100 tokens for an image with a longest side of 1,568 pixels (Anthropic: width x
height / 750, so 1,600 at the most; OpenAI: 85 and 170 a tile of 512; Qwen-VL: one for each 28 x
28 pixels).
"""


class Tokens(NamedTuple):
    """Tokens of one model call; `estimated` when the host did not count them.

    `cached` are those of `input` that the host read from its cache, `reasoning` those of `output`
    that were spent on reasoning.
    """

    input: int
    cached: int
    output: int
    reasoning: int
    estimated: bool


def tokens_of(sent: Sequence[BaseMessage], answer: AIMessage) -> Tokens:
    """The tokens that the host counted, else one token for every four characters, rounded up."""
    counted = answer.usage_metadata
    if counted is None:
        reasoning = _tokens(len(_reasoning(answer)), CHARACTERS_A_TOKEN)
        said = _tokens(characters_of([answer]), CHARACTERS_A_TOKEN)
        sent_tokens = estimated_tokens(sent)
        return Tokens(sent_tokens, 0, max(said, reasoning), reasoning, estimated=True)
    return Tokens(
        counted["input_tokens"],
        _detail(counted.get("input_token_details"), "cache_read"),
        counted["output_tokens"],
        _detail(counted.get("output_token_details"), "reasoning"),
        estimated=False,
    )


def characters_of(messages: Sequence[BaseMessage]) -> int:
    """The characters of a conversation: text, reasoning, calls; each image as a fixed number.

    >>> from langchain_core.messages import HumanMessage
    >>> characters_of([HumanMessage([{"type": "text", "text": "Look:"}, {"type": "image"}])])
    6005
    """
    return sum(map(_length, messages))


def estimated_tokens(
    messages: Sequence[BaseMessage], *, characters_a_token: float = CHARACTERS_A_TOKEN
) -> int:
    """The tokens that `messages` will take, rounded up; the host counts them better afterwards."""
    return _tokens(characters_of(messages), characters_a_token)


def learned_characters_a_token(characters: int, input_tokens: int) -> float:
    """How many characters a token was in a turn that the host counted: from 1.5 to 6.

    >>> learned_characters_a_token(9_000, 3_000), learned_characters_a_token(10, 3_000)
    (3.0, 1.5)
    """
    if input_tokens <= 0:
        return CHARACTERS_A_TOKEN
    return min(_MOST, max(_FEWEST, characters / input_tokens))


def _tokens(characters: int, characters_a_token: float) -> int:
    return math.ceil(characters / characters_a_token)


def _detail(details: Mapping[str, Any] | None, name: str) -> int:
    return int((details or {}).get(name) or 0)


def _length(message: BaseMessage) -> int:
    content = message.content
    length = len(content) if isinstance(content, str) else sum(map(_block_length, content))
    if message.type == "ai":
        calls = getattr(message, "tool_calls", ())
        length += len(_reasoning(message))
        length += sum(len(call["name"]) + len(str(call["args"])) for call in calls)
    return length


def _block_length(block: str | dict[str, Any]) -> int:
    if isinstance(block, str):
        return len(block)
    kind = str(block.get("type"))
    if kind in ("image", "image_url"):
        return IMAGE_CHARACTERS
    if kind == "text":
        return len(str(block.get("text") or ""))
    return len(str(block))


def _reasoning(answer: BaseMessage) -> str:
    return str(answer.additional_kwargs.get("reasoning_content") or "")
