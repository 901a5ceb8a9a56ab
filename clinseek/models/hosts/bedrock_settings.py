"""From a spec's parameters to the words in which Bedrock is asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clinseek.errors import ModelError
from clinseek.models.spec import ModelSpec

_LEAST_BUDGET = 1024
"""Tokens of thinking: the fewest that Bedrock takes, and what the published runs used."""

_BUDGETED = re.compile(r"claude-3-7|claude-[a-z]+-4-([0-5]-|20\d{6})")
"""Claude models that think by a budget; the later ones decide for themselves (adaptive)."""

_THINKS_UNASKED = re.compile(r"claude-[a-z]+-[5-9]")


def settings_of(spec: ModelSpec, base: str, profile: Mapping[str, Any]) -> dict[str, Any]:
    """How the model is asked, as keywords of ChatBedrockConverse.

    `base` is the model's own id, `profile` what langchain-aws knows of it (empty: nothing).
    ModelError, with what to leave out or write instead, for what cannot be asked.
    """
    told = spec.parameters
    if told.seed is not None or told.stream:
        name = "seed" if told.seed is not None else "stream"
        raise ModelError(f"model {str(spec)!r}: {name} is not offered on Bedrock; leave it out")
    fields = {**_thinking(spec, base), **told.extra}
    thinks = fields.get("thinking", {}).get("type") in ("enabled", "adaptive")
    settings: dict[str, Any] = {
        "max_tokens": min(told.max_tokens, profile.get("max_output_tokens") or told.max_tokens),
        **_sampling(spec, base, fixed=profile.get("temperature") is False, thinks=thinks),
    }
    if told.effort is not None:
        settings["reasoning_effort"] = _effort(spec, profile)
    if fields:
        settings["additional_model_request_fields"] = fields
    return settings


def _sampling(spec: ModelSpec, base: str, *, fixed: bool, thinks: bool) -> dict[str, float]:
    """Temperature and top_p, where the model takes them: what is its default is left unsaid."""
    temperature, top_p = spec.parameters.temperature, spec.parameters.top_p
    if temperature is not None and temperature > 1:
        raise ModelError(f"model {str(spec)!r}: on Bedrock temperature is from 0 to 1")
    if fixed or thinks:
        if temperature not in (None, 1.0) or (fixed and top_p is not None):
            why = "it thinks" if thinks else "the model sets it itself"
            raise ModelError(
                f"model {str(spec)!r}: its temperature is 1, as {why}; leave temperature "
                "and top_p out"
            )
        return {"top_p": top_p} if top_p is not None else {}
    if top_p is not None and temperature == 1.0 and "claude" in base:
        return {"top_p": top_p}  # newer Claude models refuse the two together
    given = {"temperature": temperature, "top_p": top_p}
    return {name: value for name, value in given.items() if value is not None}


def _thinking(spec: ModelSpec, base: str) -> dict[str, Any]:
    """What makes the model think, or not, as a field of the request."""
    thinking = spec.parameters.thinking
    if thinking is None or (thinking is False and not _THINKS_UNASKED.search(base)):
        return {}
    if thinking is False:
        return {"thinking": {"type": "disabled"}}
    if "claude" not in base:
        raise ModelError(
            f"model {str(spec)!r}: how to make it think is known for Claude alone; write "
            'effort=low, medium or high where it takes that, or its own field as extra={"...": ...}'
        )
    if thinking is True and not _BUDGETED.search(base):
        return {"thinking": {"type": "adaptive"}}
    budget = _LEAST_BUDGET if thinking is True else int(thinking)
    if not _LEAST_BUDGET <= budget < spec.parameters.max_tokens:
        raise ModelError(
            f"model {str(spec)!r}: a thinking budget is {_LEAST_BUDGET:,} tokens at least and "
            f"less than max_tokens ({spec.parameters.max_tokens:,})"
        )
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _effort(spec: ModelSpec, profile: Mapping[str, Any]) -> str:
    effort, levels = spec.parameters.effort, profile.get("reasoning_effort_levels") or ()
    if effort is None or effort not in levels:
        offered = f"it takes {', '.join(levels)}" if levels else "it is not known to take any"
        raise ModelError(f"model {str(spec)!r}: effort={effort!r} cannot be: {offered}")
    return effort
