"""What an OpenAI-compatible server says of its models, asked before any patient's record is opened.

One GET of /models, which costs no turn. Where a server does not know that address it is not
known either, and the first turn will tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from clinseek.errors import ModelError
from clinseek.models.connections import address_of, get
from clinseek.models.faults import fault_of

_SECONDS = 5.0
_NAMED = 6
_LENGTHS = ("max_model_len", "context_length", "context_window")  # vLLM, SGLang; others


class Listed(NamedTuple):
    """A model that a server offers; `context_length` in tokens, None where it does not say."""

    name: str
    context_length: int | None
    owner: str


def models_at(url: str, *, key: str | None) -> list[Listed] | None:
    """The models that the server at `url` (with its /v1) lists; None where it keeps no list.

    ModelError where nobody answers, the key is refused, the server sends elsewhere, or is not
    OpenAI-shaped.
    """
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        response = get(f"{url}/models", headers=headers, seconds=_SECONDS)
    except httpx.ReadTimeout:
        return None  # it is there, and busy
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ModelError(fault_of(error).sentence) from None
    if response.status_code != httpx.codes.OK:
        return _refused(response, url, headers=headers, has_key=key is not None)
    return _listed(response)


def check_listing(url: str, name: str, *, key: str | None) -> Listed | None:
    """What the server lists of the model `name`; None where it lists nothing of the kind.

    ModelError as `models_at`, and where it lists other models only.
    """
    listed = models_at(url, key=key)
    if not listed:
        return None
    found = next((each for each in listed if each.name == name), None)
    if found is None and not _answers_to_any_name(name, listed):
        raise ModelError(
            f"the server at {address_of(url)} has no model {name!r}; it has {names_of(listed)}"
        )
    return found


def names_of(listed: Sequence[Listed]) -> str:
    """The names, the first few where they are many."""
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    return ", ".join(each.name for each in listed[:_NAMED]) + more


def _answers_to_any_name(name: str, listed: Sequence[Listed]) -> bool:
    # llama.cpp serves its one model under any name; `transformers serve` lists what is in its
    # cache and serves a folder by its path as well.
    return name.startswith(("/", "./", "../", "~")) or all(
        each.owner == "llamacpp" for each in listed
    )


def _refused(
    response: httpx.Response, url: str, *, headers: dict[str, str], has_key: bool
) -> list[Listed] | None:
    """None for an answer that says nothing of chat; ModelError for one that no run survives."""
    status, address = response.status_code, address_of(url)
    if response.has_redirect_location:
        elsewhere = response.headers["location"]
        raise ModelError(
            f"the server at {address} sends requests on to {elsewhere}, which was not named; "
            "name that address, if it is meant"
        )
    # A key may be narrowed to chat, and then it may not list.
    if status == httpx.codes.UNAUTHORIZED and "scope" not in response.text:
        raise ModelError(
            f"the server at {address} refuses the key in OPENAI_API_KEY (401); set a valid one"
            if has_key
            else f"the server at {address} wants a key (401); set OPENAI_API_KEY"
        )
    if status == httpx.codes.NOT_FOUND and not urlsplit(url).path.strip("/"):
        _check_version_missing(url, headers=headers)
    return None


def _check_version_missing(url: str, *, headers: dict[str, str]) -> None:
    try:
        response = get(f"{url}/v1/models", headers=headers, seconds=_SECONDS)
    except (httpx.HTTPError, OSError):
        return
    if response.status_code == httpx.codes.OK:
        raise ModelError(f"the server at {url} speaks under {url}/v1; write the address so")


def _listed(response: httpx.Response) -> list[Listed]:
    try:
        read = response.json()
    except ValueError:
        read = None
    entries = read.get("data", read.get("models")) if isinstance(read, Mapping) else read
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        begins = " ".join(response.text.split())[:80]
        raise ModelError(
            f"the server at {address_of(str(response.url))} is not OpenAI-shaped: its list of "
            f"models begins {begins!r}; check the address, which mostly ends in /v1"
        )
    return [_entry(each) for each in entries if isinstance(each, Mapping) and each.get("id")]


def _entry(entry: Mapping[str, Any]) -> Listed:
    lengths = (entry.get(name) for name in _LENGTHS)
    length = next((value for value in lengths if isinstance(value, int) and value > 0), None)
    return Listed(str(entry["id"]), length, str(entry.get("owned_by") or ""))
