"""Arguments checked against a server's own JSON schema before they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from clinseek.errors import Refusal

_FAULTS = 3
_LONGEST_FAULT = 200


def validator_of(schema: Mapping[str, Any]) -> Validator | None:
    """What checks arguments by `schema`; None where it is no JSON schema of an object.

    A `$ref` resolves inside the schema only: reading one must not fetch anything. Patterns are
    left to the server: matching one that was made for it can take Python for ever.
    """
    if schema.get("type", "object") != "object":
        return None
    try:
        kind = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
    except Exception:  # such as an AttributeError of a `$schema` that is a number
        return None
    if '"pattern' in json.dumps(schema):
        kind = extend(kind, dict.fromkeys(_LEFT_WITH_PATTERNS, _left_to_the_server))
    registry: Registry[Any] = Registry()
    made: Validator = kind(schema, registry=registry)
    return made


_LEFT_WITH_PATTERNS = (
    "pattern",
    "patternProperties",
    # With patterns taken out these would refuse what the server takes:
    "additionalProperties",
    "contains",
    "if",
    "not",
    "oneOf",
    "unevaluatedItems",
    "unevaluatedProperties",
)


def _left_to_the_server(*_: object) -> None:
    return None


def checked(name: str, given: Mapping[str, Any], validator: Validator) -> dict[str, Any]:
    """The arguments as they are sent; Refusal with a sentence for the model when they cannot be.

    A null where nothing is required is an argument left out: some chat templates fill in every
    name.
    """
    schema = validator.schema
    required = schema.get("required", []) if isinstance(schema, Mapping) else []
    arguments = {key: value for key, value in given.items() if value is not None or key in required}
    try:
        faults = [_fault(error.json_path, error.message) for error in _first(validator, arguments)]
    except Unresolvable:
        return arguments  # the server is left to judge what its schema only points at
    if not faults:
        return arguments
    raise Refusal(f"{name} was not called: {'; '.join(faults)}. It takes {_takes(schema)}")


def _first(validator: Validator, arguments: Mapping[str, Any]) -> list[Any]:
    errors = sorted(validator.iter_errors(arguments), key=lambda error: error.json_path)
    return errors[:_FAULTS]


def _fault(path: str, message: str) -> str:
    where = path.removeprefix("$").removeprefix(".")
    said = message if len(message) <= _LONGEST_FAULT else f"{message[:_LONGEST_FAULT]}..."
    return f"{where}: {said}" if where else said


def _takes(schema: Mapping[str, Any]) -> str:
    required = list(schema.get("required", []))
    optional = [name for name in schema.get("properties", {}) if name not in required]
    parts = [", ".join(required)] if required else []
    if optional:
        parts.append(f"optionally {', '.join(optional)}")
    return " and ".join(parts) or "no arguments"
