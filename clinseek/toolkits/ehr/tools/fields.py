"""The kinds of arguments that tools share: how each is read, and how its schema shows it.

Reading is wider than the schema that a model is shown: a number may come as text, a list as one
item or as JSON in a text.
"""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

DEFAULT_ROWS = 200
MOST_ROWS = 2_000
MOST_KEYWORDS = 50
DEEPEST_OFFSET = 10_000_000
LONGEST_KEYWORD = 1_000


def _subject_id(given: object) -> object:
    """An id written as a float ("10014354.0") is still that id."""
    if isinstance(given, bool):
        raise ValueError("a subject_id is a number such as 10014354")
    return str(given).strip().removesuffix(".0")


def _text(given: object) -> object:
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _as_list(given: object) -> object:
    """A list written as JSON, or one text, as a list; anything else as it is."""
    if not isinstance(given, str):
        return given
    if given.lstrip().startswith("["):
        try:
            return json.loads(given)
        except (ValueError, RecursionError):
            return [given]
    return [given]


def _listed(given: object) -> object:
    items = _as_list(given)
    return [_text(item) for item in items] if isinstance(items, list | tuple) else items


def _columns(given: object) -> object:
    listed = _listed(given)
    if not isinstance(listed, list):
        return listed
    return [part.strip() for item in listed for part in str(item).split(",") if part.strip()]


def _keyword(given: object) -> object:
    text = _text(given)
    if isinstance(text, str) and ("\x00" in text or len(text) > LONGEST_KEYWORD):
        raise ValueError(f"a keyword is at most {LONGEST_KEYWORD:,} characters of text")
    return text


TEXT_SCHEMA = {"type": "string"}
TEXTS_SCHEMA = {"type": "array", "items": {"type": "string"}}

SubjectId = Annotated[
    int | None,
    BeforeValidator(_subject_id),
    WithJsonSchema(TEXT_SCHEMA),
    Field(description="Patient of this run; may be left out."),
]
TableName = Annotated[str, Field(description="Name of the table, e.g. labevents.")]
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema(TEXT_SCHEMA)]
Keyword = Annotated[str, BeforeValidator(_keyword), WithJsonSchema(TEXT_SCHEMA)]
Texts = Annotated[list[str], BeforeValidator(_listed), WithJsonSchema(TEXTS_SCHEMA)]
StartTime = Annotated[
    Text | None,
    WithJsonSchema(TEXT_SCHEMA),
    Field(description="YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, inclusive; left out: from the first."),
]
EndTime = Annotated[
    Text | None,
    WithJsonSchema(TEXT_SCHEMA),
    Field(
        description="As start_time; a bare date means the end of that day; left out: to the last."
    ),
]
Limit = Annotated[
    int, Field(ge=1, le=MOST_ROWS, description=f"Rows to show, {DEFAULT_ROWS} by default.")
]
Offset = Annotated[int, Field(ge=0, le=DEEPEST_OFFSET, description="Rows to skip, for paging.")]
Columns = Annotated[
    list[str] | None,
    BeforeValidator(_columns),
    WithJsonSchema(TEXTS_SCHEMA),
    Field(description="Columns to show; left out: all."),
]
Keywords = Annotated[
    list[str],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [TEXT_SCHEMA, TEXTS_SCHEMA]}),
    Field(max_length=MOST_KEYWORDS, description="One keyword or a list of them."),
]
Citations = Annotated[
    list[str | list[str]] | None,
    BeforeValidator(_as_list),
    WithJsonSchema({"type": "array", "items": {"anyOf": [TEXTS_SCHEMA, TEXT_SCHEMA]}}),
    Field(description='One entry an item of response, e.g. [["E3#17", "E5"], ["E4"]].'),
]
