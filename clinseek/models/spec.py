"""The one spelling of a model: `PROVIDER:NAME[@URL][?key=value&...]`. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from clinseek.errors import ModelError
from clinseek.models.facts import Provider

FORMS = (
    '"offline", "openai:NAME", "openai:NAME@http://host:port/v1", "vllm:http://host:port", '
    '"bedrock:MODEL_ID?region=us-east-1", "hf:FOLDER", "replay:RECORDS.jsonl", or "@FILE.toml"'
)
_PROVIDERS: tuple[str, ...] = get_args(Provider)
_PASSWORD = re.compile(r"://[^/?#\s]*@")
_AT_ADDRESS = re.compile(r"@(https?:[^@]*)$", re.IGNORECASE)
_NO_NAME = re.compile(r"//|\s")
_NO_NAME_OF_THE_PROVIDER = re.compile(r"//|\s|@|^[\w.-]+:\d+(?:/|$)|/v1/?$")
"""What stands in no model's name: on a host of one's own, and at the provider itself."""
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_DIALECTS = ("native", "json", "xml")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How a model is asked. The defaults are the published settings.

    `thinking` is on, off, or a budget in tokens; `effort` the word that some hosts take instead.
    `dialect` is `native` (the host's own tool calls) or the text form in which a model without a
    tool template writes its calls; None: the host decides. `context` and `images` say what the
    host does not tell: the context length in tokens, and whether it takes images. `timeout` is
    in seconds. `tokenizer` is the folder that a server was started with: its control tokens are
    kept from standing in what users and tools say. `extra` goes into the body of each request as
    it is.
    """

    temperature: float | None = 1.0
    max_tokens: int = 8192
    top_p: float | None = None
    seed: int | None = None
    thinking: bool | int | None = None
    effort: str | None = None
    dialect: str | None = None
    context: int | None = None
    images: bool | None = None
    concurrency: int | None = None
    timeout: float = 600.0
    stream: bool = False
    region: str | None = None
    tokenizer: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def told(self) -> dict[str, Any]:
        """Those that differ from the defaults, as plain values."""
        default = Parameters()
        return {
            each.name: dict(value) if each.name == "extra" else value
            for each in fields(self)
            if (value := getattr(self, each.name)) != getattr(default, each.name)
        }

    def as_json(self) -> dict[str, Any]:
        """All of them as plain values, for a record."""
        return {**asdict(replace(self, extra={})), "extra": dict(self.extra)}


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A model as it was named; `url` None is the provider's own address."""

    provider: Provider
    name: str = ""
    url: str | None = None
    parameters: Parameters = Parameters()

    def __str__(self) -> str:
        """The spelling again: what `read_spec` reads as this spec."""
        if self.provider == "offline":
            return "offline"
        where = f"{self.name}@{self.url}" if self.name and self.url else self.url or self.name
        told = self.parameters.told()
        if not told:
            return f"{self.provider}:{where}"
        words = {name: _word(value) for name, value in told.items()}
        return f"{self.provider}:{where}?{urlencode(words, quote_via=quote, safe='/:,')}"


def read_spec(spec: str) -> ModelSpec:
    """What a spec says; ModelError, with what to write instead, where it says nothing.

    >>> read_spec("openai:qwen3@http://127.0.0.1:8000/v1?temperature=0").url
    'http://127.0.0.1:8000/v1'
    >>> str(read_spec("vllm:http://gpu:8000?thinking=on&max_tokens=8192"))
    'vllm:http://gpu:8000/v1?thinking=on'
    """
    if spec == "offline":
        return ModelSpec(provider="offline")
    if _PASSWORD.search(spec):  # not shown: it would stand in terminals and records
        raise ModelError(
            "a model's address must hold no user and password, since it stands in records; give "
            "the key as OPENAI_API_KEY"
        )
    named, _, query = spec.partition("?")
    provider, colon, rest = named.partition(":")
    if provider not in _PROVIDERS or provider == "offline" or not colon:
        raise ModelError(f"model {spec!r} cannot be named so; write {FORMS}")
    name, url = _address(spec, provider, rest)
    parameters = read_parameters(spec, dict(parse_qsl(query, keep_blank_values=True)))
    return ModelSpec(provider=provider, name=name, url=url, parameters=parameters)  # type: ignore[arg-type]


def _address(spec: str, provider: str, rest: str) -> tuple[str, str | None]:
    if provider not in ("openai", "vllm"):
        if not rest:
            raise ModelError(f"model {spec!r} names no model; write {FORMS}")
        return rest, None
    found = _AT_ADDRESS.search(rest)
    name, url = (rest[: found.start()], found[1]) if found else (rest, "")
    if provider == "vllm" and not found:
        name, url = "", rest
    if (provider == "openai" or found) and not name:
        raise ModelError(f"model {spec!r} names no model; write {FORMS}")
    if (_NO_NAME if url else _NO_NAME_OF_THE_PROVIDER).search(name):
        # Taken for a name, it would send the patient's rows to the provider's own address.
        raise ModelError(
            f"model {spec!r}: {rest!r} is no name of a model; an address follows the name as "
            "NAME@http://host:port/v1 (http:// or https://)"
        )
    if (found or provider == "vllm") and not _is_address(url):
        raise ModelError(f"model {spec!r}: {url!r} is no address; write {FORMS}")
    return name, _with_path(url) if provider == "vllm" else url.rstrip("/") or None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _with_path(url: str) -> str:
    """A server address with the /v1 that people leave out."""
    trimmed = url.rstrip("/")
    return trimmed if urlsplit(trimmed).path else f"{trimmed}/v1"


def read_parameters(spec: str, told: Mapping[str, Any]) -> Parameters:
    """The parameters of a query or a TOML table; ModelError for a key or value that cannot be.

    >>> read_parameters("m", {"thinking": "2048", "extra": '{"top_k": 20}'}).extra["top_k"]
    20
    """
    read: dict[str, Any] = {}
    for name, value in told.items():
        reader = _READERS.get(name)
        if reader is None:
            raise ModelError(
                f"model {spec!r}: there is no parameter {name!r}; there are {', '.join(_READERS)}"
            )
        try:
            read[name] = reader(value)
        except ValueError as error:
            reason = str(error)
            raise ModelError(f"model {spec!r}: {name}={value!r} cannot be: {reason}") from None
    return Parameters(**read)


def _number(lowest: float, highest: float, *, whole: bool) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        kind = "a whole number" if whole else "a number"
        try:
            number = int(str(value)) if whole else float(str(value))
        except ValueError:
            raise ValueError(f"it must be {kind}") from None
        if isinstance(value, bool) or not lowest <= number <= highest:
            raise ValueError(f"it must be {kind} from {lowest:g} to {highest:g}")
        return number

    return read


def _switch(value: Any) -> bool:
    words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ValueError("it must be on or off") from None


def _or(nothing: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader for which one word stands for None."""
    return lambda value: None if str(value).lower() == nothing else read(value)


def _thinking(value: Any) -> bool | int:
    if isinstance(value, bool) or not str(value).isdecimal():
        try:
            return _switch(value)
        except ValueError:
            raise ValueError("it must be on, off, or a budget in tokens") from None
    budget = int(value)
    if budget < 1:
        raise ValueError("a budget is one token at least; write off for none")
    return budget


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"it must be one of {', '.join(words)}")
        return str(value)

    return read


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("it must be one JSON object") from None
    if not isinstance(value, dict):
        raise ValueError("it must be one JSON object")
    return MappingProxyType(value)


def _text(value: Any) -> str:
    if not str(value).strip():
        raise ValueError("it is empty")
    return str(value)


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "temperature": _or("default", _number(0, 2, whole=False)),
        "max_tokens": _number(1, 10_000_000, whole=True),
        "top_p": _number(0, 1, whole=False),
        "seed": _number(-(2**63), 2**63 - 1, whole=True),
        "thinking": _thinking,
        "effort": _one_of(*_EFFORTS),
        "dialect": _one_of(*_DIALECTS),
        "context": _number(256, 100_000_000, whole=True),
        "images": _switch,
        "concurrency": _number(1, 10_000, whole=True),
        "timeout": _number(0.1, 86_400, whole=False),
        "stream": _switch,
        "region": _text,
        "tokenizer": _text,
        "extra": _object,
    }
)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "default"
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return str(value)
