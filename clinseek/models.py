"""Which model a spec names, and how many tokens a turn took."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from clinseek.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

_FORMS = '"offline", "openai:NAME" or "openai:NAME@http://host:port/v1"'
_CHARACTERS_A_TOKEN = 4


class OpenAISpec(NamedTuple):
    """A model behind an OpenAI-compatible endpoint; `url` None is OpenAI itself."""

    name: str
    url: str | None


def read_spec(spec: str) -> OpenAISpec | None:
    """What an `openai:` spec says; None for the offline policy; ModelError for anything else.

    >>> read_spec("openai:qwen3@http://127.0.0.1:8000/v1")
    OpenAISpec(name='qwen3', url='http://127.0.0.1:8000/v1')
    """
    if spec == "offline":
        return None
    provider, colon, rest = spec.partition(":")
    if provider != "openai" or not colon:
        raise ModelError(f"model {spec!r} cannot be named so; write {_FORMS}")
    name, at, url = rest.rpartition("@") if "@http" in rest else (rest, "", "")
    if not name:
        raise ModelError(f"model {spec!r} names no model; write {_FORMS}")
    if at and not urlsplit(url).netloc:
        raise ModelError(f"model {spec!r}: {url!r} is no address; write {_FORMS}")
    return OpenAISpec(name, url or None)


def build_model(spec: str) -> BaseChatModel:
    """The chat model of `spec`. Nothing is called yet; ModelError when it cannot be built."""
    parsed = read_spec(spec)
    if parsed is None:
        from clinseek.offline import OfflinePolicy

        policy: BaseChatModel = OfflinePolicy()
        return policy
    if parsed.url is None and not os.environ.get("OPENAI_API_KEY"):
        raise ModelError(
            f"model {spec!r} needs OPENAI_API_KEY in the environment; set it, or name your own "
            "server as openai:NAME@http://host:port/v1, or use --model offline"
        )
    try:
        from clinseek.openai_endpoint import endpoint_model
    except ModuleNotFoundError as error:
        raise ModelError(
            f"model {spec!r} needs the package {error.name}; install langchain-openai"
        ) from error
    return endpoint_model(parsed.name, parsed.url)


async def close_model(model: BaseChatModel) -> None:
    """Close the connections that `build_model` opened for this model, if any."""
    client = getattr(model, "http_async_client", None)
    if client is not None:
        await client.aclose()


def parameters_of(model: BaseChatModel) -> dict[str, Any]:
    """What a record keeps of a model's parameters: plain values, no keys."""
    found = {
        name: getattr(model, name, None)
        for name in ("model_name", "openai_api_base", "temperature", "max_tokens", "seed")
    }
    plain = {name: value for name, value in found.items() if isinstance(value, str | int | float)}
    return {"class": type(model).__name__, **plain}


class Tokens(NamedTuple):
    """Tokens of one model call; `estimated` when the model did not count them."""

    input: int
    output: int
    estimated: bool


def tokens_of(sent: Sequence[BaseMessage], answer: AIMessage) -> Tokens:
    """The tokens that the model counted, else one token for every four characters, rounded up.

    The rule of thumb for English text; no tokenizer is loaded (they are fetched from the web).
    """
    counted = answer.usage_metadata
    if counted is not None:
        return Tokens(counted["input_tokens"], counted["output_tokens"], estimated=False)
    characters = sum(_length(message) for message in sent)
    return Tokens(_estimate(characters), _estimate(_length(answer)), estimated=True)


def _estimate(characters: int) -> int:
    return -(-characters // _CHARACTERS_A_TOKEN)


def _length(message: BaseMessage) -> int:
    calls = getattr(message, "tool_calls", ())
    content = message.content
    text = len(content) if isinstance(content, str) else sum(len(str(part)) for part in content)
    return text + sum(len(call["name"]) + len(str(call["args"])) for call in calls)
