"""A vLLM server, asked once what it serves: `vllm:http://host:port` names no model.

Only the list of models is asked for, which costs no turn. Whether the server reads tool calls out
of what its model writes needs one: `clinseek models check` tries it.
"""

from __future__ import annotations

import os
from dataclasses import replace

from clinseek.errors import ModelError
from clinseek.models.connections import address_of
from clinseek.models.hosts.listing import Listed, models_at, names_of
from clinseek.models.hosts.openai import EndpointModel, endpoint_model
from clinseek.models.spec import ModelSpec


def vllm_model(spec: ModelSpec) -> EndpointModel:
    """The model that the server of a `vllm:` spec serves, with its context length.

    ModelError where nobody answers, the key is refused, the named model is not served, or
    several are served and none is named.
    """
    if spec.url is None:
        raise ModelError(f"model {str(spec)!r} names no server; write vllm:http://host:port")
    key = os.environ.get("OPENAI_API_KEY", "").strip() or None
    served = _served(models_at(spec.url, key=key), spec)
    context = spec.parameters.context or served.context_length
    named = replace(spec, name=served.name, parameters=replace(spec.parameters, context=context))
    return endpoint_model(named)


def _served(listed: list[Listed] | None, spec: ModelSpec) -> Listed:
    address = address_of(str(spec.url))
    if not listed:
        raise ModelError(
            f"the server at {address} lists no models, so it is no vLLM; name its model as "
            f"openai:NAME@{spec.url}"
        )
    if spec.name:
        found = next((each for each in listed if each.name == spec.name), None)
        if found is None:
            raise ModelError(
                f"the server at {address} has no model {spec.name!r}; it has {names_of(listed)}"
            )
        return found
    if len(listed) > 1:
        raise ModelError(
            f"the server at {address} has several models ({names_of(listed)}); name one, as in "
            f"vllm:{listed[0].name}@{spec.url}"
        )
    return listed[0]
