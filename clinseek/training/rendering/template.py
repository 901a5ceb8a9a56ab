"""Chat templates, rendered as transformers renders them, with the parts that a model wrote marked.

A template is untrusted code: it runs in Jinja's sandbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.records import RAW

_OPENED, _CLOSED = "\U000f0002", "\U000f0003"
"""Private-use characters that stand around what a model wrote, until its place is known."""
_MARKS = re.compile(f"[{_OPENED}{_CLOSED}]")
_GENERATION = re.compile(r"\{%-?\s*generation\b")


class Span(NamedTuple):
    """Characters of a rendered conversation, the last not included."""

    start: int
    end: int


class Rendered(NamedTuple):
    """A conversation as text, and where in it a generation block of the template stood."""

    text: str
    spans: list[Span]


@dataclass(frozen=True)
class ChatTemplate:
    """A chat template by its source; `given` are the special tokens that templates may name."""

    source: str
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_marks(self) -> bool:
        """Whether it says which parts a model writes, by generation blocks."""
        return _GENERATION.search(self.source) is not None

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        prompt: bool = False,
    ) -> Rendered:
        """The conversation as text; with `prompt` the opening of the next turn behind it.

        Arguments of calls are objects here (`as_objects`). SettingError, with the template's own
        words, where it refuses the conversation.
        """
        try:
            marked = self._compiled.render(
                messages=messages,
                tools=list(tools) or None,
                documents=None,
                add_generation_prompt=prompt,
                **self.given,
            )
        except SettingError:
            raise
        except Exception as error:  # whatever a template does wrong is its own fault
            said = " ".join(str(error).split())[:200]
            raise SettingError(f"the chat template refuses the conversation: {said}") from None
        return _parted(marked)

    @cached_property
    def _compiled(self) -> Any:
        environment = _environment()
        try:
            return environment.from_string(self.source)
        except Exception as error:
            raise SettingError(f"the chat template cannot be read: {error}") from None


def _parted(marked: str) -> Rendered:
    """The text without its marks, and where they stood."""
    pieces: list[str] = []
    spans: list[Span] = []
    at, length, opened = 0, 0, 0
    for mark in _MARKS.finditer(marked):
        pieces.append(marked[at : mark.start()])
        length += mark.start() - at
        at = mark.end()
        if mark[0] == _OPENED:
            opened = length
        else:
            spans.append(Span(opened, length))
    pieces.append(marked[at:])
    return Rendered("".join(pieces), spans)


def _environment() -> Any:
    """Jinja as transformers sets it up; the sandbox keeps templates from reaching out."""
    try:
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ModuleNotFoundError:
        raise SettingError(
            "rendering needs the package jinja2; install 'clinseek[training]'"
        ) from None

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_generation_block(), "jinja2.ext.loopcontrols"],
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _no_clock
    return environment


def _generation_block() -> Any:
    """The extension for `{% generation %}`, which puts marks around what stands in the block."""
    import jinja2.nodes
    from jinja2.ext import Extension

    class GenerationBlock(Extension):  # type: ignore[misc]
        tags = {"generation"}  # noqa: RUF012 - as Jinja wants it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            call = self.call_method("_marked")
            return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

        def _marked(self, caller: Any) -> str:
            return f"{_OPENED}{caller()}{_CLOSED}"

    return GenerationBlock


def _tojson(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 - as templates call it
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise(message: str) -> str:
    raise SettingError(f"the chat template refuses the conversation: {message}")


def _no_clock(form: str) -> str:
    """Templates that write today's date would teach it, and make no text twice."""
    from datetime import UTC, datetime

    return datetime(2024, 1, 1, tzinfo=UTC).strftime(form)


def as_objects(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages as templates take them: arguments as objects without nulls, text as text.

    Templates differ in what they make of a JSON text: some write it twice escaped, some fail.
    Arguments that are no JSON object are an object with the one key `_raw`. Weights and pictures'
    hashes stay behind.
    """
    return [_as_object(message) for message in messages]


def _as_object(message: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in message.items() if value is not None and key != "weight"}
    told["content"] = _clean_content(message.get("content"))
    if calls := message.get("tool_calls"):
        told["tool_calls"] = [
            {**call, "function": {**call["function"],
                                  "arguments": arguments_of(call["function"]["arguments"])}}
            for call in calls
        ]  # fmt: skip
    else:
        told.pop("tool_calls", None)
    if reasoning := told.get("reasoning_content"):
        told["reasoning_content"] = _clean(reasoning)
    return told


def arguments_of(written: Any) -> dict[str, Any]:
    """The arguments of a call as an object, without those that are null.

    >>> arguments_of('{"table_name": "labevents", "limit": null}'), arguments_of("{not json")
    ({'table_name': 'labevents'}, {'_raw': '{not json'})
    """
    held = written
    if isinstance(written, str):
        try:
            held = json.loads(written)
        except (ValueError, RecursionError):
            held = None
    if not isinstance(held, dict):
        return {RAW: written}
    return {name: value for name, value in held.items() if value is not None}


def _clean_content(content: Any) -> Any:
    if content is None:
        return ""
    if isinstance(content, str):
        return _clean(content)
    if all(block.get("type") == "text" for block in content):
        return _clean("\n".join(str(block["text"]) for block in content))
    return [
        {"type": "text", "text": _clean(str(block["text"]))}
        if block.get("type") == "text" else {"type": "image"}
        for block in content
    ]  # fmt: skip


def _clean(text: str) -> str:
    return _MARKS.sub("", text)
