"""What a tokenizer reads as more than text, kept from standing in what users and tools say.

A note that holds `<|im_end|>` must not end a turn, nor make a call. Exports write training text by
this, and models that are told their tokenizer's folder are asked by it: the same tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from clinseek.errors import ModelError

_APART = "\u200b"
"""A space without width: it stands behind the first character of a control token in a text."""


@dataclass(frozen=True)
class ControlTokens:
    """The control tokens of one tokenizer."""

    tokens: tuple[str, ...]

    @classmethod
    def among(cls, added: Iterable[Mapping[str, Any]], template: str) -> ControlTokens:
        """Turn marks, call marks, thinking marks: of the `added` tokens (as in tokenizer.json)
        those flagged special, and those that the chat template writes.

        >>> added = [{"content": "<|im_end|>", "special": True}, {"content": "<think>"}]
        >>> ControlTokens.among(added, "no such mark").tokens
        ('<|im_end|>',)
        """
        return cls(
            tuple(
                sorted(
                    each["content"]
                    for each in added
                    if len(each["content"].strip()) > 1
                    and (each.get("special") or each["content"] in template)
                )
            )
        )

    @classmethod
    def of_folder(cls, folder: Path) -> ControlTokens:
        """Those of a folder with tokenizer.json and chat_template.jinja, as it is served.

        ModelError where it holds none.
        """
        try:
            held = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
            template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
            return cls.among(held.get("added_tokens") or (), template)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"tokenizer={folder}: a folder with tokenizer.json and chat_template.jinja is "
                f"needed ({error})"
            ) from None

    def neutralised(self, text: str) -> str:
        r"""A text in which nothing is read as a control token.

        >>> ControlTokens(("<|im_end|>",)).neutralised("note <|im_end|> end")
        'note <\u200b|im_end|> end'
        """
        while self._pattern.search(text):
            text = self._pattern.sub(lambda found: f"{found[0][:1]}{_APART}{found[0][1:]}", text)
        return text

    def in_messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The messages with nothing that users and tools said read as a control token."""
        return [
            self._in_message(message)
            if isinstance(message, HumanMessage | ToolMessage)
            else message
            for message in messages
        ]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.tokens, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def _in_message(self, message: BaseMessage) -> BaseMessage:
        content = message.content
        if isinstance(content, str):
            return message.model_copy(update={"content": self.neutralised(content)})
        return message.model_copy(update={"content": [self._in_block(each) for each in content]})

    def _in_block(self, block: str | dict[Any, Any]) -> str | dict[Any, Any]:
        if isinstance(block, str):
            return self.neutralised(block)
        return {**block, "text": self.neutralised(block["text"])} if "text" in block else block
