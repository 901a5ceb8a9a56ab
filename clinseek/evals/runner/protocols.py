"""The published settings, as one switch: what they are, and in what the two settings differ.

The published systems ran curated input otherwise than their agent: without a system role, at
temperature 0, with another budget, and with the answer read from a trailer of the text. Ours
differ in the evidence alone, so this is for reproduction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from clinseek.evals.runner.settings import RunSettings
from clinseek.models import ModelSpec, build_model, parameters_of
from clinseek.records import Setting
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

_AGENT_TOKENS, _CURATED_TOKENS = 8192, 16_384
_AGENT_TEMPERATURE, _CURATED_TEMPERATURE = 1.0, 0.0
DIFFERENCES = (
    f"temperature {_CURATED_TEMPERATURE:g}, where automated runs have {_AGENT_TEMPERATURE:g}",
    f"{_CURATED_TOKENS} output tokens, where automated runs have {_AGENT_TOKENS} a turn",
    "no system role",
    "one turn without tools; the answer is read from an <answer> trailer",
)
"""In what a curated run of the paper differs from an automated one, beside the evidence."""


class Protocolled(NamedTuple):
    """A model and settings as a protocol wants them."""

    model: BaseChatModel
    settings: RunSettings


def paper_protocol(
    spec: ModelSpec, *, setting: Setting, profile: CaseProfile, **others: Any
) -> Protocolled:
    """The published settings for a model: 200 rounds, the paper's 20 tools, the published role.

    The first submission counts. `profile` and `others` (the web, outside servers) stay the
    caller's: the published cutoff rule is the profile `reference`.
    """
    curated = setting == "curated"
    parameters = replace(
        spec.parameters,
        temperature=_CURATED_TEMPERATURE if curated else _AGENT_TEMPERATURE,
        max_tokens=_CURATED_TOKENS if curated else _AGENT_TOKENS,
    )
    asked = spec if spec.provider == "offline" else replace(spec, parameters=parameters)
    model = build_model(asked)
    settings = RunSettings(
        model=str(asked),
        parameters=parameters_of(model),
        setting=setting,
        tools="paper20",
        role="published",
        profile=profile,
        protocol="paper",
        differences=DIFFERENCES if curated else (),
        max_rounds=200,
        max_observation_chars=100_000,
        max_browser_calls=40,
        max_revisions=0,
        **others,
    )
    return Protocolled(model, settings)
