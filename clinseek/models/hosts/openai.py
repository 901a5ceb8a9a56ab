"""A chat model behind an OpenAI-compatible address: OpenAI, vLLM, SGLang, llama.cpp and others.

langchain-openai binds the tools, converts the messages and sorts the errors. What it drops or
trips over is done here and in the two pure modules beside: names without dots on the wire,
reasoning kept and sent back, images of tool results in user turns, arguments that are no object,
streams that break off, bodies that are no chat completion.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import httpx
import openai
from langchain_core.exceptions import ModelAPIError, ModelConnectionError
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models.base import _handle_openai_api_error, _handle_openai_bad_request
from pydantic import Field, PrivateAttr, SecretStr, SkipValidation

from clinseek.errors import ModelError
from clinseek.models.connections import Lease, address_of, leased_client, timeouts
from clinseek.models.control_tokens import ControlTokens
from clinseek.models.facts import HostFacts
from clinseek.models.hosts.chat_answers import BROKEN_OFF, Assembly, message_of, shape_fault
from clinseek.models.hosts.chat_requests import (
    OPENAI,
    asked_for,
    is_openai,
    wired,
    with_images_in_user_turns,
    writable,
)
from clinseek.models.hosts.listing import check_listing
from clinseek.models.spec import ModelSpec, Parameters

if TYPE_CHECKING:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
    )

_NO_KEY = "none"
# Keeps langchain-openai from making a second, blocking client with connections of its own.
_NO_CLIENT = "asynchronous only"
_PATH = "/chat/completions"
_SHOWN = 120
_MISREAD = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def endpoint_model(spec: ModelSpec) -> EndpointModel:
    """The model of an `openai:` or `vllm:` spec; nothing is asked yet.

    ModelError without a key where OpenAI itself is named, with a parameter that it lacks, or where
    the folder of `tokenizer` holds none.
    """
    url = spec.url or OPENAI
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key and is_openai(url):
        raise ModelError(
            f"model {str(spec)!r} needs OPENAI_API_KEY in the environment; set it, or name your "
            "own server as openai:NAME@http://host:port/v1, or use --model offline"
        )
    parameters = spec.parameters
    named = parameters.tokenizer
    control = None if named is None else ControlTokens.of_folder(Path(named).expanduser())
    body = asked_for(parameters, url=url, provider=spec.provider)
    client, lease = leased_client(url, seconds=parameters.timeout)
    root = openai.AsyncOpenAI(
        api_key=key or _NO_KEY,
        base_url=url,
        # openai 3 is typed for httpx2, and takes the clients of httpx as before.
        http_client=cast("Any", client),
        timeout=cast("Any", timeouts(parameters.timeout)),
        max_retries=0,  # the graph tries again itself, and tells waiting from working
    )
    return EndpointModel(
        model=spec.name,
        base_url=url,
        api_key=SecretStr(key or _NO_KEY),
        temperature=parameters.temperature,
        max_completion_tokens=parameters.max_tokens,
        seed=parameters.seed,
        openai_proxy=None,
        use_responses_api=False,
        disable_streaming=True,  # a streamed answer is put together here, not by chunks
        client=_NO_CLIENT,
        root_async_client=root,
        async_client=root.chat.completions,
        facts=HostFacts(
            provider=spec.provider,
            address=address_of(url),
            context_length=parameters.context,
            max_output=parameters.max_tokens,
            takes_images=parameters.images,
            concurrency=parameters.concurrency,
        ),
        parameters=parameters,
        body=body,
        lease=lease,
        control=control,
    )


class EndpointModel(ChatOpenAI):
    """A chat model over `ainvoke`; `invoke` does the same in an event loop of its own.

    Answers carry what the project asks of every host's: tool calls under their wire names,
    invalid calls, reasoning, usage, one of five finish reasons. Raises langchain-core's
    Model*Error and ContextOverflowError, openai's APIError, and ModelError for a server that is
    not OpenAI-shaped; `faults.fault_of` reads them all. No message holds the key.
    """

    facts: SkipValidation[HostFacts]
    parameters: SkipValidation[Parameters] = Field(exclude=True)
    body: dict[str, Any] = Field(exclude=True)
    lease: SkipValidation[Lease] = Field(exclude=True, repr=False)
    control: SkipValidation[ControlTokens | None] = Field(default=None, exclude=True, repr=False)
    _has_answered: bool = PrivateAttr(default=False)

    def check_host(self) -> None:
        """Ask the server for its models; ModelError, with what to set, where that cannot do.

        The context length is noted among the facts where the server tells it.
        """
        listed = check_listing(self._url, self.model_name, key=self._key)
        if listed is not None and self.facts.context_length is None:
            self.facts = replace(self.facts, context_length=listed.context_length)

    async def release(self) -> None:
        """Give up the share in the open connections; the next turn takes it again."""
        await self.lease.release()

    @property
    def _url(self) -> str:
        return str(self.openai_api_base)

    @property
    def _key(self) -> str | None:
        secret = self.openai_api_key
        key = secret.get_secret_value() if isinstance(secret, SecretStr) else _NO_KEY
        return None if key == _NO_KEY else key

    @property
    def _where(self) -> str:
        return f"the server at {self.facts.address}"

    @property
    def _default_params(self) -> dict[str, Any]:
        return {"model": self.model_name, **self.body}

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        turns = with_images_in_user_turns(self._convert_input(input_).to_messages())
        if self.control is not None:
            turns = self.control.in_messages(turns)
        payload: dict[str, Any] = super()._get_request_payload(turns, stop=stop, **kwargs)
        own = is_openai(self._url)
        if not own and "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        if self.facts.context_length is not None:  # an answer that leaves no room is refused
            half = self.facts.context_length // 2
            for name in ("max_tokens", "max_completion_tokens"):
                if name in payload:
                    payload[name] = min(payload[name], half)
        return wired(payload, turns, own=own)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 (of another loop)
        **kwargs: Any,
    ) -> ChatResult:
        async def alone() -> ChatResult:
            try:
                return await self._agenerate(messages, stop=stop, **kwargs)
            finally:
                await self.release()

        return asyncio.run(alone())

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        try:
            completion = await self._completion(payload, run_manager)
            _check_finish(completion, self._where)
            message = message_of(completion, model=self.model_name)
        except openai.APIError as error:
            self._reraise(error)
        except _MISREAD as error:
            raise ModelAPIError(f"{self._where} gave an unreadable answer: {error!r}") from None
        self._has_answered = True
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _completion(
        self, payload: dict[str, Any], run_manager: AsyncCallbackManagerForLLMRun | None
    ) -> Mapping[str, Any]:
        try:
            return await self._sent(payload, run_manager)
        except UnicodeEncodeError:
            return await self._sent(writable(payload), run_manager)

    async def _sent(
        self, payload: dict[str, Any], run_manager: AsyncCallbackManagerForLLMRun | None
    ) -> Mapping[str, Any]:
        if self.parameters.stream:
            return await self._streamed(payload, run_manager)
        return await self._plain(payload)

    async def _plain(self, payload: dict[str, Any]) -> Mapping[str, Any]:
        response = await self.root_async_client.post(_PATH, body=payload, cast_to=httpx.Response)
        return self._completion_in(response.text, response)

    async def _streamed(
        self, payload: dict[str, Any], run_manager: AsyncCallbackManagerForLLMRun | None
    ) -> Mapping[str, Any]:
        streaming = {"stream": True, "stream_options": {"include_usage": True}}
        stream = await self.root_async_client.post(
            _PATH,
            body={**payload, **streaming},
            cast_to=object,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        async with stream:
            if "event-stream" not in stream.response.headers.get("content-type", ""):
                text = (await stream.response.aread()).decode("utf-8", "replace")
                return self._completion_in(text, stream.response)
            assembly = Assembly()
            async for chunk in stream:
                _check_chunk(chunk, stream.response)
                text = assembly.add(chunk)
                if text and run_manager is not None:
                    shown = ChatGenerationChunk(message=AIMessageChunk(content=text))
                    await run_manager.on_llm_new_token(text, chunk=shown)
        if assembly.finish_reason is None:
            raise ModelConnectionError(f"the stream of {self._where} was cut before its end")
        return assembly.completion()

    def _completion_in(self, text: str, response: Any) -> Mapping[str, Any]:
        """The completion that a body holds; ModelError where it is something else."""
        read = _json_in(text)
        if read is None and text.lstrip().startswith("{"):
            raise ModelAPIError(f"{self._where} broke off in the middle of an answer")
        if isinstance(read, Mapping):
            _check_chunk(read, response)
        fault = _beginning(text) if read is None else shape_fault(read)
        if fault is None and isinstance(read, Mapping):
            return read
        said = self._without_key(str(fault))
        if self._has_answered:  # a gateway's page of maintenance, say: worth asking again
            raise ModelAPIError(f"{self._where} gave something else than an answer: {said}")
        raise ModelError(
            f"{self._where} is not OpenAI-shaped: {said}; check the address, which mostly ends "
            "in /v1"
        )

    def _reraise(self, error: openai.APIError) -> NoReturn:
        """The error as langchain-openai sorts it, without the key in what it says."""
        error.message = self._without_key(error.message)
        error.args = tuple(self._without_key(str(each)) for each in error.args)
        if error.body is not None:
            error.body = _json_in(self._without_key(json.dumps(error.body, default=str)))
        if isinstance(error, openai.BadRequestError):
            _handle_openai_bad_request(error)
        _handle_openai_api_error(error)
        raise error

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


def _json_in(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _beginning(text: str) -> str:
    return f"its answer begins {' '.join(text.split())[:_SHOWN]!r}" if text else "it is empty"


def _check_chunk(read: Any, response: Any) -> None:
    """Raise the error that a server sends with status 200, in a stream or as a whole body."""
    if not isinstance(read, Mapping):
        raise TypeError(f"{type(read).__name__} in place of an object")
    error = read if read.get("object") == "error" else read.get("error")
    if error:
        told = error.get("message") if isinstance(error, Mapping) else None
        raise openai.APIError(str(told or error), request=response.request, body=error)


def _check_finish(completion: Mapping[str, Any], where: str) -> None:
    reason = completion["choices"][0].get("finish_reason")
    if reason in BROKEN_OFF:
        raise ModelAPIError(f"{where} gave up in the middle of an answer ({reason})")
