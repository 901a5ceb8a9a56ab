"""From a spec to a chat model. Nothing is called yet; heavy libraries load here at the earliest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from clinseek.errors import ModelError
from clinseek.models.spec import ModelSpec, read_spec

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def build_model(spec: str | ModelSpec) -> BaseChatModel:
    """The chat model of `spec`. ModelError, with what to set, when it cannot be built."""
    read = spec if isinstance(spec, ModelSpec) else read_spec(spec)
    try:
        return _built(read)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise ModelError(
            f"model {str(read)!r} needs the package {package}; install {_install(read)}"
        ) from error


def _built(spec: ModelSpec) -> BaseChatModel:
    if spec.provider == "offline":
        from clinseek.offline import OfflinePolicy

        policy: BaseChatModel = OfflinePolicy()
        return policy
    if spec.url is None and not os.environ.get("OPENAI_API_KEY"):
        raise ModelError(
            f"model {str(spec)!r} needs OPENAI_API_KEY in the environment; set it, or name your "
            "own server as openai:NAME@http://host:port/v1, or use --model offline"
        )
    from clinseek.models.hosts.openai import endpoint_model

    return endpoint_model(spec.name, spec.url)


def _install(spec: ModelSpec) -> str:
    extra = {"bedrock": "aws", "hf": "local"}.get(spec.provider)
    return f"'clinseek[{extra}]'" if extra else "langchain-openai"


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
