"""The models that a run may be made with: how they are named, built, asked and counted."""

from clinseek.models.build import build_model, check_model, close_model, parameters_of
from clinseek.models.facts import HostFacts, facts_of
from clinseek.models.spec import ModelSpec, Parameters, read_spec
from clinseek.models.spec_file import named_model
from clinseek.models.tokens import Tokens, tokens_of

__all__ = [
    "HostFacts",
    "ModelSpec",
    "Parameters",
    "Tokens",
    "build_model",
    "check_model",
    "close_model",
    "facts_of",
    "named_model",
    "parameters_of",
    "read_spec",
    "tokens_of",
]
