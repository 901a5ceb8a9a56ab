"""How many tokens a trace takes: exactly with a tokenizer, else an estimate that says so."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clinseek.models.tokens import IMAGE_CHARACTERS
from clinseek.training.traces.trace import characters_in

CHARACTERS_A_TOKEN = 2.5
"""A cautious figure: tables of numbers take 1.5 to 3 characters a token, English about 4."""
_MESSAGE_TOKENS = 6
"""What a template writes around a message: its marks and its role."""


class Length(Protocol):
    """Counts the tokens of a conversation with its tools; `how` says by what."""

    @property
    def how(self) -> str:
        """By what tokens are counted."""
        ...

    def __call__(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> int:
        """The tokens."""
        ...


class EstimatedLength:
    """An estimate by characters, meant to be rather too long than too short.

    >>> EstimatedLength()([{"role": "user", "content": "How high is it?"}], [])
    12
    """

    @property
    def how(self) -> str:
        """By what tokens are counted."""
        return f"estimate ({CHARACTERS_A_TOKEN} characters a token)"

    def __call__(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> int:
        """The tokens, rounded up."""
        characters: int = sum(characters_in(message) for message in messages)
        images = sum(
            block.get("type") == "image"
            for message in messages
            if not isinstance(message["content"], str)
            for block in message["content"]
        )
        schemas = len(json.dumps(list(tools), ensure_ascii=False)) if tools else 0
        characters += schemas + images * IMAGE_CHARACTERS
        return math.ceil(characters / CHARACTERS_A_TOKEN) + _MESSAGE_TOKENS * len(messages)
