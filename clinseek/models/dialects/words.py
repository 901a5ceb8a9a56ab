"""Tools, calls and observations in words, for models whose template knows no tools.

Two forms: `json`, a JSON object in <tool_call> tags, and `xml`, parameters in tags of their own.
Observations stand in <tool_response> tags in a user's turn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, assert_never

from clinseek.prompts import tools_prompt

PromptDialect = Literal["json", "xml"]
"""The two forms in which a model without a tool template is asked to write its calls."""

_TAGS = re.compile(r"<(?=/?(?:tool_response|tool_call|tools|function=)\b)")
_BREAK = "\u200b"


def tools_in_words(schemas: Sequence[Mapping[str, Any]], dialect: PromptDialect) -> str:
    """The part of a system prompt that names the tools and says how to call them.

    `schemas` are in the OpenAI form; the names stand as they are, dots and all.
    """
    lines = [json.dumps(_function(schema), ensure_ascii=False) for schema in schemas]
    return tools_prompt("\n".join(lines), form=dialect)


def call_in_words(name: str, arguments: Mapping[str, Any], dialect: PromptDialect) -> str:
    """A call as the model is asked to write it: `read_calls` reads it back.

    In `xml` arguments that are None are left out: many models would read them as the word.

    >>> print(call_in_words("ehr.think", {"response": "x"}, "json"))
    <tool_call>
    {"name": "ehr.think", "arguments": {"response": "x"}}
    </tool_call>
    """
    match dialect:
        case "json":
            call = json.dumps({"name": name, "arguments": dict(arguments)}, ensure_ascii=False)
            return f"<tool_call>\n{call}\n</tool_call>"
        case "xml":
            given = [
                f"<parameter={key}>\n{_as_text(value)}\n</parameter>"
                for key, value in arguments.items()
                if value is not None
            ]
            inside = "\n".join([f"<function={name}>", *given, "</function>"])
            return f"<tool_call>\n{inside}\n</tool_call>"
    assert_never(dialect)


def observation_in_words(observation: str) -> str:
    r"""An observation as it stands in a user's turn.

    Tags of calls and responses inside it are broken by a zero-width space: what a tool found is
    evidence, and must not end its own frame or pass for a call.

    >>> observation_in_words("[E1] 3 rows")
    '<tool_response>\n[E1] 3 rows\n</tool_response>'
    """
    return f"<tool_response>\n{_TAGS.sub(f'<{_BREAK}', observation)}\n</tool_response>"


def _function(schema: Mapping[str, Any]) -> dict[str, Any]:
    function = schema.get("function", schema)
    return {key: function[key] for key in ("name", "description", "parameters") if key in function}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
