"""A call written as each family writes it: what the parsers must read back."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from clinseek.models.dialects import call_in_words

LIST, END_OF_LIST = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"  # noqa: RUF001
BEGIN, SEPARATOR = "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>"  # noqa: RUF001
END = "<｜tool▁call▁end｜>"  # noqa: RUF001

Arguments = Mapping[str, Any]
Renderer = Callable[[str, Arguments], str]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def tool_call_json(name: str, arguments: Arguments) -> str:
    return call_in_words(name, arguments, "json")


def tool_call_parameters(name: str, arguments: Arguments) -> str:
    return f"<tool_call>{_json({'name': name, 'parameters': arguments})}</tool_call>"


def tool_call_string(name: str, arguments: Arguments) -> str:
    return f"<tool_call>{_json({'name': name, 'arguments': _json(arguments)})}</tool_call>"


def tool_call_xml(name: str, arguments: Arguments) -> str:
    return call_in_words(name, arguments, "xml")


def naked_function(name: str, arguments: Arguments) -> str:
    return tool_call_xml(name, arguments).removeprefix("<tool_call>\n").removesuffix("</tool_call>")


def invoke(name: str, arguments: Arguments) -> str:
    given = "".join(
        f'<parameter name="{key}">{value if isinstance(value, str) else _json(value)}</parameter>'
        for key, value in arguments.items()
    )
    return f'<function_calls><invoke name="{name}">{given}</invoke></function_calls>'


def function_json(name: str, arguments: Arguments) -> str:
    return f"<function={name}>{_json(arguments)}</function>"


def function_brackets(name: str, arguments: Arguments) -> str:
    return f"<function={name}({_json(arguments)})>"


def glm(name: str, arguments: Arguments) -> str:
    pairs = "".join(
        f"<arg_key>{key}</arg_key>\n<arg_value>"
        f"{value if isinstance(value, str) else _json(value)}</arg_value>\n"
        for key, value in arguments.items()
    )
    return f"<tool_call>{name}\n{pairs}</tool_call>"


def gemma4(name: str, arguments: Arguments) -> str:
    inside = ",".join(f"{key}:{_gemma(value)}" for key, value in arguments.items())
    return f"<|tool_call>call:{name}{{{inside}}}<tool_call|>"


def _gemma(value: object) -> str:
    if isinstance(value, str):
        return f'<|"|>{value}<|"|>'
    if isinstance(value, list):
        return f"[{','.join(map(_gemma, value))}]"
    return _json(value)


def python_tag(name: str, arguments: Arguments) -> str:
    return f"<|python_tag|>{_json({'name': name, 'parameters': arguments})}<|eom_id|>"


def pythonic(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def python_list(name: str, arguments: Arguments) -> str:
    return f"<|python_start|>[{pythonic(name, arguments)}]<|python_end|>"


def deepseek(name: str, arguments: Arguments) -> str:
    inside = f"function{SEPARATOR}{name}\n```json\n{_json(arguments)}\n```"
    return f"{LIST}{BEGIN}{inside}{END}{END_OF_LIST}"


def kimi(name: str, arguments: Arguments) -> str:
    inside = f"functions.{name}:0<|tool_call_argument_begin|>{_json(arguments)}"
    return f"<|tool_call_begin|>{inside}<|tool_call_end|>"


def harmony(name: str, arguments: Arguments) -> str:
    header = f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>"
    return f"{header}{_json(arguments)}<|call|>"


def mistral_list(name: str, arguments: Arguments) -> str:
    return f"[TOOL_CALLS] {_json([{'name': name, 'arguments': arguments}])}"


def mistral_named(name: str, arguments: Arguments) -> str:
    return f"[TOOL_CALLS]{name}[ARGS]{_json(arguments)}"


def bracket(name: str, arguments: Arguments) -> str:
    return f"[Tool Call: {name}({_json(arguments)})]"


def bracket_named(name: str, arguments: Arguments) -> str:
    return f"[Tool Call: {pythonic(name, arguments)}]"


def fence(name: str, arguments: Arguments) -> str:
    return f"\n```json\n{_json({'name': name, 'arguments': arguments})}\n```\n"


def tool_code(name: str, arguments: Arguments) -> str:
    return f"\n```tool_code\nprint({pythonic(name, arguments)})\n```\n"


def bare(name: str, arguments: Arguments) -> str:
    return _json({"name": name, "parameters": arguments})


def bare_list(name: str, arguments: Arguments) -> str:
    return f"[{pythonic(name, arguments)}]"


JSON_FORMS: list[Renderer] = [
    tool_call_json, tool_call_parameters, tool_call_string, function_json, function_brackets,
    python_tag, deepseek, kimi, harmony, mistral_list, mistral_named, bracket,
]  # fmt: skip
PYTHON_FORMS: list[Renderer] = [python_list, bracket_named]
"""Forms whose strings are JSON or Python: any text may stand in them."""
TAG_FORMS: list[Renderer] = [tool_call_xml, naked_function, invoke, glm, gemma4]
"""Forms in which a text ends at a tag, so that a text with that tag cannot stand in them."""
UNMARKED_FORMS: list[Renderer] = [fence, tool_code]
WHOLE_FORMS: list[Renderer] = [bare, bare_list, pythonic]
"""Forms without markup: fences count anywhere, the rest only as the whole answer."""
