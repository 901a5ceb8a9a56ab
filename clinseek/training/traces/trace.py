"""One run as something to learn from: the conversation as the model saw it, and what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from clinseek.records import RAW, Setting, Status

TRACE_VERSION = 1
FINISH = "ehr.finish"

Role = Literal["system", "user", "assistant", "tool"]


class Function(TypedDict):
    """A call's tool and its arguments, as JSON text."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A call as OpenAI's chat form has it; the tool's name is dotted."""

    id: str
    type: Literal["function"]
    function: Function


class Message(TypedDict):
    """A message in OpenAI's chat form. An image is a block {type, sha256, mime_type}."""

    role: Role
    content: str | list[dict[str, Any]]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[ToolCall]]
    tool_call_id: NotRequired[str]
    name: NotRequired[str]


class Observed(TypedDict):
    """What is known of one call: its evidence number, whether it was refused, what was shown.

    `number` is its evidence number as the trace stands, `first_number` that of the run. `sha256`
    and `chars` are of the whole text as the run had it, `shown_chars` is what the model was shown.
    """

    call_id: str
    number: int
    first_number: int
    sha256: str
    tool: str
    refused: bool
    chars: int
    shown_chars: int


class Judgement(TypedDict):
    """What a scorer said of the run; `value` None: it does not apply, or could not tell."""

    value: float | None
    state: str
    explanation: str


class Edit(TypedDict):
    """One change that refining made: to which message (by its place before it), and why."""

    kind: str
    at: int
    call_id: str
    why: str


class Origin(TypedDict):
    """Where a trace is from: the run or file, and what the run was made with ("" not told)."""

    source: str
    model: str
    package: str
    rules: str
    prompts: str
    role: str
    store: str
    profile: str


class Trace(BaseModel):
    """A conversation with its tools, its row and patient, and the hash of what it was read from.

    `messages` are what the model was shown: an observation that was shortened for it is short
    here. `condensed` counts observations that gave way to a line in later rounds. `repairs` is
    what the harness mended in the model's calls. `subject_id` and `cutoff` are None where the
    file does not tell them. `sha256` is of the record as it was read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    id: str
    qid: str
    epoch: int
    subject_id: int | None
    cutoff: str | None
    task: str
    task_type: str
    setting: Setting
    messages: list[Message]
    tools: list[dict[str, Any]]
    observed: list[Observed]
    label: Any = None
    answer: list[str] = []
    citations: list[list[str]] = []
    status: Status
    stop_reason: str
    salvaged: str | None = None
    repairs: dict[str, int] = {}
    condensed: int = 0
    scores: dict[str, Judgement] = {}
    images: dict[str, str] = {}
    origin: Origin
    edits: list[Edit] = []
    sha256: str

    @cached_property
    def by_call(self) -> dict[str, Observed]:
        """What is known of each call, by its id."""
        return {each["call_id"]: each for each in self.observed}

    @property
    def turns(self) -> int:
        """How many turns of the model there are."""
        return sum(message["role"] == "assistant" for message in self.messages)

    @cached_property
    def conversation(self) -> str:
        """A hash over what is said: equal for conversations that teach the same."""
        told = [
            (
                message["role"],
                message["content"],
                message.get("reasoning_content", ""),
                [call["function"] for call in message.get("tool_calls", ())],
            )
            for message in self.messages
        ]
        return hash_of(told)


def calls_in(messages: Sequence[Message]) -> Iterator[tuple[int, ToolCall]]:
    """Each call of a conversation with the place of its message."""
    for at, message in enumerate(messages):
        for call in message.get("tool_calls", ()):
            yield at, call


def arguments_in(call: ToolCall) -> dict[str, Any] | None:
    """The arguments of a call as an object; None where what the model wrote is none.

    The harness keeps such words as the one argument `_raw`.

    >>> function = Function(name="f", arguments='{"_raw": "{cut"}')
    >>> arguments_in(ToolCall(id="c", type="function", function=function)) is None
    True
    """
    try:
        held = json.loads(call["function"]["arguments"])
    except (ValueError, RecursionError):
        return None
    return None if not isinstance(held, dict) or RAW in held else held


def text_in(content: str | Sequence[Mapping[str, Any]]) -> str:
    """The text of a message's content, images left out.

    >>> text_in([{"type": "text", "text": "see"}, {"type": "image", "sha256": "0"}])
    'see'
    """
    if isinstance(content, str):
        return content
    return "\n".join(str(block["text"]) for block in content if block.get("type") == "text")


def characters_in(message: Mapping[str, Any]) -> int:
    """The characters of text, reasoning and calls in a message."""
    calls = message.get("tool_calls", ())
    written: int = sum(
        len(call["function"]["name"]) + len(call["function"]["arguments"]) for call in calls
    )
    return len(text_in(message["content"])) + len(message.get("reasoning_content", "")) + written


def hash_of(value: Any) -> str:
    """The SHA-256 of a JSON value, equal for equal content."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
