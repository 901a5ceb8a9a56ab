"""What is known of a built model's host, whatever class the model has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Provider = Literal["offline", "openai", "vllm", "bedrock", "hf", "replay"]


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """Where a model runs and what it takes.

    `address` is where requests go ("127.0.0.1:8000", "bedrock-runtime.us-east-1.amazonaws.com");
    None where nothing leaves the process. `context_length` is in tokens, prompt and answer
    together; None where nobody told. `takes_images` None: not known, images are sent and a
    refusal of them is answered. `concurrency` is the most turns at one time; None: adaptive.
    """

    provider: Provider | None = None
    address: str | None = None
    context_length: int | None = None
    max_output: int | None = None
    takes_images: bool | None = None
    concurrency: int | None = None


NO_FACTS = HostFacts()


def facts_of(model: BaseChatModel) -> HostFacts:
    """The facts of a model made by `build_model`; none for a model that came from elsewhere."""
    found = getattr(model, "facts", None)
    return found if isinstance(found, HostFacts) else NO_FACTS
