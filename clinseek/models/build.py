"""From a spec to a chat model. Nothing is called yet; heavy libraries load here at the earliest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from clinseek.errors import ModelError
from clinseek.models.facts import Provider
from clinseek.models.spec import ModelSpec, Parameters
from clinseek.models.spec_file import named_model

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_MAKERS: dict[Provider, tuple[str, str]] = {
    "offline": ("clinseek.offline", "OfflinePolicy"),
    "openai": ("clinseek.models.hosts.openai", "endpoint_model"),
    "vllm": ("clinseek.models.hosts.vllm", "vllm_model"),
    "bedrock": ("clinseek.models.hosts.bedrock", "bedrock_model"),
    "hf": ("clinseek.models.hosts.huggingface", "huggingface_model"),
    "replay": ("clinseek.models.hosts.replay", "replay_model"),
}
_EXTRAS: dict[Provider, str] = {"bedrock": "clinseek[aws]", "hf": "clinseek[local]"}


def build_model(spec: str | ModelSpec) -> BaseChatModel:
    """The chat model of `spec`. ModelError, with what to set, when it cannot be built.

    No model is asked; `vllm:` asks its server which model it has.
    """
    named = spec if isinstance(spec, ModelSpec) else named_model(spec)
    module, maker = _MAKERS[named.provider]
    try:
        make = getattr(import_module(module), maker)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        install = _EXTRAS.get(named.provider, package)
        raise ModelError(
            f"model {str(named)!r} needs the package {package}; pip install '{install}'"
        ) from error
    model: BaseChatModel = make() if named.provider == "offline" else make(named)
    return _speaking(model, named)


def _speaking(model: BaseChatModel, spec: ModelSpec) -> BaseChatModel:
    """The model with its tools in the prompt, where it is to write its calls as text."""
    dialect = spec.parameters.dialect or getattr(model, "text_dialect", None)
    if dialect not in ("json", "xml") or spec.provider in ("offline", "replay"):
        return model
    from clinseek.models.dialects import PromptDialect
    from clinseek.models.prompted import PromptedTools

    return PromptedTools(inner=model, dialect=cast("PromptDialect", dialect))


def check_model(model: BaseChatModel) -> None:
    """See that the model's host can be asked, before a record is opened.

    ModelError, with what to set, for a host that cannot be reached, a wrong key, an unknown model.
    A chat model that came from elsewhere is taken as it is.
    """
    check = getattr(model, "check_host", None)
    if check is not None:
        check()


async def close_model(model: BaseChatModel) -> None:
    """Give up the connections that `build_model` opened for this model, if any."""
    release = getattr(model, "release", None)
    if release is not None:
        await release()


def parameters_of(model: BaseChatModel) -> dict[str, Any]:
    """What a record keeps of a model's parameters: plain values, no keys."""
    told = getattr(model, "parameters", None)
    if isinstance(told, Parameters):
        return {"class": type(model).__name__, **told.as_json()}
    found = {
        name: getattr(model, name, None)
        for name in ("model_name", "temperature", "max_tokens", "seed")
    }
    plain = {name: value for name, value in found.items() if isinstance(value, str | int | float)}
    return {"class": type(model).__name__, **plain}
