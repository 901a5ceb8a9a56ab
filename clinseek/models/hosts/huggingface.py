"""A model in this process, by transformers: `hf:FOLDER`. Nothing is downloaded, nothing sent.

The folder's own chat template writes the prompt, its own settings end a turn, and its calls and
`<think>` text stay in the content, where the run reads them (`clinseek.models.dialects`). Code that
a folder brings along is never run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import ConfigDict, Field

from clinseek.errors import ModelError
from clinseek.models.facts import NO_FACTS, HostFacts
from clinseek.models.hosts.model_folder import ModelFolder, Sampling, model_folder
from clinseek.models.hosts.template_messages import template_messages, template_tool
from clinseek.models.spec import ModelSpec, Parameters

_LEAST_ROOM = 8
"""An answer has room while an eighth of the context is left, or all the tokens it may have."""


class FolderModel(BaseChatModel):
    """A chat model whose weights lie in a folder of this machine."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    folder: ModelFolder
    sampling: Sampling
    max_tokens: int
    words: Mapping[str, Any] = Field(default_factory=dict)
    """What the chat template is told besides the conversation, such as `enable_thinking`."""

    facts: HostFacts = NO_FACTS
    parameters: Parameters = Field(default_factory=Parameters)

    @property
    def text_dialect(self) -> str | None:
        """In what form calls are asked for in the prompt; None: the chat template writes tools."""
        return None if self.folder.takes_tools else "json"

    @property
    def _llm_type(self) -> str:
        return "clinseek-folder"

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: str | None = None,  # noqa: ARG002  no template knows a choice
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with `tools` (OpenAI schemas, dotted names).

        ModelError where the chat template would leave them out without a word.
        """
        if not self.folder.takes_tools:
            raise ModelError(
                f"model 'hf:{self.folder.path}': its chat template takes no tools; have them told "
                "in the prompt, with dialect=json"
            )
        return self.bind(tools=[template_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager
        answer = partial(self._answer, messages, kwargs.get("tools", ()), threading.Event())
        return self.folder.worker.submit(answer).result()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager
        nobody_waits = threading.Event()
        answer = partial(self._answer, messages, kwargs.get("tools", ()), nobody_waits)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.folder.worker, answer)
        finally:
            nobody_waits.set()

    def _answer(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Mapping[str, Any]],
        nobody_waits: threading.Event,
    ) -> ChatResult:
        conversation = template_messages(messages, control=self.folder.control)
        prompt = self.folder.rendered(conversation, tools=tools, words=self.words)
        written = self.folder.generate(
            prompt, most=self._room(len(prompt)), sampling=self.sampling, stop=nobody_waits
        )
        used = UsageMetadata(
            input_tokens=len(prompt),
            output_tokens=len(written.ids) + written.ended,
            total_tokens=len(prompt) + len(written.ids) + written.ended,
        )
        answer = AIMessage(
            self.folder.text(written.ids),
            usage_metadata=used,
            response_metadata={
                "finish_reason": "stop" if written.ended else "length",
                "model_name": self.folder.path.name,
            },
        )
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _room(self, prompt_tokens: int) -> int:
        """How many tokens an answer may have; ContextOverflowError where too few are left."""
        context = self.facts.context_length
        if context is None:
            return self.max_tokens
        left = context - prompt_tokens
        if left < min(self.max_tokens, context // _LEAST_ROOM):
            raise ContextOverflowError(
                f"the maximum context length is {context} tokens, but the prompt alone has "
                f"{prompt_tokens} tokens"
            )
        return min(self.max_tokens, left)


def huggingface_model(spec: ModelSpec) -> FolderModel:
    """The model of `spec`; the folder's weights are read at the first turn, once for all runs.

    ModelError for a folder that cannot be run, and for a parameter that means nothing here.
    """
    told = spec.parameters
    _check_installed(spec)
    if told.stream:
        raise ModelError(f"model {str(spec)!r}: stream is not offered in process; leave it out")
    folder = model_folder(Path(spec.name))
    words, others = _extra(spec)
    return FolderModel(
        folder=folder,
        sampling=Sampling(told.temperature, told.top_p, told.seed, others),
        max_tokens=told.max_tokens,
        words=words,
        parameters=told,
        facts=HostFacts(
            provider="hf",
            context_length=told.context or folder.context_length,
            max_output=told.max_tokens,
            takes_images=False,
            concurrency=1,
        ),
    )


def _check_installed(spec: ModelSpec) -> None:
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise ModelError(
                f"model {str(spec)!r} needs the package {package}; pip install 'clinseek[local]'"
            )


def _extra(spec: ModelSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the chat template is told, what generation is told) by the spec."""
    import transformers

    known: Any = transformers.GenerationConfig
    told = spec.parameters
    others = dict(told.extra)
    words = dict(others.pop("chat_template_kwargs", {}))
    if told.thinking is not None and not isinstance(told.thinking, bool):
        raise ModelError(
            f"model {str(spec)!r}: a chat template knows no budget of thinking; write thinking=on "
            "or thinking=off, and limit the whole turn by max_tokens"
        )
    if told.thinking is not None:
        words["enable_thinking"] = told.thinking
    if told.effort is not None:
        words["reasoning_effort"] = told.effort
    for name in others:
        if not hasattr(known(), name):
            raise ModelError(
                f"model {str(spec)!r}: extra has {name!r}, which transformers' generation does "
                "not know; it takes such as top_k, repetition_penalty, chat_template_kwargs"
            )
    return words, others
