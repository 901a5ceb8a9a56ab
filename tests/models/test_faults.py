"""What went wrong with a turn is read alike, whichever library and host says it."""

import ssl
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import openai
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ModelConnectionError, ModelRateLimitError
from langchain_openai.chat_models.base import OpenAIConnectionError, OpenAIInvalidRequestError
from pydantic import BaseModel, ValidationError

from clinseek.errors import ModelError
from clinseek.models.error_words import retry_after
from clinseek.models.faults import FaultKind, fault_of, refuses_images

REQUEST = httpx.Request("POST", "http://127.0.0.1:8000/v1/chat/completions")


def status(
    number: int, message: str = "no", headers: dict[str, str] | None = None, **error: Any
) -> Exception:
    """openai's error for an answer of this status."""
    response: Any = httpx.Response(number, request=REQUEST, headers=headers)
    body = {"message": message, **error}
    return openai.APIStatusError(f"Error code: {number} - {body}", response=response, body=body)


def aws(
    code: str, message: str, http: int = 400, headers: dict[str, str] | None = None
) -> Exception:
    """botocore's error for an answer of Bedrock."""
    answered: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": http, "HTTPHeaders": headers or {}},
    }
    made: Exception = ClientError(answered, "Converse")
    return made


def because(error: Exception, *causes: BaseException) -> Exception:
    """An error with the errors that led to it."""
    at: BaseException = error
    for cause in causes:
        at.__cause__ = cause
        at = cause
    return error


@pytest.mark.parametrize(
    ("words", "length"),
    [
        (  # OpenAI
            (
                "This model's maximum context length is 128000 tokens. However, your messages "
                "resulted in 130001 tokens. Please reduce the length of the messages."
            ),
            128000,
        ),
        (
            "Your input exceeds the context window of this model. Please adjust your input.",
            None,
        ),
        (  # vLLM, older and newer
            (
                "This model's maximum context length is 16384 tokens. However, you requested "
                "122946 tokens (112946 in the messages, 10000 in the completion)."
            ),
            16384,
        ),
        (
            (
                "This model's maximum context length is 262144 tokens. However, you requested "
                "128000 output tokens and your prompt contains at least 134145 input tokens."
            ),
            262144,
        ),
        (
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's "
                "maximum context length is 4096 tokens and your request has 57 input tokens "
                "(8192 > 4096 - 57)"
            ),
            4096,
        ),
        (
            (
                "The prompt (total length 25938) is too long to fit into the model (context length "
                "4096). Make sure that `max_model_len` is no smaller than the number of tokens."
            ),
            4096,
        ),
        (
            "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",
            8192,
        ),
        (  # SGLang
            "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
            40960,
        ),
        (
            "Requested token count exceeds the model's maximum context length of 40960 tokens.",
            40960,
        ),
        ("Input length (160062 tokens) exceeds the maximum allowed length (59862 tokens).", 59862),
        # llama.cpp
        ("request (14429 tokens) exceeds the available context size (8192 tokens)", 8192),
        ("the request exceeds the available context size, try increasing it", None),
        # Bedrock and Anthropic
        ("Input is too long for requested model.", None),
        ("prompt is too long: 208310 tokens > 200000 maximum", 200000),
        ("input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000", 200000),
        (
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
            None,
        ),
    ],
)
def test_a_conversation_that_is_too_long_is_known_by_every_hosts_words(
    words: str, length: int | None
) -> None:
    for error in (status(400, words), aws("ValidationException", words), ValueError(words)):
        fault = fault_of(error)
        assert (fault.kind, fault.context_length) == ("context_overflow", length)


def test_llama_cpp_tells_its_context_in_a_field() -> None:
    error = status(400, "the request exceeds the available context size.", n_ctx=8192, code=400)

    assert fault_of(error)[0::3] == ("context_overflow", 8192)


def test_a_body_that_is_too_large_for_the_server_is_too_long_a_conversation() -> None:
    assert fault_of(status(413, "Request Entity Too Large")).kind == "context_overflow"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (status(429, "Rate limit reached for gpt-9"), "rate"),
        (status(503, "The server is overloaded"), "rate"),
        (status(529, "Overloaded"), "rate"),
        (status(500, "Internal Server Error"), "passing"),
        (status(502, "Bad Gateway"), "passing"),
        (status(504, "Gateway Timeout"), "passing"),
        (status(408), "passing"),
        (status(401, "Incorrect API key provided"), "key"),
        (status(403, "You may not"), "key"),
        (status(404, "The model `gpt-99` does not exist"), "unknown_model"),
        (status(404, "Not Found"), "unknown_model"),
        (status(400, "The model `m` does not exist.", code="model_not_found"), "unknown_model"),
        (status(400, "max_tokens is too large: 99999. It supports at most 16384"), "lasting"),
        (status(422, "extra fields not permitted"), "lasting"),
        (status(429, "You exceeded your current quota", code="insufficient_quota"), "lasting"),
        (status(307, "Redirect"), "lasting"),
        (openai.APIError("died", request=REQUEST, body={"code": "500"}), "passing"),  # type: ignore[arg-type]
        (openai.APIError("died", request=REQUEST, body=None), "passing"),  # type: ignore[arg-type]
        (openai.APITimeoutError(request=REQUEST), "passing"),  # type: ignore[arg-type]
        (httpx.ReadTimeout("", request=REQUEST), "passing"),
        (httpx.RemoteProtocolError("peer closed connection", request=REQUEST), "passing"),
        (httpx.ReadError("", request=REQUEST), "passing"),
        (ConnectionResetError(104, "Connection reset by peer"), "passing"),
        (TimeoutError(), "passing"),
        (ModelConnectionError("the stream was cut"), "passing"),
        (httpx.ConnectError("[Errno 111] Connection refused", request=REQUEST), "not_reachable"),
        (httpx.ConnectError("All connection attempts failed"), "not_reachable"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "not_reachable"),
        (httpx.ConnectError("[Errno -3] Temporary failure in name resolution"), "passing"),
        (ssl.SSLCertVerificationError("certificate verify failed: self-signed"), "not_reachable"),
        (aws("ThrottlingException", "Too many tokens, please wait", 429), "rate"),
        (aws("ServiceUnavailableException", "Bedrock is unable to process", 503), "rate"),
        (aws("ModelNotReadyException", "The model is not ready", 429), "rate"),
        (aws("ModelTimeoutException", "took too long", 408), "passing"),
        (aws("InternalServerException", "unexpected", 500), "passing"),
        (aws("ModelErrorException", "The model had an error", 424), "passing"),
        (aws("ExpiredTokenException", "The security token is expired", 403), "key"),
        (aws("UnrecognizedClientException", "The security token is invalid", 403), "key"),
        (aws("AccessDeniedException", "You don't have access to the model", 403), "key"),
        (aws("ResourceNotFoundException", "no such model", 404), "unknown_model"),
        (aws("ValidationException", "The provided model identifier is invalid."), "unknown_model"),
        (
            aws("ValidationException", "with on-demand throughput isn't supported. Use a profile"),
            "unknown_model",
        ),
        (aws("ValidationException", "temperature must be 1"), "lasting"),
        (NoCredentialsError(), "key"),
        (NoRegionError(), "lasting"),
        (EndpointConnectionError(endpoint_url="https://b.aws"), "not_reachable"),
        (ConnectTimeoutError(endpoint_url="https://b.aws"), "passing"),
        (ModelError("model 'x' lacks a chat template"), "lasting"),
        (KeyError("choices"), "lasting"),
    ],
    ids=lambda given: given if isinstance(given, str) else type(given).__name__,
)
def test_each_fault_has_its_kind(error: Exception, kind: FaultKind) -> None:
    assert fault_of(error).kind == kind


def test_an_answer_that_cannot_be_read_has_its_kind() -> None:
    class Call(BaseModel):
        name: str

    with pytest.raises(ValidationError) as raised:
        Call.model_validate({})
    assert fault_of(raised.value).kind == "unreadable"


def test_what_led_to_an_error_tells_where_the_error_itself_does_not() -> None:
    refused = httpx.ConnectError("[Errno 111] Connection refused", request=REQUEST)
    error = because(OpenAIConnectionError(request=REQUEST), refused)  # type: ignore[arg-type]

    fault = fault_of(error)

    assert fault.kind == "not_reachable"
    assert "127.0.0.1:8000" in fault.sentence
    assert "Connection refused" in fault.sentence
    assert "start the server" in fault.sentence


def test_an_error_that_wraps_aws_is_read_by_what_aws_said() -> None:
    error = because(ModelRateLimitError("wrapped"), aws("ThrottlingException", "wait", 429))

    assert fault_of(error).sentence.startswith("ThrottlingException wait")


def test_a_server_without_a_tool_parser_is_told_what_to_start_it_with() -> None:
    words = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
    answered: Any = httpx.Response(400, request=REQUEST)
    fault = fault_of(OpenAIInvalidRequestError(words, response=answered, body={"message": words}))

    assert fault.kind == "lasting"
    assert "?dialect=json" in fault.sentence


@pytest.mark.parametrize(
    "words",
    [
        "At most 0 image(s) may be provided in one prompt.",  # vLLM
        "google/medgemma-27b-text-it is not a multimodal model",
        "Invalid content type. image_url is only supported by certain models.",  # OpenAI
        "image input is not supported - hint: you may need to provide the mmproj",  # llama.cpp
        "This model doesn't support the image content block that you provided.",  # Bedrock
        "unknown variant `image_url`, expected `text`",  # DeepSeek
    ],
)
def test_a_model_that_takes_no_images_is_known_by_its_words(words: str) -> None:
    assert refuses_images(fault_of(status(400, words)))
    assert refuses_images(fault_of(aws("ValidationException", words)))


@pytest.mark.parametrize("words", ["no", "image too large: 9 MB", "maximum context length is 9"])
def test_other_faults_say_nothing_of_images(words: str) -> None:
    assert not refuses_images(fault_of(status(400, words)))


# --- waiting ------------------------------------------------------------------------------------


def test_seconds_and_milliseconds_are_taken_as_they_are_and_the_finer_wins() -> None:
    assert fault_of(status(429, headers={"Retry-After": "3"})).retry_after == 3.0
    both = {"Retry-After": "1", "Retry-After-Ms": "250"}
    assert fault_of(status(429, headers=both)).retry_after == 0.25
    assert fault_of(aws("ThrottlingException", "", 429, {"retry-after": "9"})).retry_after == 9.0


@pytest.mark.parametrize(
    ("words", "seconds"), [("in 1.5s.", 1.5), ("in 850ms", 0.85), ("later", None)]
)
def test_a_wait_that_is_said_in_words_is_read(words: str, seconds: float | None) -> None:
    assert fault_of(status(429, f"Please try again {words}")).retry_after == seconds


@settings(deadline=None)
@given(
    now=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    wait=st.integers(-1000, 100_000),
)
def test_a_date_counts_from_the_answers_own_date(now: datetime, wait: int) -> None:
    now = now.replace(microsecond=0)
    until = datetime.fromtimestamp(now.timestamp() + wait, UTC)
    headers = {"retry-after": format_datetime(until, usegmt=True)}

    expected = float(max(0, wait))
    assert retry_after(headers, now=now.timestamp()) == expected
    dated = {**headers, "Date": format_datetime(now, usegmt=True)}
    assert retry_after(dated, now=0.0) == expected


@settings(deadline=None)
@given(told=st.text() | st.floats().map(str))
def test_no_header_whatever_breaks_a_turn(told: str) -> None:
    for name in ("retry-after", "retry-after-ms", "date"):
        seconds = retry_after({name: told, "Retry-After": told}, now=0.0)
        assert seconds is None or 0 <= seconds < float("inf")


# --- sentences ----------------------------------------------------------------------------------

errors = st.sampled_from(
    [
        lambda text: status(400, text),
        lambda text: status(429, text, code=text),
        lambda text: aws("ValidationException", text),
        lambda text: aws(text, text, 500),
        lambda text: httpx.ConnectError(text, request=REQUEST),
        ModelConnectionError,
        ValueError,
        lambda text: because(OpenAIConnectionError(request=REQUEST), OSError(text)),  # type: ignore[arg-type]
    ]
)


@settings(deadline=None)
@given(make=errors, text=st.text(max_size=600))
def test_every_error_has_one_line_and_a_wait_that_can_be_waited(make: Any, text: str) -> None:
    fault = fault_of(make(text))

    assert fault.sentence
    assert fault.sentence.isprintable() or "\n" not in fault.sentence
    assert len(fault.sentence) < 700
    assert fault.retry_after is None or fault.retry_after >= 0


@settings(deadline=None)
@given(
    make=errors,
    key=st.from_regex(r"sk-[A-Za-z0-9]{20,40}", fullmatch=True)
    | st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True),
)
def test_no_sentence_holds_a_key(make: Any, key: str) -> None:
    for text in (
        f"Incorrect API key provided: {key}. See https://example.org",
        f"https://api.example.org/?api_key={key}&x=1",
        f"authorization: Bearer {key}",
    ):
        assert key not in fault_of(make(text)).sentence


def test_no_sentence_holds_the_password_of_an_address() -> None:
    error = httpx.ConnectError("http://me:hidden@gpu:8000 said no", request=REQUEST)

    assert "hidden" not in fault_of(error).sentence
