"""What a model tells of itself that is asked through another."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig

from clinseek.models.facts import HostFacts, facts_of
from clinseek.models.spec import Parameters

# Callbacks hear of the turn once, from us; the wrapped model would tell them the same again.
SILENT = RunnableConfig(callbacks=[])


class ModelAround(BaseChatModel):
    """A model around `inner`: where it runs and how it is asked are what `inner` tells."""

    inner: BaseChatModel

    @property
    def facts(self) -> HostFacts:
        """Where the wrapped model runs and what it takes."""
        return facts_of(self.inner)

    @property
    def parameters(self) -> Parameters | None:
        """How the wrapped model is asked, where its host tells."""
        found = getattr(self.inner, "parameters", None)
        return found if isinstance(found, Parameters) else None
