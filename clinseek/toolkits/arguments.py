"""What a tool takes: as models are shown it, and the reading of what they sent. For every toolkit.

What cannot be read becomes a sentence that names the fault and what the tool takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from clinseek.errors import Refusal

_HALF = re.compile("[\ud800-\udfff]")


class Arguments(BaseModel):
    """The arguments of one tool; `tool` and `says` are its name and what a model reads of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tool: ClassVar[str]
    says: ClassVar[str]


A = TypeVar("A", bound=Arguments)


def tool_schemas(tools: Iterable[type[Arguments]]) -> list[dict[str, Any]]:
    """The tools in the OpenAI form: name, description and parameters of each."""
    return [
        {
            "type": "function",
            "function": {
                "name": arguments.tool,
                "description": arguments.says,
                "parameters": parameters_of(arguments),
            },
        }
        for arguments in tools
    ]


def parameters_of(arguments: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of one tool's arguments, without titles and null defaults.

    The names are the fields' own, whatever aliases are read; the caller may change what it gets.
    """
    schema: dict[str, Any] = json.loads(_schema(arguments))
    return schema


def read_arguments(arguments: type[A], given: Mapping[str, Any]) -> A:
    """What a model sent, read; Refusal with a sentence that names what the tool takes.

    A null is an argument left out: some chat templates fill in every name.
    """
    try:
        said = {whole(name): whole(value) for name, value in given.items() if value is not None}
        return arguments.model_validate(said)
    except RecursionError as error:
        raise Refusal("the arguments are nested too deeply; send plain values") from error
    except ValidationError as error:
        faults = "; ".join(_fault(fault, arguments) for fault in error.errors()[:3])
        raise Refusal(f"{faults}; {arguments.tool} takes {_takes(arguments)}") from error


def whole(given: Any) -> Any:
    r"""What a model sent, with a mark in the place of each half of a character.

    JSON can write the half of a surrogate pair, and no file and no host takes it.

    >>> whole({"query": ["\ud800x"]}) == {"query": ["\ufffdx"]}
    True
    """
    if isinstance(given, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", given)
    if isinstance(given, Mapping):
        return {whole(name): whole(value) for name, value in given.items()}
    if isinstance(given, list):
        return [whole(value) for value in given]
    return given


@cache
def _schema(arguments: type[Arguments]) -> str:
    # Kept, as every run asks for it anew and pydantic takes milliseconds to make it.
    schema = arguments.model_json_schema(by_alias=False)
    lean = {
        "type": "object",
        "properties": {name: _lean(field) for name, field in schema["properties"].items()},
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
    return json.dumps(lean)


def _lean(field: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in field.items()
        if key != "title" and not (key == "default" and value is None)
    }


@cache
def _takes(arguments: type[Arguments]) -> str:
    fields = arguments.model_fields
    needed = [name for name, field in fields.items() if field.is_required()]
    optional = [name for name, field in fields.items() if not field.is_required()]
    if not optional:
        return ", ".join(needed)
    may = f"optionally {', '.join(optional)}"
    return f"{', '.join(needed)} and {may}" if needed else may


def _fault(fault: Mapping[str, Any], arguments: type[Arguments]) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else arguments.tool
    if fault["type"] == "extra_forbidden":
        return f"no argument {name!r}"
    if fault["type"] == "missing":
        return f"argument {name!r} " + ("has too few values" if fault["loc"][1:] else "is missing")
    message = str(fault["msg"]).removeprefix("Value error, ")
    return (
        f"argument {name!r} cannot be {_shown(fault['input'])}: {message[:1].lower()}{message[1:]}"
    )


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else f"{text[:77]}..."
