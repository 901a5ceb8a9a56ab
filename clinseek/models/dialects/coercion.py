"""Values that stand as text in markup, as the tool's schema wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clinseek.models.dialects.json_values import value_at

_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_WORDS = {"True": "true", "False": "false", "None": "null"}


def coerced(text: str, schema: Mapping[str, Any]) -> Any:
    """The value that `text` is by `schema`; the text itself where the schema wants or says none.

    A text that is not of the type stays text, for the tool to refuse.

    >>> coerced("20", {"type": "integer"}), coerced("20", {"type": "string"}), coerced("20", {})
    (20, '20', '20')
    >>> coerced('["a"]', {"anyOf": [{"type": "string"}, {"type": "array"}]})
    ['a']
    """
    wanted = tuple(kind for name in types_of(schema) for kind in _TYPES.get(name, ()))
    if not wanted:
        return text
    plain = text.strip()
    plain = _WORDS.get(plain, plain)
    read = value_at(plain, 0) if plain else None
    if read is None or read.end != len(plain):
        return text
    if isinstance(read.value, bool) and bool not in wanted:
        return text
    if isinstance(read.value, float) and float not in wanted and read.value.is_integer():
        return int(read.value)
    return read.value if isinstance(read.value, wanted) else text


def types_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """The names of the JSON types that a schema allows, as far as it says so itself."""
    kind = schema.get("type")
    yield from [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
    for union in ("anyOf", "oneOf"):
        for option in schema.get(union) or ():
            if isinstance(option, Mapping):
                yield from types_of(option)
