"""Connecting to the address that was checked, and to no other.

Each request is checked and resolved anew, redirects too: an address that answered well once may
answer with the inner network next time, and then it is refused. No connection is used twice: two
hosts at one address must not share a connection whose certificate was checked for one of them.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from clinseek.toolkits.browser.guards.addresses import Addresses, Pinned

_ONCE = httpx.Limits(max_keepalive_connections=0)


class AsyncPinnedTransport(httpx.AsyncBaseTransport):
    """Sends each request to the address that `addresses` gave for it, with its own Host and SNI.

    Names are resolved in a thread. Refusal comes out of the request as it is. Proxies of the
    environment are left aside: they would resolve names themselves. `verify` is as for httpx.
    """

    def __init__(self, addresses: Addresses, *, verify: Any = True) -> None:
        self._addresses = addresses
        self._inner = httpx.AsyncHTTPTransport(
            verify=verify, trust_env=False, limits=_ONCE, http2=False, retries=0
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response from the pinned address; Refusal where the address may not be opened."""
        pinned = await asyncio.to_thread(self._addresses.check, str(request.url))
        return await self._inner.handle_async_request(_to(pinned, request))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()


def _to(pinned: Pinned, request: httpx.Request) -> httpx.Request:
    """The same request, to the pinned address."""
    default = 443 if pinned.scheme == "https" else 80
    headers = request.headers.copy()
    written = f"[{pinned.host}]" if ":" in pinned.host else pinned.host
    headers["Host"] = written if pinned.port == default else f"{written}:{pinned.port}"
    return httpx.Request(
        request.method,
        request.url.copy_with(host=pinned.address),
        headers=headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": pinned.host},
    )
