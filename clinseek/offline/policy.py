"""The offline policy: a chat model without weights that reads, plans, calls tools and answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ToolCall,
    ToolCallChunk,
    UsageMetadata,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from clinseek.offline.conversation import canonical, read_conversation
from clinseek.offline.planning import Turn, next_turn

CHARACTERS_PER_TOKEN = 4
"""Tokens are not counted but reckoned: one for every four characters in and out."""

_FINISH = "ehr.finish"


class OfflinePolicy(BaseChatModel):
    """A deterministic model for `--model offline`: no weights, no network, no stored answers.

    It reads one question in English, finds the items that it names among what the tools return,
    and answers by `ehr.finish` with citations. Every turn is worked out from the messages alone,
    so the same messages always give the same turn and a resumed run goes on identically.

    What it understands: the latest, first, lowest, highest, mean, number, trend of a laboratory
    value, vital sign or output, or its value around a time; whether a drug was given or is
    ordered, which drugs of a class, first and last dose; cultures, what grew and what it is
    resistant to; diagnoses and procedures of earlier stays; admissions, ICU stays, care unit,
    service, age and sex; thresholds, yes or no, a choice and a list among candidates.

    Its limits: one question at a time, in plain words, of at most 20,000 characters; no free text
    is read (notes, reports); a trend is the first value against the last; risk is a handful of
    crude points and no prediction model; what comes next is what was most frequent. What it does
    not understand or cannot find it answers with an empty response and a sentence that says so. It
    is a floor to compare models with and a way to try the software, never a clinical tool.
    """

    model_name: str = "offline"

    @property
    def _llm_type(self) -> str:
        return "clinseek-offline"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,  # noqa: ARG002 - the policy always chooses by itself
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The policy with `tools` at hand, under the names by which they are bound."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - a turn is never cut
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - nothing to report
        **kwargs: Any,
    ) -> ChatResult:
        message = _turn(messages, kwargs.get("tools") or [])
        return ChatResult(
            generations=[ChatGeneration(message=message)],
            llm_output={"model_name": self.model_name},
        )

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - a turn is never cut
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(_turn(messages, kwargs.get("tools") or [])):
            generation = ChatGenerationChunk(message=chunk)
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=generation)
            yield generation


def _turn(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> AIMessage:
    wire_names = {canonical(name): name for tool in tools if (name := _name_of(tool))}
    conversation = read_conversation(messages)
    turn = next_turn(conversation, frozenset(wire_names))
    place = sum(isinstance(message, AIMessage) for message in messages)
    content, calls = _spoken(turn, wire_names, place)
    return AIMessage(
        content,
        tool_calls=calls,
        response_metadata={
            "model_name": "offline",
            "finish_reason": "tool_calls" if calls else "stop",
        },
        usage_metadata=_usage(messages, content, calls),
    )


def _name_of(tool: dict[str, Any]) -> str:
    return str(tool.get("function", tool).get("name", ""))


def _spoken(turn: Turn, wire_names: dict[str, str], place: int) -> tuple[str, list[ToolCall]]:
    if turn.submission is None:
        return "", [
            _call(wire_names[ask.tool], json.loads(ask.arguments), place, at)
            for at, ask in enumerate(turn.asks)
        ]
    if _FINISH not in wire_names:
        return turn.submission.as_json, []
    finish = _call(wire_names[_FINISH], turn.submission.arguments, place, 0)
    return turn.submission.said, [finish]


def _call(name: str, arguments: dict[str, Any], place: int, at: int) -> ToolCall:
    """A call whose id follows from what it asks and where it stands, so that it never changes."""
    content = f"{place}.{at}.{name}.{json.dumps(arguments, sort_keys=True)}"
    call_id = f"call_{sha256(content.encode()).hexdigest()[:20]}"
    return ToolCall(name=name, args=arguments, id=call_id, type="tool_call")


def _usage(messages: Sequence[BaseMessage], content: str, calls: list[ToolCall]) -> UsageMetadata:
    read = sum(len(str(message.content)) for message in messages)
    written = len(content) + sum(len(json.dumps(call["args"])) for call in calls)
    given, made = -(-read // CHARACTERS_PER_TOKEN), -(-written // CHARACTERS_PER_TOKEN)
    return UsageMetadata(input_tokens=given, output_tokens=made, total_tokens=given + made)


def _chunks(message: AIMessage) -> Iterator[AIMessageChunk]:
    """The message in parts that add up to it: words, then calls, then the usage."""
    words = str(message.content).split(" ") if message.content else []
    for at, word in enumerate(words):
        yield AIMessageChunk(content=word if at == 0 else f" {word}")
    for at, call in enumerate(message.tool_calls):
        part = ToolCallChunk(
            name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=at,
            type="tool_call_chunk",
        )  # fmt: skip
        yield AIMessageChunk(content="", tool_call_chunks=[part])
    yield AIMessageChunk(
        content="",
        usage_metadata=message.usage_metadata,
        response_metadata=message.response_metadata,
        chunk_position="last",
    )
