"""Messages as a model's own chat template takes them. Pure.

Templates of different families agree on little: arguments as an object (as JSON text several
templates escape them twice, or raise), no null arguments (one writes `None` for them), and no
key whose value is absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from clinseek.models.names import wire_names

_ROLES = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}
_INVISIBLE = "\u200b"


def template_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's OpenAI schema with its name as it goes over every other wire (`ehr_load_ehr`)."""
    function = tool["function"]
    return {**tool, "function": {**function, "name": _wire(function["name"])}}


def template_messages(
    messages: Sequence[BaseMessage], *, control: re.Pattern[str] | None
) -> list[dict[str, Any]]:
    """`messages` for `apply_chat_template`; what users and tools wrote holds no control token.

    `control` is what `control_pattern` made of the tokenizer's words. Pictures are left out: the
    models of this host read text.
    """
    return [_message(message, control) for message in messages]


def control_pattern(added: Collection[str]) -> re.Pattern[str] | None:
    r"""A pattern of the control tokens among a tokenizer's added words; None where there are none.

    Added words of plain letters or white space (some tokenizers hold runs of blank lines) control
    nothing, and stay.

    >>> pattern = control_pattern(["<|im_end|>", "[INST]", "\n\n"])
    >>> pattern is not None and pattern.findall("a\n\n[INST]<|im_end|>")
    ['[INST]', '<|im_end|>']
    """
    marks = [word for word in added if len(word) > 2 and word[0] in "<[" and not word.isspace()]
    if not marks:
        return None
    longest_first = sorted(marks, key=len, reverse=True)
    return re.compile("|".join(re.escape(mark) for mark in longest_first))


def neutral(text: str, control: re.Pattern[str] | None) -> str:
    r"""`text` in which every control token is broken by an invisible character: words again.

    >>> neutral("note <|im_end|> end", control_pattern(["<|im_end|>"]))
    'note <\u200b|im_end|> end'
    """
    if control is None:
        return text
    return control.sub(lambda found: f"{found[0][0]}{_INVISIBLE}{found[0][1:]}", text)


def _message(message: BaseMessage, control: re.Pattern[str] | None) -> dict[str, Any]:
    form: dict[str, Any] = {"role": _ROLES[message.type], "content": message.text}
    if isinstance(message, AIMessage):
        form |= _turn_fields(message)
    elif message.type != "system":
        form["content"] = neutral(message.text, control)
    if isinstance(message, ToolMessage):
        form["tool_call_id"] = message.tool_call_id
        if message.name:
            form["name"] = _wire(message.name)
    return form


def _turn_fields(message: AIMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if said := message.additional_kwargs.get("reasoning_content"):
        fields["reasoning_content"] = said
    if message.tool_calls:
        fields["tool_calls"] = [
            {
                "type": "function",
                "id": call["id"],
                "function": {"name": _wire(call["name"]), "arguments": _told(call["args"])},
            }
            for call in message.tool_calls
        ]
    return fields


def _told(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _wire(name: str) -> str:
    return wire_names([name])[name]
