"""Requests to the web under caps: 10 MB, 20 s, five redirects, a polite pace for each host."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from clinseek import __version__
from clinseek.errors import Refusal
from clinseek.toolkits.browser.backends.unpacking import Gunzip
from clinseek.toolkits.browser.guarding import Denied
from clinseek.toolkits.browser.guards.addresses import Addresses
from clinseek.toolkits.browser.guards.connecting import AsyncPinnedTransport
from clinseek.toolkits.browser.hits import Failed, Fetched
from clinseek.toolkits.browser.urls import checked_url

_AGENT = f"clinseek/{__version__} (research; one page at a time)"
_ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8,*/*;q=0.1"
_GONE = {404: "does not exist", 410: "is gone", 451: "may not be shown here"}
_REFUSED = {401: "asks for a login", 403: "refuses to be read", 407: "asks for a login"}
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Caps:
    """Bounds of one fetch: bytes as unpacked, seconds over all hops, redirects.

    `pause` is the seconds between two requests to one host, `patience` the longest that a request
    waits for its turn there.
    """

    size: int = 10_000_000
    seconds: float = 20.0
    redirects: int = 5
    pause: float = 1.0
    patience: float = 30.0


class Pace:
    """One request after the other to each host, `pause` seconds apart."""

    def __init__(self, pause: float, patience: float) -> None:
        self._pause = pause
        self._patience = patience
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str) -> bool:
        """Wait for the host's turn; False, at once, where that would take too long."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next.get(host, 0.0))
            if turn - now > self._patience:
                return False
            self._next[host] = turn + self._pause
            if len(self._next) > 10_000:
                self._next = {name: at for name, at in self._next.items() if at > now}
        time.sleep(turn - now)
        return True


class Fetcher:
    """Fetches pages of the public web, each hop checked; safe to use from several threads."""

    def __init__(
        self, *, addresses: Addresses, denied: Denied | None = None, caps: Caps | None = None
    ) -> None:
        self._addresses = addresses
        self._denied = denied
        self._caps = caps or Caps()
        self._pace = Pace(self._caps.pause, self._caps.patience)

    def fetch(self, url: str) -> Fetched | Failed:
        """The bytes behind a URL and its redirects; Failed with a sentence where there are none."""
        deadline = time.monotonic() + self._caps.seconds
        here = urldefrag(url).url
        for _ in range(self._caps.redirects + 1):
            asked = time.monotonic()
            try:
                self._may_open(here)
            except Refusal as refusal:
                return Failed(str(refusal))
            deadline += time.monotonic() - asked
            answer = self._hop(here, deadline)
            if not isinstance(answer, _Redirect):
                return answer
            try:
                here = urldefrag(urljoin(here, answer.location)).url
            except ValueError:
                return Failed(f"{url} redirects to no URL; open another", lasting=True)
        return Failed(f"{url} redirects more than {self._caps.redirects} times", lasting=True)

    def _may_open(self, url: str) -> None:
        """Wait for the host's turn; Refusal where the page is closed or the turn is far."""
        checked_url(url)
        if self._denied is not None and (refusal := self._denied.check(url)) is not None:
            raise Refusal(refusal)
        host = urlsplit(url).hostname or ""
        if not self._pace.wait(host):
            raise Refusal(f"{host} was asked too often just now; try another source")

    def _hop(self, url: str, deadline: float) -> Fetched | Failed | _Redirect:
        request = _Request("GET", url, {"Accept": _ACCEPT, "User-Agent": _AGENT})
        transport = AsyncPinnedTransport(self._addresses, verify=self._context)
        seconds = deadline - time.monotonic()
        answer = _sent(request, transport, self._caps, seconds=seconds)
        if isinstance(answer, Failed):
            return answer
        status, headers, body = answer
        if 300 <= status < 400 and headers.get("location"):
            return _Redirect(headers["location"])
        if status >= 400:
            return _status_failure(url, status)
        return Fetched(url, headers.get("content-type", ""), body)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return _trusted()


class Service:
    """A search service that the user named: JSON over HTTP at an address that is the user's own."""

    def __init__(self, base: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.base = base.rstrip("/")
        self._keyed = bool(headers)
        self._headers = {"Accept": "application/json", "User-Agent": _AGENT, **(headers or {})}

    def post(self, path: str, payload: Mapping[str, Any], *, absent: Failed | None = None) -> Any:
        """The JSON answer to a POST; Failed with the reason where there is none.

        `absent` is what a 404 or 410 means, where the service is asked for one page.
        """
        headers = {**self._headers, "Content-Type": "application/json"}
        body = json.dumps(payload).encode()
        return self._asked(_Request("POST", f"{self.base}{path}", headers, body=body), absent)

    def get(self, path: str, asked: Mapping[str, str]) -> Any:
        """The JSON answer to a GET; Failed with the reason where there is none."""
        where = f"{self.base}{path}?{urlencode(asked)}"
        return self._asked(_Request("GET", where, self._headers))

    def _asked(self, request: _Request, absent: Failed | None = None) -> Any:
        caps = Caps()
        transport = httpx.AsyncHTTPTransport(
            verify=self._context, trust_env=False, proxy=_proxy(request.url)
        )
        answer = _sent(request, transport, caps, seconds=caps.seconds)
        if isinstance(answer, Failed):
            return answer
        status, _, body = answer
        if status in _GONE and absent is not None:
            return absent
        if status >= 300:
            return _service_failure(self.base, status, keyed=self._keyed)
        try:
            return json.loads(body)
        except ValueError:
            return Failed(f"the search service {self.base} answered with something not JSON")

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return _trusted()


@dataclass(frozen=True)
class _Redirect:
    location: str


@dataclass(frozen=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


_Answer = tuple[int, Mapping[str, str], bytes | None]
"""Status, headers by names in lower case, and body: None where it is larger than is read."""


def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _sent(
    request: _Request, transport: httpx.AsyncBaseTransport, caps: Caps, *, seconds: float
) -> tuple[int, Mapping[str, str], bytes] | Failed:
    """Status, headers and body of one request; Failed where it came to nothing."""
    where = urlsplit(request.url).hostname
    exchange = asyncio.wait_for(_exchange(request, transport, caps.size), seconds)
    try:
        # A thread of its own: whoever calls may be inside an event loop.
        with ThreadPoolExecutor(1) as thread:
            status, headers, body = thread.submit(asyncio.run, exchange).result()
    except TimeoutError:
        return Failed(f"{where} did not answer within {caps.seconds:g} s; try another source")
    except Refusal as refusal:
        return Failed(str(refusal))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Failed(f"{where} cannot be reached ({_short(error)}); try another source")
    if body is None:
        size = f"{caps.size / 1e6:g} MB"
        return Failed(f"{request.url} is larger than {size} and was not read", lasting=True)
    return status, headers, body


async def _exchange(request: _Request, transport: httpx.AsyncBaseTransport, size: int) -> _Answer:
    headers = {**request.headers, "Accept-Encoding": "gzip"}
    async with (
        httpx.AsyncClient(transport=transport, timeout=None) as client,
        client.stream(
            request.method, request.url, headers=headers, content=request.body or None
        ) as response,
    ):
        said = {name.lower(): value for name, value in response.headers.items()}
        if 300 <= response.status_code < 400:
            return response.status_code, said, b""
        return response.status_code, said, await _body(response, size)


async def _body(response: httpx.Response, size: int) -> bytes | None:
    """The unpacked body; None as soon as it is larger than `size`: no gzip bomb is unfolded."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise Refusal(f"the answer of {response.url.host} is packed as {encoding}; open another")
    unpacker = Gunzip() if "gzip" in encoding else None
    parts: list[bytes] = []
    room = size
    async for chunk in response.aiter_raw():
        part = unpacker.unpack(chunk, room + 1) if unpacker else chunk
        room -= len(part)
        if room < 0:
            return None
        parts.append(part)
    if unpacker is not None and not unpacker.is_whole:
        raise Refusal(f"the answer of {response.url.host} broke off before its end; try again")
    return b"".join(parts)


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for a URL."""
    parts = urlsplit(url)
    if parts.hostname and proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)


def _status_failure(url: str, status: int) -> Failed:
    if status in _GONE:
        return Failed(f"the page {url} {_GONE[status]} ({status}); open another", lasting=True)
    if status in _REFUSED:
        sentence = f"the page {url} {_REFUSED[status]} ({status}); open another"
        return Failed(sentence, lasting=True, turned_away=True)
    if status in _BUSY:
        return Failed(f"{urlsplit(url).hostname} is busy or down ({status}); try another source")
    return Failed(f"{url} cannot be read: its host answered {status}", lasting=True)


def _service_failure(base: str, status: int, *, keyed: bool) -> Failed:
    host = urlsplit(base).hostname
    if status in (401, 403) and not keyed:
        return Failed(
            f"the service {host} refuses to answer programs ({status}); whoever runs it can let "
            "them in (a SearXNG: json among its search formats); go on without"
        )
    if status in (401, 403):
        return Failed(f"the search service {host} does not accept the key it was given ({status})")
    if status in (402, 429):
        return Failed(f"the quota of the search service {host} is spent ({status}); go on without")
    return Failed(f"the search service {host} answered {status}; try again later, or go on without")


def _short(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 120 else f"{said[:117]}..."
