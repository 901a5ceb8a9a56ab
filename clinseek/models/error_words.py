"""What an error says, whichever library raised it: status, code, words, address, waiting. Pure.

Nothing is imported of openai, httpx or botocore: their errors are told apart by what they carry.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_LONGEST = 400
_SECRETS = re.compile(
    r"(?i)\b(?:sk|pk|rk|hf|gsk|absk)[-_][\w\-*]{6,}|\babsk[\w+/=]{16,}|\b(?:akia|asia)[a-z0-9]{12,}"
    r"|(?<=bearer )\S+|(?<=://)[^/\s@]+@|(?<=key=)[^\s&\"']+|(?<=token=)[^\s&\"']+"
)


class Told(NamedTuple):
    """What an error says. `classes` are the names of its class and of those that it derives from;
    `causes` the words of all errors that led to it.
    """

    words: str
    status: int | None
    code: str
    aws: bool
    address: str
    classes: frozenset[str]
    causes: str
    retry_after: float | None
    body: Mapping[str, Any]


def told_by(error: BaseException) -> Told:
    """What an error and those that led to it say."""
    chain = list(_chain(error))
    teller = next((each for each in chain if _answer_in(each)), error)
    causes = " ".join(dict.fromkeys(str(each) for each in chain if str(each)))
    words = _words(teller, causes)
    return Told(
        words=words,
        status=_status(teller),
        code=_code(teller),
        aws=bool(_aws(teller)),
        address=_address(chain),
        classes=frozenset(kind.__name__ for kind in type(error).__mro__),
        causes=causes,
        retry_after=_waiting(teller, words),
        body=_body(teller),
    )


def shown(text: str) -> str:
    """A text on one line, of bounded length, with stars in place of what looks like a key.

    >>> shown("Incorrect API key provided: sk-abc123def456.")
    'Incorrect API key provided: ***.'
    """
    line = " ".join(_SECRETS.sub("***", text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """The seconds that a host asks to be left alone; None where it does not ask.

    `retry-after-ms`, then `retry-after` in seconds or as a date, counted from the answer's own
    date where it has one, else from `now` (seconds since 1970; None: this moment).

    >>> retry_after({"Retry-After": "7"}), retry_after({"retry-after-ms": "250"})
    (7.0, 0.25)
    >>> retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, now=1445412450.0)
    30.0
    """
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    exact = _seconds(named.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    told = named.get("retry-after")
    seconds = _seconds(told)
    until = _moment(told)
    if seconds is not None or until is None:
        return seconds
    since = _moment(named.get("date"))
    start = since if since is not None else time.time() if now is None else now
    return max(0.0, until - start)


def _seconds(told: str | None) -> float | None:
    try:
        seconds = float(told or "")
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _moment(told: str | None) -> float | None:
    try:
        return parsedate_to_datetime(told).timestamp() if told else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _answer_in(error: BaseException) -> bool:
    """Whether an error carries what a host answered."""
    return bool(_aws(error) or _body(error)) or _status(error) is not None


def _body(error: BaseException) -> Mapping[str, Any]:
    body = getattr(error, "body", None)
    nested = body.get("error") if isinstance(body, Mapping) else None
    return nested if isinstance(nested, Mapping) else body if isinstance(body, Mapping) else {}


def _aws(error: BaseException) -> Mapping[str, Any]:
    """The answer that botocore's ClientError carries."""
    response = getattr(error, "response", None)
    return response if isinstance(response, Mapping) and "Error" in response else {}


def _words(error: BaseException, causes: str) -> str:
    """The host's own words; those of the whole chain where openai says but "Connection error."."""
    told = (_aws(error).get("Error") or {}).get("Message") or _body(error).get("message")
    said = str(told or error)
    return causes if not said or said.startswith("Connection error") else said


def _status(error: BaseException) -> int | None:
    metadata = _aws(error).get("ResponseMetadata") or {}
    for held in (
        getattr(error, "status_code", None),
        getattr(getattr(error, "response", None), "status_code", None),
        metadata.get("HTTPStatusCode"),
        _body(error).get("code"),
    ):
        status = int(held) if isinstance(held, str) and held.isdecimal() else held
        if isinstance(status, int) and 300 <= status < 600:
            return status
    return None


def _code(error: BaseException) -> str:
    """The word by which a host names a fault."""
    body = _body(error)
    code = (_aws(error).get("Error") or {}).get("Code")
    return str(code or body.get("code") or body.get("type") or "")


def _address(chain: list[BaseException]) -> str:
    """Host and port that were asked, where an error knows."""
    for each in chain:
        try:
            url = str(each.request.url)  # type: ignore[attr-defined]
        except (AttributeError, RuntimeError):  # httpx raises where there is no request
            continue
        return urlsplit(url).netloc.rpartition("@")[2]
    return ""


def _waiting(error: BaseException, words: str) -> float | None:
    metadata = _aws(error).get("ResponseMetadata") or {}
    headers = getattr(getattr(error, "response", None), "headers", None)
    headers = headers or metadata.get("HTTPHeaders")
    told = retry_after(headers) if isinstance(headers, Mapping) else None
    if told is not None:
        return told
    # OpenAI says it in words, too: "Please try again in 1.2s", "in 850ms".
    found = re.search(r"try again in (\d{1,6}(?:\.\d{1,6})?) ?(ms|s)\b", words)
    return None if found is None else float(found[1]) / (1000 if found[2] == "ms" else 1)
