"""A chat model without a tool template, given the tools in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from clinseek.models.around import SILENT, ModelAround
from clinseek.models.dialects import (
    PromptDialect,
    call_in_words,
    observation_in_words,
    tools_in_words,
)
from clinseek.models.spec import Parameters


class PromptedTools(ModelAround):
    """`inner` with its tools in the system prompt, once, in one dialect.

    Past calls and observations become turns of text; the answer is left as the model wrote it, so
    that `read_calls` finds its calls. Facts, usage, reasoning and response_metadata are those of
    `inner`. Names stand with their dots: no host sees them but as text.
    """

    dialect: PromptDialect

    @property
    def parameters(self) -> Parameters | None:
        """How the wrapped model is asked, where its host tells, with our dialect."""
        found = super().parameters
        return None if found is None else replace(found, dialect=self.dialect)

    def check_host(self) -> None:
        """See that the wrapped model's host can be asked; ModelError where it cannot."""
        check = getattr(self.inner, "check_host", None)
        if check is not None:
            check()

    async def release(self) -> None:
        """Give up the wrapped model's connections."""
        release = getattr(self.inner, "release", None)
        if release is not None:
            await release()

    @property
    def _llm_type(self) -> str:
        return f"prompted-{self.inner._llm_type}"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {**self.inner._identifying_params, "dialect": self.dialect}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with `tools` in its system prompt; ValueError for a forced `tool_choice`."""
        if tool_choice not in (None, "auto"):
            raise ValueError(f"a prompted model cannot be forced to call: {tool_choice!r}")
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        sent = turns_in_words(messages, kwargs.pop("tools", ()), self.dialect)
        answer = self.inner.invoke(sent, config=SILENT, stop=stop, **kwargs)
        return _result(answer)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        sent = turns_in_words(messages, kwargs.pop("tools", ()), self.dialect)
        answer = await self.inner.ainvoke(sent, config=SILENT, stop=stop, **kwargs)
        return _result(answer)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        sent = turns_in_words(messages, kwargs.pop("tools", ()), self.dialect)
        for chunk in self.inner.stream(sent, config=SILENT, stop=stop, **kwargs):
            yield _generated(chunk)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        sent = turns_in_words(messages, kwargs.pop("tools", ()), self.dialect)
        async for chunk in self.inner.astream(sent, config=SILENT, stop=stop, **kwargs):
            yield _generated(chunk)


def turns_in_words(
    messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], dialect: PromptDialect
) -> list[BaseMessage]:
    """The conversation as a model without a tool template takes it.

    The tools stand in the first system message (one is made where there is none); a turn's calls
    stand behind its text; observations are a user's turn, joined with the user's turns beside
    them, because many templates refuse two turns of one role in a row.
    """
    turned: list[BaseMessage] = []
    for message in messages:
        worded = _in_words(message, dialect)
        before = turned[-1] if turned else None
        if isinstance(worded, HumanMessage) and isinstance(before, HumanMessage):
            turned[-1] = before.model_copy(update={"content": _joined(before, worded)})
        else:
            turned.append(worded)
    return _with_tools(turned, tools_in_words(tools, dialect)) if tools else turned


def _in_words(message: BaseMessage, dialect: PromptDialect) -> BaseMessage:
    if isinstance(message, ToolMessage):
        return HumanMessage(_observed(message), id=message.id)
    if not isinstance(message, AIMessage) or not message.tool_calls:
        return message
    calls = [call_in_words(call["name"], call["args"], dialect) for call in message.tool_calls]
    kept = {key: held for key, held in message.additional_kwargs.items() if key != "tool_calls"}
    return AIMessage(
        "\n".join([text for text in (message.text,) if text] + calls),
        additional_kwargs=kept,
        response_metadata=message.response_metadata,
        id=message.id,
    )


def _observed(message: ToolMessage) -> str | list[str | dict[Any, Any]]:
    """The text of an observation in its frame; its images, if any, behind it."""
    framed = observation_in_words(str(message.text))
    if isinstance(message.content, str):
        return framed
    others = [
        block
        for block in message.content
        if isinstance(block, dict) and block.get("type") != "text"
    ]
    return [{"type": "text", "text": framed}, *others] if others else framed


def _joined(before: HumanMessage, after: HumanMessage) -> str | list[str | dict[Any, Any]]:
    if isinstance(before.content, str) and isinstance(after.content, str):
        return f"{before.content}\n{after.content}"
    return [*_blocks(before), *_blocks(after)]


def _blocks(message: BaseMessage) -> list[str | dict[Any, Any]]:
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}]
    return list(message.content)


def _with_tools(messages: Sequence[BaseMessage], tools: str) -> list[BaseMessage]:
    if not messages or not isinstance(messages[0], SystemMessage):
        return [SystemMessage(tools), *messages]
    system = messages[0]
    told: str | list[str | dict[Any, Any]]
    if isinstance(system.content, str):
        told = f"{system.content}\n\n{tools}"
    else:
        told = [*_blocks(system), {"type": "text", "text": tools}]
    return [system.model_copy(update={"content": told}), *messages[1:]]


def _result(answer: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=answer)])


def _generated(chunk: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=chunk)
