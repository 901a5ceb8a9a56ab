"""How many tokens a turn took: counted by the host, else estimated. No tokenizer is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

_CHARACTERS_A_TOKEN = 4


class Tokens(NamedTuple):
    """Tokens of one model call; `estimated` when the model did not count them."""

    input: int
    output: int
    estimated: bool


def tokens_of(sent: Sequence[BaseMessage], answer: AIMessage) -> Tokens:
    """The tokens that the model counted, else one token for every four characters, rounded up.

    The rule of thumb for English text; no tokenizer is loaded (they are fetched from the web).
    """
    counted = answer.usage_metadata
    if counted is not None:
        return Tokens(counted["input_tokens"], counted["output_tokens"], estimated=False)
    characters = sum(_length(message) for message in sent)
    return Tokens(_estimate(characters), _estimate(_length(answer)), estimated=True)


def _estimate(characters: int) -> int:
    return -(-characters // _CHARACTERS_A_TOKEN)


def _length(message: BaseMessage) -> int:
    calls = getattr(message, "tool_calls", ())
    content = message.content
    text = len(content) if isinstance(content, str) else sum(len(str(part)) for part in content)
    return text + sum(len(call["name"]) + len(str(call["args"])) for call in calls)
