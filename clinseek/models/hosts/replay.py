"""A record's turns, said again: `replay:RECORDS.jsonl` or `replay:RECORDS.jsonl#QID`.

Text, reasoning and calls come back as the record keeps them, in order; the tools run anew, so
that a change of tools, rules or prompts can be looked at without a model. Tokens are those that
the host counted, where the record tells them turn by turn; else they are estimated as always.

Nothing is remembered between turns: which turn is next follows from the conversation alone, so a
run that is resumed goes on where it stood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from clinseek.errors import ModelError, SettingError
from clinseek.models.facts import HostFacts
from clinseek.models.images import images_by_hash
from clinseek.models.spec import ModelSpec, Parameters
from clinseek.record_file import read_records
from clinseek.records import Record, TurnUsed

_ASKED = (
    re.compile(r"^patient: subject_id (\d+)$", re.MULTILINE),
    re.compile(r"^record as of: ([^(\n]+?) *(?:\(|$)", re.MULTILINE),
    re.compile(r"<task>\n(.*?)\n</task>", re.DOTALL),
)
_ATTACHED = (
    re.compile(r"^(?:image|report) \d+: .+$", re.MULTILINE),
    re.compile(r"^<report_\d+>\n.*?\n</report_\d+>$", re.MULTILINE | re.DOTALL),
)
_SHOWN = 5


class ReplayModel(BaseChatModel):
    """Says the turns of the record that asks what the conversation asks."""

    spec: str
    runs: tuple[ReplayedRun, ...]
    forced: bool = False
    """The one run speaks whatever is asked; else it is the run that asked the same."""

    facts: HostFacts = HostFacts(provider="replay")
    parameters: Parameters = Field(default_factory=Parameters)

    @property
    def _llm_type(self) -> str:
        return "clinseek-replay"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model; what it says is said already, whatever tools there are."""
        del tools, tool_choice
        return self.bind(**kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager, kwargs
        run = self._asked_in(messages)
        turn = _concluding(run, messages) or self._next(run, messages)
        return ChatResult(generations=[ChatGeneration(message=turn.model_copy(deep=True))])

    def _asked_in(self, messages: Sequence[BaseMessage]) -> ReplayedRun:
        if self.forced:
            return self.runs[0]
        (told,), _ = images_by_hash(
            [next((each for each in messages if isinstance(each, HumanMessage)), HumanMessage(""))]
        )
        wanted = asked_in(told.text, images=_hashes(told.content))
        for run in self.runs:
            if run.asked == wanted:
                return run
        raise ModelError(
            f"{self.spec}: none of its {len(self.runs)} records asks this of this patient at this "
            "cutoff, or of these images; one can be named as replay:FILE#QID"
        )

    def _next(self, run: ReplayedRun, messages: Sequence[BaseMessage]) -> AIMessage:
        said = [message for message in messages if isinstance(message, AIMessage)]
        for number, (heard, recorded) in enumerate(zip(said, run.turns, strict=False), start=1):
            if _calls(heard) != _calls(recorded):
                raise ModelError(
                    f"{self.spec}: the conversation is not that of the record {run.qid}: "
                    f"turn {number} makes other calls"
                )
        if len(said) >= len(run.turns):
            turns = "1 turn" if len(run.turns) == 1 else f"{len(run.turns)} turns"
            raise ModelError(
                f"{self.spec}: the record {run.qid} has {turns}, and one more is asked for; the "
                "tools or limits of this run differ from those of the record"
            )
        return run.turns[len(said)]


class ReplayedRun(NamedTuple):
    """What a record says again: its turns in order, and the text before its last turn."""

    qid: str
    asked: tuple[str, ...]
    turns: tuple[AIMessage, ...]
    before_last: str


def replay_model(spec: ModelSpec) -> ReplayModel:
    """The model of `spec`; the records are read now. ModelError where there is none to replay."""
    path, qid = _named(spec.name)
    try:
        records = read_records(path).records
    except SettingError as error:
        raise ModelError(f"model {str(spec)!r}: {error}") from None
    chosen = [record for record in records if qid is None or record.qid == qid]
    if not chosen:
        known = list(dict.fromkeys(record.qid for record in records))
        some = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
        missing = f"{path} holds no record of {qid!r}; it has {some}" if known else ""
        raise ModelError(f"model {str(spec)!r}: {missing or f'{path} holds no records'}")
    # Where one question was run more than once, it is the first of its records that speaks.
    runs = tuple(_run(record) for record in (chosen if qid is None else chosen[:1]))
    return ReplayModel(
        spec=str(spec), runs=runs, forced=qid is not None, parameters=spec.parameters
    )


def asked_in(task: str, *, images: Sequence[str] = ()) -> tuple[str, ...]:
    r"""Patient, cutoff and question of a run's first user message; the whole text of another.

    Then the images and reports that came with it: their names, the texts of reports, and the
    SHA-256 of each image shown, given as `images`.

    >>> context = "patient: subject_id 7\nrecord as of: 2150-03-05 (nothing later is in it)"
    >>> asked_in(f"{context}\n<task>\nIs it low?\n</task>")
    ('7', '2150-03-05', 'Is it low?')
    """
    found = [pattern.search(task) for pattern in _ASKED]
    if not all(found):
        return (task, *images)
    attached = [each for pattern in _ATTACHED for each in pattern.findall(task)]
    return (*(each[1] for each in found if each), *attached, *images)


def _hashes(content: Any) -> list[str]:
    """The SHA-256 of each image of a message, as a record names them."""
    blocks = () if isinstance(content, str) else content
    return [str(block["sha256"]) for block in blocks if "sha256" in block]


def _named(name: str) -> tuple[Path, str | None]:
    whole = Path(name).expanduser()
    if whole.exists() or "#" not in name:
        return whole, None
    path, _, qid = name.partition("#")
    return Path(path).expanduser(), qid or None


def _run(record: Record) -> ReplayedRun:
    spoken = [each for each in record.messages if each["role"] == "assistant"]
    told = [each for each in record.messages if each["role"] == "user"]
    # A turn that failed left a line among the turns and nothing in the conversation.
    counted = [used for used in record.turns if used["ended"] in _FINISHES]
    used: Sequence[TurnUsed | None] = (
        counted if len(counted) == len(spoken) else [None] * len(spoken)
    )
    last = record.messages[-2:]
    before = last[0]["content"] if len(last) == 2 and last[0]["role"] == "user" else ""
    return ReplayedRun(
        qid=record.qid,
        asked=_asked(told[0]["content"]) if told else (),
        turns=tuple(_turn(form, tokens) for form, tokens in zip(spoken, used, strict=True)),
        before_last=_text(before),
    )


def _asked(content: Any) -> tuple[str, ...]:
    return asked_in(_text(content), images=_hashes(content))


_FINISHES = ("stop", "tool_calls", "length", "content_filter", "refusal")


def _turn(form: Mapping[str, Any], used: TurnUsed | None) -> AIMessage:
    calls = [
        tool_call(
            name=call["function"]["name"],
            args=json.loads(call["function"]["arguments"]),
            id=call["id"],
        )
        for call in form.get("tool_calls") or ()
    ]
    turn = AIMessage(form["content"] or "", tool_calls=calls)
    if said := form.get("reasoning_content"):
        turn.additional_kwargs["reasoning_content"] = said
    turn.response_metadata["finish_reason"] = "tool_calls" if calls else "stop"
    if used is not None:
        turn.response_metadata["finish_reason"] = used["ended"]
        turn.usage_metadata = None if used["estimated"] else _usage(used)
    return turn


def _usage(used: TurnUsed) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=used["input_tokens"],
        output_tokens=used["output_tokens"],
        total_tokens=used["input_tokens"] + used["output_tokens"],
        input_token_details=InputTokenDetails(cache_read=used["cached_tokens"]),
        output_token_details=OutputTokenDetails(reasoning=used["reasoning_tokens"]),
    )


def _concluding(run: ReplayedRun, messages: Sequence[BaseMessage]) -> AIMessage | None:
    """The record's last turn, where the run is asked to conclude as the record's was.

    A run concludes in a conversation of its own, without the turns before; what it is told there
    begins with the same line.
    """
    if len(run.turns) < 2 or any(isinstance(each, AIMessage) for each in messages):
        return None
    opening, told = run.before_last.partition("\n")[0], messages[-1].text.partition("\n")[0]
    return run.turns[-1] if opening and opening == told else None


def _calls(turn: AIMessage) -> list[tuple[str, Mapping[str, Any]]]:
    return [(call["name"], call["args"]) for call in turn.tool_calls]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else HumanMessage(content).text
