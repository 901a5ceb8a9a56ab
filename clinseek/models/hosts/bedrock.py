"""A chat model on Amazon Bedrock, by ChatBedrockConverse: `bedrock:MODEL_OR_PROFILE_ID?region=...`.

Requests go to one host, the region's bedrock-runtime. Credentials are those that AWS's own tools
would find (environment, profile, container), except that the metadata service of an EC2 machine
(169.254.169.254) is asked only where AWS_EC2_METADATA_DISABLED=false says so: anywhere else that
would be a request to a stranger. A profile that assumes a role or signs on (SSO) asks AWS's token
service, as its owner configured it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from langchain_aws import ChatBedrockConverse
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr

from clinseek.errors import ModelError
from clinseek.models.facts import NO_FACTS, HostFacts
from clinseek.models.faults import FaultKind, fault_of
from clinseek.models.hosts.bedrock_settings import settings_of
from clinseek.models.hosts.converse import (
    answer_of,
    tools_called,
    wire_tool,
    wired,
    without_arrays,
)
from clinseek.models.hosts.threads import in_thread
from clinseek.models.spec import ModelSpec, Parameters

_CONNECTIONS = 256
"""Kept open at most; the gate before the model decides how many are used."""

_CONNECT_SECONDS = 10.0
_CANNOT_BE_ASKED: tuple[FaultKind, ...] = ("key", "unknown_model", "not_reachable")
"""Faults that a user must mend first; any other of the one word asked may be about the word."""

_GEOGRAPHIES = re.compile(r"^(us-gov|us|eu|apac|sa|amer|global|jp|au|in|ca)\.(?=.+\.)")
_ELSEWHERE = {"us": ("eu-", "ap-"), "eu": ("us-", "ca-", "ap-"), "apac": ("us-", "eu-")}


class BedrockModel(ChatBedrockConverse):
    """ChatBedrockConverse with dotted tool names on our side and reasoning kept across turns."""

    facts: HostFacts = NO_FACTS
    parameters: Parameters = Field(default_factory=Parameters)
    _credentials: botocore.session.Session | None = PrivateAttr(default=None)
    _answers: bool = PrivateAttr(default=False)

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: Any = None,  # noqa: ARG002  a run never forces a call
        strict: bool | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with `tools` (OpenAI schemas, dotted names), its choice among them free."""
        return self.bind(tools=[wire_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if not kwargs.get("tools") and any(isinstance(each, ToolMessage) for each in messages):
            kwargs["tools"] = tools_called(messages)
        base = base_model(self.model_id)
        sent = [wired(message, model=base) for message in messages]
        given = super()._generate(sent, stop, run_manager, **kwargs)
        answers = [
            answer_of(generation.message, model=self.model_id, base_model=base)
            for generation in given.generations
            if isinstance(generation.message, AIMessage)
        ]
        return ChatResult(generations=[ChatGeneration(message=answer) for answer in answers])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        manager = run_manager.get_sync() if run_manager else None
        ask = partial(self._generate, messages, stop, manager, **kwargs)
        return await in_thread(ask, name="bedrock")

    def check_host(self) -> None:
        """ModelError where the credentials are missing or refused, or the model is not offered.

        Whether they may call this model in this region is known only when it is called: so it is
        sent one word, and asked for one token, until it has answered once.
        """
        self._check_credentials()
        if self._answers:
            return
        try:
            self.client.converse(
                modelId=self.model_id,
                messages=[{"role": "user", "content": [{"text": "Hello"}]}],
                inferenceConfig={"maxTokens": 1},
            )
        except (BotoCoreError, ClientError) as error:
            fault = fault_of(error)
            if fault.kind in _CANNOT_BE_ASKED:
                raise ModelError(fault.sentence) from None
        self._answers = True

    def _check_credentials(self) -> None:
        session = self._credentials
        if session is None or os.environ.get("AWS_BEARER_TOKEN_BEDROCK"):
            return
        named = f"model 'bedrock:{self.model_id}'"
        try:
            found = session.get_credentials()
            if found is not None and found.method == "env":
                found.get_frozen_credentials()
        except RuntimeError:
            raise ModelError(f"{named}: the AWS credentials have expired; sign on again") from None
        except BotoCoreError as error:
            raise ModelError(f"{named}: the AWS credentials cannot be read ({error})") from None
        if found is None:
            raise ModelError(
                f"{named} needs AWS credentials; set AWS_PROFILE, AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK (on an EC2 machine with a "
                "role, AWS_EC2_METADATA_DISABLED=false)"
            )

    async def release(self) -> None:
        """Close the connections to the host."""
        self.client.close()


class _Client(Protocol):
    """What of a botocore client is used here (its classes are made at run time)."""

    meta: Any


def bedrock_model(spec: ModelSpec, *, client: _Client | None = None) -> BedrockModel:
    """The model of `spec`; nothing is sent. ModelError for what Bedrock cannot be asked.

    `client` is a bedrock-runtime client in the place of one made from the environment.
    """
    session = None if client else _session(spec)
    given = client or _client(spec, session)
    given.meta.events.register("after-call.bedrock-runtime.Converse", _after_call)
    base = base_model(spec.name)
    plain: dict[str, Any] = {
        "model": spec.name,
        "base_model": base,
        "provider": base.partition(".")[0] if "." in base else "unknown",
        "client": given,
        "bedrock_client": given,  # else one more is made, for another host, and never used
        "disable_streaming": True,
    }
    profile = BedrockModel(**plain).profile or {}
    settings = settings_of(spec, base, profile)
    model = BedrockModel(
        **plain,
        **settings,
        parameters=spec.parameters,
        facts=_facts(spec, given.meta.endpoint_url, profile, settings["max_tokens"]),
    )
    model._credentials = session
    return model


def base_model(name: str) -> str:
    """The id of the model itself, without the geography of a profile or the ARN around it.

    >>> base_model("eu.anthropic.claude-sonnet-4-6"), base_model("openai.gpt-oss-120b-1:0")
    ('anthropic.claude-sonnet-4-6', 'openai.gpt-oss-120b-1:0')
    >>> base_model("arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0")
    'amazon.nova-lite-v1:0'
    """
    return _GEOGRAPHIES.sub("", name.rpartition("/")[2])


def _region(spec: ModelSpec) -> str:
    named = spec.parameters.region
    if named is None and spec.name.startswith("arn:"):
        named = spec.name.split(":")[3]
    region = named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ModelError(
            f"model {str(spec)!r} needs a region; write bedrock:{spec.name}?region=us-east-1, or "
            "set AWS_REGION"
        )
    return region


def _session(spec: ModelSpec) -> botocore.session.Session:
    try:
        session = botocore.session.Session()
        if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() != "false":
            session.get_component("credential_provider").remove("iam-role")
    except BotoCoreError as error:
        raise ModelError(f"model {str(spec)!r}: AWS cannot be used ({error})") from None
    return session


def _check_region(spec: ModelSpec, region: str, session: botocore.session.Session) -> None:
    # botocore lists no regions of bedrock-runtime; those of EC2 are all there are.
    known = {
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("ec2", partition_name=partition)
    }
    if region not in known:
        raise ModelError(
            f"model {str(spec)!r}: there is no AWS region {region!r}; write one such as us-east-1 "
            "(a region newer than your botocore: pip install -U botocore)"
        )
    geography = _GEOGRAPHIES.match(spec.name)
    if geography and region.startswith(_ELSEWHERE.get(geography[1], ("no region",))):
        raise ModelError(
            f"model {str(spec)!r}: {geography[0]}... is a profile of another geography than "
            f"{region}; name a region of it, or the profile of yours"
        )


def _client(spec: ModelSpec, session: botocore.session.Session) -> _Client:
    region = _region(spec)
    _check_region(spec, region, session)
    config = Config(
        retries={"total_max_attempts": 1},  # the graph tries again, and tells waiting from working
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=spec.parameters.timeout,
        max_pool_connections=spec.parameters.concurrency or _CONNECTIONS,
        tcp_keepalive=True,
    )
    try:
        client: _Client = session.create_client(
            "bedrock-runtime", region_name=region, config=config
        )
    except BotoCoreError as error:
        raise ModelError(f"model {str(spec)!r}: AWS cannot be used ({error})") from None
    return client


def _after_call(parsed: dict[str, Any], **_: Any) -> None:
    without_arrays(parsed)


def _facts(
    spec: ModelSpec, endpoint: str, profile: Mapping[str, Any], max_tokens: int
) -> HostFacts:
    told = spec.parameters
    return HostFacts(
        provider="bedrock",
        address=urlsplit(endpoint).netloc,
        context_length=told.context or profile.get("max_input_tokens"),
        max_output=max_tokens,
        takes_images=told.images if told.images is not None else profile.get("image_inputs"),
        concurrency=told.concurrency,
    )
