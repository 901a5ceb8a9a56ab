"""The models that a run may be made with: how they are named, built, asked and counted."""

from clinseek.models.build import build_model, close_model, parameters_of
from clinseek.models.facts import HostFacts, facts_of
from clinseek.models.spec import ModelSpec, Parameters, read_spec
from clinseek.models.tokens import Tokens, tokens_of

__all__ = [
    "HostFacts",
    "ModelSpec",
    "Parameters",
    "Tokens",
    "build_model",
    "close_model",
    "facts_of",
    "parameters_of",
    "read_spec",
    "tokens_of",
]
