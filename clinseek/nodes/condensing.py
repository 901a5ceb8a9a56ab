"""What gives way when a conversation grows too long for the model's context. Pure.

In this order, and no further than needed:

1. The oldest large observations, whole, for one line each (tool, arguments, rows, E-number).
2. The observations of the last rounds, each shortened to an equal share.
3. The reasoning of the oldest turns.

The system prompt, the task, what the harness said, every call and the text of every turn stay. An
observation stays an answer to its call, and what gave way once stays so: the conversation only
changes where it must, so that the host's cache of its beginning holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from clinseek.models.tokens import IMAGE_CHARACTERS, characters_of, learned_characters_a_token
from clinseek.nodes.shortening import shorten
from clinseek.prompts import condensed_line
from clinseek.records import EvidenceEntry

LAST_ROUNDS = 2
_FULL, _AFTERWARDS = 0.9, 0.7
"""Shares of the room: from where on something gives way, and down to where."""

_WORTH_IT = 200
"""An observation gives way when that saves so many characters."""
_SHORTEST = 500
"""Characters that an observation of the last rounds keeps at least."""

_CAUTIOUS_CHARACTERS_A_TOKEN = 2.5
"""As of tables of numbers, for a host that has not counted a turn yet."""
_USUAL_OUTPUT = 8192
_LONGEST_VALUE, _LONGEST_ARGUMENTS = 60, 160
_REASONING = ("reasoning_content", "reasoning_wire")


class Condensed(NamedTuple):
    """A conversation as it is to be sent.

    `replaced` is what gave way now, or gave way further: by evidence id ("E3") the text that
    stands in its place, by turn ("T4", the fourth) an empty text for its reasoning. `fits` is
    False where even so there is more than the room holds.
    """

    messages: list[AnyMessage]
    replaced: dict[str, str]
    fits: bool


def condense(
    messages: Sequence[AnyMessage],
    evidence: Sequence[EvidenceEntry],
    *,
    replaced: Mapping[str, str],
    limit: int | None,
    last_rounds: int = LAST_ROUNDS,
) -> Condensed:
    """The conversation with what is in `replaced` in its place, and more where it must give way.

    `limit` is the room in characters, as `room_for` gives it; None: nothing more gives way.
    Something gives way when nine tenths of it are full, until seven tenths are. The last
    `last_rounds` turns with their observations give way last.
    """
    if not replaced and (limit is None or characters_of(messages) <= _FULL * limit):
        return Condensed(list(messages), {}, fits=True)
    fitting = _Fitting(messages, evidence, replaced)
    if limit is None:
        return fitting.condensed(limit)
    kept_from = _start_of_last(messages, last_rounds)
    if fitting.characters > _FULL * limit:
        fitting.replace_observations(kept_from, room=int(_AFTERWARDS * limit))
    if fitting.characters > _FULL * limit:
        fitting.shorten_observations(kept_from, room=int(_FULL * limit))
    if fitting.characters > _FULL * limit:
        fitting.drop_reasoning(kept_from, room=int(_FULL * limit))
    return fitting.condensed(limit)


def room_for(
    context_length: int,
    *,
    max_output: int | None = None,
    characters: int | None = None,
    input_tokens: int | None = None,
    overhead_characters: int = 0,
) -> int:
    """The characters of a conversation that fit into a context of so many tokens.

    `max_output` tokens stay free for the answer, but never more than half. `characters` and
    `input_tokens` are of the last turn that the host counted: what was sent, and what it took.
    `overhead_characters` is what the host counts beside the conversation (the tools' schemas).

    >>> room_for(32_768, max_output=8_192, characters=60_000, input_tokens=20_000)
    73728
    """
    free = context_length - min(max_output or _USUAL_OUTPUT, context_length // 2)
    if characters is None or not input_tokens:
        a_token = _CAUTIOUS_CHARACTERS_A_TOKEN
    else:
        a_token = learned_characters_a_token(characters + overhead_characters, input_tokens)
    return max(0, int(free * a_token) - overhead_characters)


def line_of(entry: EvidenceEntry) -> str:
    """The line that an observation gives way to; it says how to have it again."""
    if entry["refused"]:
        held = "refused"
    elif entry["table"] is not None:
        rows = len(entry["row_ids"])
        held = f"{rows:,} row" if rows == 1 else f"{rows:,} rows"
    else:
        held = f"{entry['chars']:,} characters"
    return condensed_line(entry["id"], f"{entry['tool']}({_brief(entry)})", held)


class _Fitting:
    """A conversation that is being made shorter, with its present length in characters."""

    def __init__(
        self,
        messages: Sequence[AnyMessage],
        evidence: Sequence[EvidenceEntry],
        replaced: Mapping[str, str],
    ) -> None:
        self._given = messages
        self._shown = list(messages)
        self._entries = {entry["call_id"]: entry for entry in evidence}
        self._new: dict[str, str] = {}
        turns = [at for at, message in enumerate(messages) if isinstance(message, AIMessage)]
        self._turns = {at: f"T{number}" for number, at in enumerate(turns, start=1)}
        for at, message in enumerate(messages):
            key = self._key(at)
            if key is not None and key in replaced:
                self._shown[at] = _in_place(message, replaced[key])
        self._sizes = [characters_of([message]) for message in self._shown]
        self.characters = sum(self._sizes)

    def replace_observations(self, kept_from: int, *, room: int) -> None:
        """The oldest large observations before `kept_from`, one line for each."""
        for at in self._observations(range(kept_from)):
            if self.characters <= room:
                return
            line = line_of(self._entry(at))
            if self._sizes[at] - len(line) >= _WORTH_IT:
                self._put(at, line)

    def shorten_observations(self, kept_from: int, *, room: int) -> None:
        """The observations from `kept_from` on, the longest shortened to an equal share."""
        held = self._observations(range(kept_from, len(self._shown)))
        others = self.characters - sum(self._sizes[at] for at in held)
        share = max(_SHORTEST, _equal_share([self._sizes[at] for at in held], room - others))
        for at in held:
            if self._sizes[at] > share:
                self._put(at, _shortened(self._given[at], share))

    def drop_reasoning(self, kept_from: int, *, room: int) -> None:
        """The reasoning of the oldest turns before `kept_from`."""
        for at in self._turns:
            if self.characters <= room or at >= kept_from:
                return
            if any(name in self._shown[at].additional_kwargs for name in _REASONING):
                self._put(at, "")

    def condensed(self, limit: int | None) -> Condensed:
        """What has become of it."""
        return Condensed(self._shown, self._new, limit is None or self.characters <= limit)

    def _observations(self, places: range) -> list[int]:
        return [
            at
            for at in places
            if isinstance(message := self._shown[at], ToolMessage)
            and message.tool_call_id in self._entries
        ]

    def _entry(self, at: int) -> EvidenceEntry:
        message = self._shown[at]
        assert isinstance(message, ToolMessage)
        return self._entries[message.tool_call_id]

    def _key(self, at: int) -> str | None:
        message = self._shown[at]
        if isinstance(message, ToolMessage):
            entry = self._entries.get(message.tool_call_id)
            return entry["id"] if entry is not None else None
        return self._turns.get(at)

    def _put(self, at: int, text: str) -> None:
        key = self._key(at)
        assert key is not None
        self._new[key] = text
        self._shown[at] = _in_place(self._given[at], text)
        size = characters_of([self._shown[at]])
        self.characters += size - self._sizes[at]
        self._sizes[at] = size


def _in_place(message: AnyMessage, text: str) -> AnyMessage:
    """An observation with `text` in its place; of a turn the reasoning goes."""
    if isinstance(message, ToolMessage):
        return message.model_copy(update={"content": text, "artifact": None})
    kept = {
        name: value for name, value in message.additional_kwargs.items() if name not in _REASONING
    }
    return message.model_copy(update={"additional_kwargs": kept})


def _start_of_last(messages: Sequence[AnyMessage], rounds: int) -> int:
    """Where the last `rounds` turns begin."""
    turns = [at for at, message in enumerate(messages) if isinstance(message, AIMessage)]
    last = turns[max(0, len(turns) - rounds) :]
    return last[0] if last else len(messages)


def _equal_share(sizes: Sequence[int], room: int) -> int:
    """The most that each may have so that all fit, where small ones leave room to the large."""
    left, share = room, 0
    for place, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - place)
        if size > share:
            break
        left -= size
    return max(0, share)


def _shortened(message: AnyMessage, limit: int) -> str:
    """The text of an observation in `limit` characters; that its images are gone is said."""
    if characters_of([message]) < IMAGE_CHARACTERS or isinstance(message.content, str):
        return shorten(message.text, limit)
    images = "\n[its images were left out]"
    return shorten(message.text, limit - len(images)) + images


def _brief(entry: EvidenceEntry) -> str:
    given = ", ".join(
        f"{name}={_clipped(value, _LONGEST_VALUE)}" for name, value in entry["arguments"].items()
    )
    return _clipped(given, _LONGEST_ARGUMENTS)


def _clipped(value: object, longest: int) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= longest else text[: longest - 3] + "..."
