"""Whether what a student is trained on says what the trace says: the checks that stop an export.

What a template writes of a turn is read back by the code that reads a served model's answers: the
same reasoning, words and calls must come out, and nothing else. So the mask covers all of a turn,
and no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from clinseek.errors import SettingError
from clinseek.models.dialects import read_calls, split_reasoning
from clinseek.records import RAW
from clinseek.training.rendering.masking import Masked, Renderer
from clinseek.training.rendering.template import ChatTemplate, arguments_of, as_objects
from clinseek.training.rendering.tokenizer import Tokenizer

Message = Mapping[str, Any]

_TOOL, _VALUE, _THOUGHT, _SHOWN = "probe_tool", "Zugzwang", "Quixotic", "Ostinato"


def _probe(*, reasoning: bool) -> list[dict[str, Any]]:
    """A short conversation with a call, in which the model thinks in each turn or in none."""
    return [
        {**message, "reasoning_content": _THOUGHT}
        if reasoning and message["role"] == "assistant" else message
        for message in _PROBE
    ]  # fmt: skip


_PROBE: list[dict[str, Any]] = [
    {"role": "system", "content": "You answer from the record."},
    {"role": "user", "content": "How high is it?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "call00001",
                "type": "function",
                "function": {"name": _TOOL, "arguments": {"table": _VALUE}},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call00001", "name": _TOOL, "content": _SHOWN},
    {"role": "assistant", "content": "It is 4.1."},
]
_TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": _TOOL,
            "description": "Reads a table.",
            "parameters": {"type": "object", "properties": {"table": {"type": "string"}}},
        },
    }
]


class Fidelity:
    """Checks a renderer once, and each conversation that it renders.

    `serving` is the template that the trained model will be served with, its own by default.
    """

    def __init__(self, renderer: Renderer, *, serving: ChatTemplate | None = None) -> None:
        self._renderer = renderer
        self._serving = Renderer(
            renderer.tokenizer if serving is None else Tokenizer(
                renderer.tokenizer.folder, serving, renderer.tokenizer.special)
        )  # fmt: skip

    def check_template(self, *, reasoning: bool) -> None:
        """SettingError where the template drops tools, calls, results or (with `reasoning`) what
        the model thought, or where a turn is served otherwise than it was trained.
        """
        probe = _probe(reasoning=reasoning)
        text = self._renderer.rendered(probe, _TOOLS).text
        dropped = [
            named
            for named, sought in (
                ("the schemas of tools", '"Reads a table."'),
                ("calls of tools", _VALUE),
                ("results of tools", _SHOWN),
            )
            if sought.strip('"') not in text
        ]
        if dropped:
            raise SettingError(
                f"the chat template drops {', '.join(dropped)}: it is no template for tools; name "
                "another with --template FILE.jinja"
            )
        if reasoning and _THOUGHT not in text:
            raise SettingError(
                "the chat template drops what the model thought (reasoning_content); leave it out "
                "with clinseek traces refine --reasoning drop, or name another template"
            )
        made = self._renderer.masked(probe, _TOOLS)
        self.check_served(probe, _TOOLS, made, turns=(0, 1))
        self.check_marks(made)

    def check(
        self, messages: Sequence[Message], tools: Sequence[Message], made: Masked, *, serve: bool
    ) -> None:
        """SettingError where the rendered conversation `made` says otherwise than `messages`.

        With `serve` the prompts of its first, middle and last turn are rendered as they are
        served, and must be what was trained up to there.
        """
        turns = [message for message in as_objects(messages) if message["role"] == "assistant"]
        for number, (turn, span) in enumerate(zip(turns, made.spans, strict=True), start=1):
            self._check_turn(turn, made.text[span.start : span.end], tools, number)
        self.check_marks(made)
        if serve:
            chosen = {0, len(turns) // 2, len(turns) - 1}
            self.check_served(messages, tools, made, turns=sorted(chosen))

    def check_marks(self, made: Masked) -> None:
        """SettingError where a token is partly of a turn of the model, and partly of the prompt."""
        if made.straddling:
            raise SettingError(
                f"{made.straddling} tokens reach over the border of a turn of the model: the mask "
                "would not be exact; the chat template must end its prompts in a token of its own"
            )

    def check_served(
        self,
        messages: Sequence[Message],
        tools: Sequence[Message],
        made: Masked,
        *,
        turns: Sequence[int],
    ) -> None:
        """SettingError where the prompt of a turn is served in other tokens than were trained."""
        places = [at for at, message in enumerate(messages) if message["role"] == "assistant"]
        for turn in turns:
            prompt = self._serving.rendered(messages[: places[turn]], tools, prompt=True).text
            ids = self._renderer.tokenizer.tokens(prompt).ids
            if made.ids[: len(ids)] != ids:
                raise SettingError(
                    f"turn {turn + 1} is served behind another prompt than it was trained behind "
                    f"(they part {_parting(prompt, made.text)}): train with the template that "
                    "the model is served with; TRL ships NAME_training.jinja for both"
                )

    def _check_turn(
        self, turn: Message, written: str, tools: Sequence[Message], number: int
    ) -> None:
        if not written.endswith(self._end_of_turn):
            raise SettingError(f"turn {number} is not trained to its end ({self._end_of_turn!r})")
        reasoning, said, calls = self._read(written, tools)
        wanted = str(turn.get("reasoning_content") or "").strip()
        if reasoning.strip() != wanted:
            raise _otherwise(number, "what the model thought", wanted, reasoning.strip())
        content = turn["content"]
        if not isinstance(content, str):
            raise SettingError(f"turn {number}: a turn of the model with pictures is not trained")
        if said.strip() != content.strip():
            raise _otherwise(number, "what the model said", content.strip(), said.strip())
        asked = [
            (call["function"]["name"], arguments_of(call["function"]["arguments"]))
            for call in turn.get("tool_calls", ())
        ]
        if any(RAW in arguments for _, arguments in asked):
            raise SettingError(f"turn {number} makes a call whose arguments are no JSON object")
        if not _same_calls(asked, calls):
            raise _otherwise(number, "its calls", str(asked), str(calls))

    def _read(
        self, written: str, tools: Sequence[Message]
    ) -> tuple[str, str, list[tuple[str, dict[str, Any]]]]:
        """A turn as the harness reads a served one: reasoning, words, calls."""
        ended = written.removesuffix(self._end_of_turn)
        reasoning, answer = split_reasoning(self._opened + ended)
        names = [str(tool["function"]["name"]) for tool in tools]
        found = read_calls(answer, known=names, schemas=list(tools))
        if not found.calls:
            return reasoning, answer, []
        calls = [(call.name, call.arguments or {}) for call in found.calls]
        return reasoning, found.rest, calls

    @cached_property
    def _opened(self) -> str:
        """What the template writes of a turn's thinking before the model does."""
        asked = _PROBE[:2]
        before = self._renderer.rendered(asked, _TOOLS).text
        made = self._renderer.rendered([*asked, _PROBE[2]], _TOOLS)
        header = made.text[len(before) : made.spans[0].start]
        at = header.find("<think>")
        return header[at:] if at >= 0 else ""

    @cached_property
    def _end_of_turn(self) -> str:
        """The token with which a turn of the model ends."""
        made = self._renderer.rendered(_PROBE, _TOOLS)
        last = made.text[made.spans[-1].start : made.spans[-1].end].rstrip()
        control = self._renderer.tokenizer.control.tokens
        ends = [token for token in control if last.endswith(token)]
        eos = self._renderer.tokenizer.special.get("eos_token", "")
        if eos and last.endswith(eos):
            return eos
        if not ends:
            raise SettingError(
                "the chat template's turns of the model end without a token of their own: the "
                "student would never learn to stop"
            )
        return max(ends, key=len)


def _otherwise(number: int, what: str, wanted: str, read: str) -> SettingError:
    return SettingError(
        f"turn {number} does not come back from the chat template: {what} was "
        f"{_clipped(wanted)}, and is read as {_clipped(read)}"
    )


def _clipped(text: str) -> str:
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= 80 else shown[:77] + "...")


def _same_calls(
    asked: Sequence[tuple[str, dict[str, Any]]], read: Sequence[tuple[str, dict[str, Any]]]
) -> bool:
    if len(asked) != len(read):
        return False
    return all(
        one[0] == other[0] and one[1].keys() == other[1].keys()
        and all(_same(value, other[1][name]) for name, value in one[1].items())
        for one, other in zip(asked, read, strict=True)
    )  # fmt: skip


def _same(value: Any, read: Any) -> bool:
    """Equal, or a text that stands for the same: forms without types write all values as text."""
    if value == read or str(value).strip() == str(read).strip():
        return True
    if isinstance(value, str) or not isinstance(read, str):
        return False
    try:
        return bool(json.loads(read) == value)
    except ValueError:
        return False


def _parting(one: str, other: str) -> str:
    at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"at {_clipped(one[max(0, at - 20) : at + 20])}"
