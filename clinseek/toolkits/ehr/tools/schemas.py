"""The JSON schema of each `ehr.*` tool, and the reading of what a model sent for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.tools.arguments import Arguments, offered_arguments
from clinseek.toolkits.parameters import parameters_of

A = TypeVar("A", bound=Arguments)


def ehr_tool_schemas() -> list[dict[str, Any]]:
    """The tools in the OpenAI form, without a case: name, description and parameters of each."""
    return [
        {
            "type": "function",
            "function": {
                "name": arguments.tool,
                "description": arguments.says,
                "parameters": parameters_of(arguments),
            },
        }
        for arguments in offered_arguments()
    ]


def read_arguments(arguments: type[A], given: Mapping[str, Any]) -> A:
    """What a model sent, read; Refusal with a sentence that names what the tool takes.

    A null is an argument left out: some chat templates fill in every name.
    """
    said = {name: value for name, value in given.items() if value is not None}
    try:
        return arguments.model_validate(said)
    except ValidationError as error:
        faults = "; ".join(_fault(fault, arguments) for fault in error.errors()[:3])
        raise Refusal(f"{faults}; {arguments.tool} takes {_takes(arguments)}") from error


@lru_cache(maxsize=32)
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
        return f"argument {name!r} is missing"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return (
        f"argument {name!r} cannot be {_shown(fault['input'])}: {message[:1].lower()}{message[1:]}"
    )


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else f"{text[:77]}..."
