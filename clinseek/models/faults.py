"""What went wrong with a model's turn, whichever library says it: one reading of all of them. Pure.

The libraries are never imported: an error is read by its status, its words and the names of its
classes, so that a run on Bedrock needs no openai and the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from clinseek.errors import ClinseekError
from clinseek.models.error_words import Told, shown, told_by

FaultKind = Literal[
    "rate",
    "passing",
    "context_overflow",
    "unreadable",
    "key",
    "unknown_model",
    "not_reachable",
    "lasting",
]


class Fault(NamedTuple):
    """A fault of a host.

    `rate`: it is asked too much, and again after `retry_after` seconds where it says so.
    `passing`: worth asking again. `context_overflow`: the conversation is too long, for
    `context_length` tokens where it says so. `unreadable`: the answer came and could not be read.
    `key`, `unknown_model`, `not_reachable`: the user must change something. `lasting`: the rest.
    `sentence` says what happened, where, and what to do; it never holds a key.
    """

    kind: FaultKind
    sentence: str
    retry_after: float | None = None
    context_length: int | None = None


def fault_of(error: Exception) -> Fault:
    """What an error of openai, langchain-core, httpx or botocore means.

    >>> fault_of(TimeoutError("no answer")).kind
    'passing'
    """
    if isinstance(error, ClinseekError):
        return Fault("lasting", str(error))
    told = told_by(error)
    if _overflows(told):
        length = _context_length(told)
        size = "" if length is None else f" of {length:,} tokens"
        return Fault(
            "context_overflow",
            f"the conversation is longer than the model's context{size} ({shown(told.words)})",
            context_length=length,
        )
    kind, advice = _kind(told)
    return Fault(kind, _sentence(told, advice, error), retry_after=told.retry_after)


_NO_IMAGES = re.compile(
    r"(?i)at most 0 image|not a multimodal model|unknown variant `image_url`"
    r"|image.{0,40}(?:not|n't|only) support|(?:not|n't) (?:support|accept).{0,30}image"
    r"|support image input"
)


def refuses_images(fault: Fault) -> bool:
    """Whether a fault says that the model takes no images; then they can be left out.

    >>> refuses_images(Fault("lasting", "400 At most 0 image(s) may be provided in one prompt."))
    True
    """
    return fault.kind in ("lasting", "passing") and bool(_NO_IMAGES.search(fault.sentence))


def _sentence(told: Told, advice: str, error: Exception) -> str:
    mark = told.code if told.aws else str(told.status or "")
    said = told.words if mark in told.words else f"{mark} {told.words}"
    said = shown(said) or type(error).__name__
    where = f"{told.address}: " if told.address else ""
    return f"{where}{said}; {advice}" if advice else f"{where}{said}"


_TOO_LARGE = 413
_OVERFLOW = re.compile(
    r"(?i)context_length_exceeded|maximum context length|exceeds? the (?:available )?context"
    r"|exceed(?:s|ed)? (?:the )?context (?:limit|window|size|length)|exceed_context_size"
    r"|longer than the (?:model'?s context|maximum model) length|too long to fit into the model"
    r"|input is too long|prompt is too long|input tokens? exceed|ContextWindowExceeded"
    r"|input length .{0,40}exceeds the maximum allowed length|too large for model with \d+"
    r"|number of input tokens exceeds|context size has been exceeded"
    r"|request (?:body|entity|payload)? ?(?:is )?too large"
)
_LENGTHS = (
    re.compile(r"(?i)maximum context length (?:is|of) (\d[\d,]{0,11})"),
    re.compile(r"(?i)(?:tokens|\d) > (\d[\d,]{0,11})(?: maximum|\b)"),
    re.compile(r"(?i)context (?:length|limit|window|size)\W{0,3}(?:is|of)?\W{0,2}(\d[\d,]{0,11})"),
    re.compile(r"(?i)maximum model length of (\d[\d,]{0,11})"),
    re.compile(r"(?i)maximum allowed length \((\d[\d,]{0,11})"),
    re.compile(r"(?i)model with (\d[\d,]{0,11}) maximum context"),
)


def _overflows(told: Told) -> bool:
    if "ContextOverflowError" in told.classes or told.status == _TOO_LARGE:
        return True
    return bool(_OVERFLOW.search(f"{told.code} {told.body.get('type', '')} {told.words}"))


def _context_length(told: Told) -> int | None:
    counted = told.body.get("n_ctx")  # llama.cpp
    if isinstance(counted, int) and counted > 0:
        return counted
    for pattern in _LENGTHS:
        found = pattern.search(told.words)
        if found and int(found[1].replace(",", "")) > 0:
            return int(found[1].replace(",", ""))
    return None


_Kind = tuple[FaultKind, str]

_KEY: _Kind = ("key", "set a valid key (OPENAI_API_KEY), or one that may use this model")
_MODEL: _Kind = ("unknown_model", "name a model that the server has, and its address with /v1")
_AWS_KEY: _Kind = (
    "key",
    "refresh the AWS credentials, and see that they may invoke this model in this region",
)
_AWS_MODEL: _Kind = (
    "unknown_model",
    "name a model or inference profile of that region: bedrock:ID?region=us-east-1",
)

_BY_WORDS: tuple[tuple[re.Pattern[str], _Kind], ...] = (
    (
        re.compile(r"(?i)insufficient_quota|exceeded your current quota"),
        ("lasting", "the account has no credit left"),
    ),
    (
        re.compile(r"--enable-auto-tool-choice|--tool-call-parser"),
        (
            "lasting",
            "start vLLM with both, or add ?dialect=json, which puts the tools into the prompt",
        ),
    ),
    (
        re.compile(r"(?i)model identifier is invalid|on-demand throughput|inference profile"),
        _AWS_MODEL,
    ),
    (
        re.compile(
            r"(?i)model_not_found|model `?[^`]{1,200}`? (?:does not exist|not found)"
            r"|invalid model (?:name|id)|no such model|unknown model"
        ),
        _MODEL,
    ),
)
_BY_AWS_CODE: Mapping[str, _Kind] = {
    **dict.fromkeys(
        (
            "ThrottlingException",
            "Throttling",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "ServiceQuotaExceededException",
            "ModelNotReadyException",
            "ServiceUnavailableException",
            "ServiceUnavailable",
            "SlowDown",
        ),
        ("rate", ""),
    ),
    **dict.fromkeys(
        (
            "ModelTimeoutException",
            "ModelErrorException",
            "ModelStreamErrorException",
            "InternalServerException",
            "InternalFailure",
            "RequestTimeout",
        ),
        ("passing", ""),
    ),
    **dict.fromkeys(
        (
            "ExpiredToken",
            "ExpiredTokenException",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "AccessDenied",
            "AccessDeniedException",
        ),
        _AWS_KEY,
    ),
    "ResourceNotFoundException": _AWS_MODEL,
    "ValidationException": ("lasting", ""),
}
_BY_STATUS: Mapping[int, _Kind] = {
    401: _KEY,
    403: _KEY,
    404: _MODEL,
    408: ("passing", ""),
    409: ("passing", ""),
    425: ("passing", ""),
    429: ("rate", ""),
    503: ("rate", ""),
    529: ("rate", ""),
}
_BY_CLASS: tuple[tuple[frozenset[str], _Kind], ...] = (
    (
        frozenset(
            {
                "NoCredentialsError",
                "PartialCredentialsError",
                "CredentialRetrievalError",
                "TokenRetrievalError",
                "SSOError",
            }
        ),
        _AWS_KEY,
    ),
    (
        frozenset({"NoRegionError", "InvalidRegionError"}),
        ("lasting", "name the region: bedrock:ID?region=us-east-1, or set AWS_REGION"),
    ),
    (frozenset({"ModelAuthenticationError", "ModelPermissionDeniedError"}), _KEY),
    (frozenset({"ModelNotFoundError"}), _MODEL),
    (frozenset({"ModelRateLimitError"}), ("rate", "")),
    (frozenset({"ValidationError", "OutputParserException"}), ("unreadable", "")),
    (
        frozenset(
            {
                "TimeoutError",
                "TimeoutException",
                "ReadTimeoutError",
                "ConnectTimeoutError",
                "ModelTimeoutError",
                "ModelConnectionError",
                "ModelAPIError",
                "APIError",
                "TransportError",
                "ConnectionError",
                "HTTPClientError",
                "IncompleteReadError",
                "EventStreamError",
            }
        ),
        ("passing", ""),
    ),
    (frozenset({"ModelInvalidRequestError"}), ("lasting", "")),
)
_UNREACHED: tuple[tuple[re.Pattern[str], _Kind], ...] = (
    (
        re.compile(r"(?i)certificate[ _]verify[ _]failed|WRONG_VERSION_NUMBER|\[SSL"),
        (
            "not_reachable",
            "correct the address (does it speak http?), or name its authority in SSL_CERT_FILE",
        ),
    ),
    (
        re.compile(r"(?i)illegal status line|disconnected without sending|illegal header line"),
        ("passing", "if this stays, correct the address (does it speak http?)"),
    ),
    (
        re.compile(r"(?i)name or service not known|nodename nor servname|no address associated"),
        (
            "not_reachable",
            "there is no such host: correct the address, or see whether this machine has a network",
        ),
    ),
    (
        re.compile(
            r"(?i)connection refused|all connection attempts failed|no route to host"
            r"|network is unreachable|could not connect to the endpoint"
        ),
        ("not_reachable", "start the server, or correct the address"),
    ),
)


def _kind(told: Told) -> _Kind:
    """The kind of a fault that is no overflow, and what to do about it."""
    for pattern, kind in _BY_WORDS:
        if pattern.search(f"{told.code} {told.words}"):
            return kind
    if told.aws and told.code in _BY_AWS_CODE:
        return _BY_AWS_CODE[told.code]
    if told.status is not None:
        return _kind_of_status(told.status)
    for pattern, kind in _UNREACHED:
        if pattern.search(told.causes):
            return kind
    named = (kind for classes, kind in _BY_CLASS if not told.classes.isdisjoint(classes))
    return next(named, ("lasting", ""))


def _kind_of_status(status: int) -> _Kind:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return "passing", ""
    return "lasting", "name the address that it redirects to" if status < 400 else ""
