"""Who runs through the graph beside the student: the rule-based teacher, and the majority.

Each is a chat model: it sees the conversation that the graph sends, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from clinseek.training.loop.teacher import guess, next_turn


class _Ruled(BaseChatModel):
    """A model that works its next turn out from the messages alone."""

    @property
    def _llm_type(self) -> str:
        return "clinseek-loop"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,  # noqa: ARG002 - the rule chooses by itself
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same model; it knows its tools by name."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - a turn is never cut
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - nothing to report
        **kwargs: Any,  # noqa: ARG002 - tools are known by name
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    def _next(self, messages: Sequence[BaseMessage]) -> AIMessage:
        raise NotImplementedError


class RuleTeacher(_Ruled):
    """Answers the loop's questions by rule; of any other it says that it knows no answer."""

    def _next(self, messages: Sequence[BaseMessage]) -> AIMessage:
        return next_turn(messages)


class MajorityModel(_Ruled):
    """Looks nothing up: to each question it gives the answer that was the more frequent.

    `answers` maps questions to answers.
    """

    answers: Mapping[str, str]

    def _next(self, messages: Sequence[BaseMessage]) -> AIMessage:
        return guess(messages, self.answers)
