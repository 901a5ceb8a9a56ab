"""The JSON schema of a tool's arguments, as models are shown it: the same form in every toolkit."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel


def parameters_of(arguments: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of one tool's arguments, without titles and null defaults.

    The names are the fields' own, whatever aliases are read; the caller may change what it gets.
    """
    schema: dict[str, Any] = json.loads(_schema(arguments))
    return schema


@cache
def _schema(arguments: type[BaseModel]) -> str:
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
