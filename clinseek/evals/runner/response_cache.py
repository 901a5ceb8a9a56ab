"""Answers of models, kept to be given again where everything that matters is equal.

Key of an answer: the model with its parameters, the messages, the tools, how they were bound, and
the epoch, so that a second epoch is a second draw. Errors are never kept. A file of answers holds
patient data, as a record does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict

from clinseek.errors import SettingError
from clinseek.models import parameters_of
from clinseek.models.around import SILENT, ModelAround

FILE = "responses.sqlite"
_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL)"
_BUSY_SECONDS = 60.0


class ResponseCache:
    """The file of answers in a folder; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.hits = self.misses = 0
        self._lock = threading.Lock()
        file = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(
                file, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None
            )
            self._connection.execute(_TABLE)
        except OSError as error:
            raise SettingError(f"--cache {folder}: cannot be written ({error.strerror})") from None
        except sqlite3.DatabaseError as error:
            raise SettingError(f"--cache {file}: no file of answers ({error})") from None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def get(self, key: str) -> AIMessage | None:
        """The answer kept under `key`, None where there is none."""
        with self._lock, closing(self._connection.cursor()) as cursor:
            found = cursor.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            self.hits += found is not None
            self.misses += found is None
        if found is None:
            return None
        (answer,) = messages_from_dict([json.loads(found[0])])
        assert isinstance(answer, AIMessage)
        return answer

    def put(self, key: str, answer: AIMessage) -> None:
        """Keep an answer; the first one kept under a key stays."""
        text = json.dumps(message_to_dict(answer), ensure_ascii=False)
        with self._lock:
            self._connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, text))


class CachedModel(ModelAround):
    """`inner` in one epoch, asked only where the cache holds no answer."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    answers: ResponseCache
    epoch: int

    @property
    def _llm_type(self) -> str:
        return f"cached-{self.inner._llm_type}"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with these tools."""
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        key = self._key(messages, stop, kwargs)
        answer = self.answers.get(key)
        if answer is None:
            answer = self._bound(kwargs).invoke(messages, config=SILENT, **_stopping(stop))
            self.answers.put(key, answer)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        key = await asyncio.to_thread(self._key, messages, stop, kwargs)
        answer = await asyncio.to_thread(self.answers.get, key)
        if answer is None:
            answer = await self._bound(kwargs).ainvoke(messages, config=SILENT, **_stopping(stop))
            await asyncio.to_thread(self.answers.put, key, answer)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _bound(self, kwargs: Mapping[str, Any]) -> Runnable[LanguageModelInput, AIMessage]:
        if "tools" in kwargs:
            return self.inner.bind_tools(**kwargs)
        bound: Any = self.inner.bind(**kwargs) if kwargs else self.inner
        return bound  # type: ignore[no-any-return]

    def _key(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> str:
        facts = self.facts
        matters = {
            "provider": facts.provider,
            "address": facts.address,
            "name": _name_of(self.inner),
            "parameters": parameters_of(self.inner),
            "messages": [_as_sent(message) for message in messages],
            "bound": dict(kwargs),
            "stop": stop,
            "epoch": self.epoch,
        }
        text = json.dumps(matters, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def cached_models(
    model: BaseChatModel, folder: Path | None
) -> Iterator[tuple[Callable[[int], BaseChatModel], ResponseCache | None]]:
    """The model of each epoch: with a folder, one that answers from it where it can."""
    if folder is None:
        yield (lambda _: model), None
        return
    with closing(ResponseCache(folder)) as answers:
        made: dict[int, BaseChatModel] = {}

        def model_of(epoch: int) -> BaseChatModel:
            if epoch not in made:
                made[epoch] = CachedModel(inner=model, answers=answers, epoch=epoch)
            return made[epoch]

        yield model_of, answers


def _as_sent(message: BaseMessage) -> dict[str, Any]:
    """What of a message a host gets to see; its id and our own notes on it are not."""
    told: dict[str, Any] = {
        "type": message.type, "content": message.content, "more": message.additional_kwargs
    }  # fmt: skip
    if isinstance(message, AIMessage):
        told["calls"] = [dict(call) for call in message.tool_calls]
        told["invalid"] = [dict(call) for call in message.invalid_tool_calls]
    if isinstance(message, ToolMessage):
        told |= {"call": message.tool_call_id, "status": message.status}
    return told


def _name_of(model: BaseChatModel) -> str:
    named = getattr(model, "model_name", None) or getattr(model, "model", None)
    inner = getattr(model, "inner", None)
    return _name_of(inner) if isinstance(inner, BaseChatModel) else str(named)


def _stopping(stop: list[str] | None) -> dict[str, Any]:
    return {} if stop is None else {"stop": stop}
