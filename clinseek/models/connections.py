"""Open connections to the hosts of models: one pool for each (event loop, address), leased.

Where requests go: to the configured host, and nowhere else. A redirect is an answer, not an
order. A proxy of the environment (HTTPS_PROXY, NO_PROXY) carries https alone, as a tunnel in
which it reads nothing; over plain http it would read the patient's record, so there it is passed
by, and so it is for this machine itself. Certificates: SSL_CERT_FILE and SSL_CERT_DIR, else
certifi's.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import httpx

from clinseek.models.privacy import is_loopback

_CONNECT_SECONDS = 10.0
# Servers drop idle connections (uvicorn, so vLLM and SGLang too, after five seconds); a
# connection that we drop first is never written to while the server is closing it.
_IDLE_SECONDS = 4.0
# No limit on open connections: how many turns run at once is the gate's business, and a turn
# that waited here would count as model time.
_LIMITS = httpx.Limits(
    max_connections=None, max_keepalive_connections=None, keepalive_expiry=_IDLE_SECONDS
)
_ABREAST = 4  # connections in a group


def timeouts(seconds: float) -> httpx.Timeout:
    """A limit on each silence of a server, and a shorter one on reaching it."""
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))


def address_of(url: str) -> str:
    """Host and port of a URL, without a password that it may carry.

    >>> address_of("http://user:secret@127.0.0.1:8000/v1")
    '127.0.0.1:8000'
    """
    return urlsplit(url).netloc.rpartition("@")[2]


def get(url: str, *, headers: dict[str, str], seconds: float) -> httpx.Response:
    """One GET, now, by the rules of this module; httpx errors come through."""
    with httpx.Client(
        transport=httpx.HTTPTransport(**_transport_options(url)),
        timeout=timeouts(seconds),
        trust_env=False,
    ) as client:
        return client.get(url, headers=headers)


def leased_client(url: str, *, seconds: float) -> tuple[httpx.AsyncClient, Lease]:
    """A client for `url` whose connections are shared, and its lease on them.

    The client itself holds nothing that must be closed; `Lease.release` is what ends its share.
    """
    lease = Lease(url)
    client = httpx.AsyncClient(transport=lease, timeout=timeouts(seconds), trust_env=False)
    return client, lease


class Lease(httpx.AsyncBaseTransport):
    """One model's share in the connections to an address, in whichever event loop it is asked.

    It begins with a request and ends with `release`; the next request begins it again.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send through the shared pool of the running loop."""
        pool = _POOLS.leased(self._url, self)
        group = pool.group_with_room()
        group.under_way += 1
        try:
            response = await group.transport.handle_async_request(request)
        except BaseException:
            await pool.ended(group)
            raise
        response.stream = _Body(response.stream, partial(pool.ended, group))
        return response

    async def release(self) -> None:
        """End this share in the running loop; with the last one the pool closes."""
        await _POOLS.released(self._url, self)


@dataclass(eq=False)
class _Group:
    """Some of a pool's connections, and how many of them are at work."""

    transport: httpx.AsyncHTTPTransport
    under_way: int = 0


class _Pool:
    """Connections to one address in one loop, and those who hold a share in them.

    They are kept in groups with one SSL context: at each request httpcore looks at every
    connection of its own beside every other, which with two hundred in one group took longer
    than the requests.
    """

    def __init__(self, url: str) -> None:
        self.holders: WeakSet[Lease] = WeakSet()
        self.closing = False
        self._options = _transport_options(url)
        self._groups: list[_Group] = []

    def group_with_room(self) -> _Group:
        """The first group that is not full, so that few turns use few connections."""
        for group in self._groups:
            if group.under_way < _ABREAST:
                return group
        self._groups.append(_Group(httpx.AsyncHTTPTransport(**self._options)))
        return self._groups[-1]

    async def ended(self, group: _Group) -> None:
        """One request of `group` is over."""
        group.under_way -= 1
        await self.close_if_free()

    async def close_if_free(self) -> None:
        """Close once nobody holds a share and nothing is under way."""
        if self.closing and not any(group.under_way for group in self._groups):
            for group in self._groups:
                await group.transport.aclose()


class _Pools:
    """The pools of this process. Loops may run in several threads, hence the lock."""

    def __init__(self) -> None:
        self._open: dict[tuple[asyncio.AbstractEventLoop, str], _Pool] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def leased(self, url: str, lease: Lease) -> _Pool:
        """The running loop's pool for the address of `url`, with `lease` among its holders."""
        key = _key(url)
        with self._lock:
            for other in [other for other in self._open if other[0].is_closed()]:
                del self._open[other]  # its connections died with its loop
            pool = self._open.get(key)
            if pool is None:
                pool = self._open[key] = _Pool(url)
            pool.holders.add(lease)
        return pool

    async def released(self, url: str, lease: Lease) -> None:
        """Take `lease` from the running loop's pool; close that once nobody holds it."""
        key = _key(url)
        with self._lock:
            pool = self._open.get(key)
            if pool is None:
                return
            pool.holders.discard(lease)
            if pool.holders:
                return
            del self._open[key]
            pool.closing = True
        await pool.close_if_free()


_POOLS = _Pools()
"""The one registry: it exists so that runs share connections that none of them owns."""


class _Body(httpx.AsyncByteStream):
    """A response's body that tells when it is done with."""

    def __init__(self, body: Any, ended: Callable[[], Awaitable[None]]) -> None:
        self._body = body
        self._ended: Callable[[], Awaitable[None]] | None = ended

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            yield chunk

    async def aclose(self) -> None:
        ended, self._ended = self._ended, None
        try:
            await self._body.aclose()
        finally:
            if ended is not None:
                await ended()


def _key(url: str) -> tuple[asyncio.AbstractEventLoop, str]:
    return asyncio.get_running_loop(), f"{urlsplit(url).scheme}://{address_of(url)}"


def _transport_options(url: str) -> dict[str, Any]:
    secure = urlsplit(url).scheme == "https"
    trusted = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    verify = _checking_certificates(trusted) if secure else False
    return {"verify": verify, "proxy": _proxy_of(url), "limits": _LIMITS}


@lru_cache(maxsize=4)
def _checking_certificates(_trusted: tuple[str | None, str | None]) -> ssl.SSLContext:
    # Reading the authorities takes tens of milliseconds, as long as many turns of the loop.
    return httpx.create_ssl_context()


def _proxy_of(url: str) -> str | None:
    if urlsplit(url).scheme != "https" or is_loopback(address_of(url)):
        return None
    from urllib.request import getproxies, proxy_bypass

    named = getproxies()
    proxy = named.get("https") or named.get("all")
    return None if proxy is None or proxy_bypass(urlsplit(url).hostname or "") else proxy
