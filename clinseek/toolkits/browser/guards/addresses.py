"""Which addresses may be opened: http(s) to public hosts, resolved once and pinned.

`Addresses.check` reads an address strictly (what two readers could read differently is refused),
resolves its host, and refuses unless every address found is public. Who connects must connect to
the `Pinned` address, never resolve the name again: see `connecting`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple, cast

import httpx

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.browser.guards.networks import Address, why_not_public

Scheme = Literal["http", "https"]
Resolver = Callable[[str, int], Sequence[str]]
"""Gives the IP addresses of a host for a port; raises OSError where there are none."""

PORTS: Final = frozenset({80, 443, 8080, 8443})

_LONGEST = 4096
_SHAPE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<slashes>/*)(?P<authority>[^/?#]*)")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\\s\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_NUMERIC = re.compile(r"(?:0[xX][0-9a-fA-F]*|\d+)\Z")
_QUAD = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}\Z")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_ENDS = """localhost local localdomain internal intranet private corp home lan arpa onion test
invalid example alt svc cluster"""
_INNER = frozenset(_ENDS.split())
"""Ends of names that stand for no public host."""


class Pinned(NamedTuple):
    """An address that may be opened: connect to `address` and nothing else.

    `host` is the name in ASCII without a dot at its end, for the Host header and the certificate.
    """

    url: str
    scheme: Scheme
    host: str
    port: int
    address: str


class Addresses:
    """Says which addresses may be opened.

    `services` are the user's own services (`http://127.0.0.1:8888`), allowed wherever they are,
    by scheme, host and port. Give them only to the guard of the client that speaks to the service:
    the guard of pages must have none, or a page could link to the service.
    """

    def __init__(self, resolver: Resolver | None = None, *, services: Iterable[str] = ()) -> None:
        self._resolve = resolver or resolve
        self._services = frozenset(_origin(service) for service in services)

    def check(self, url: str) -> Pinned:
        """Where to connect for `url`; Refusal with a sentence that says what is wrong with it.

        The host is resolved once, by this call. Resolution may block: not for an event loop.
        """
        scheme, host, port = _parts(url)
        own = (scheme, host, port) in self._services
        if not own:
            _refuse_odd(host, port)
        found = self._addresses(host, port)
        if not own:
            for address in found:
                what = why_not_public(address)
                if what is not None:
                    raise Refusal(f"not opened: {host} is {what}, not a public web host")
        return Pinned(url, scheme, host, port, str(found[0]))

    def _addresses(self, host: str, port: int) -> list[Address]:
        literal = _literal(host)
        if literal is not None:
            return [literal]
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Refusal(f"not opened: the host {host} cannot be found; is it right?") from error
        try:
            read = [ipaddress.ip_address(each) for each in found]
        except ValueError as error:
            raise Refusal(f"not opened: the host {host} has no usable address") from error
        if not read:
            raise Refusal(f"not opened: the host {host} has no address")
        return read


def check_form(url: str) -> None:
    """Refuse an address that by its form alone is none of the public web; nothing is resolved.

    For services that fetch pages themselves: a name that leads to the inner network passes here,
    and only the service can see where it leads.
    """
    _, host, port = _parts(url)
    _refuse_odd(host, port)
    literal = _literal(host)
    what = None if literal is None else why_not_public(literal)
    if what is not None:
        raise Refusal(f"not opened: {host} is {what}, not a public web host")


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host by the system's resolver; OSError where there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _parts(url: str) -> tuple[Scheme, str, int]:
    """Scheme, host and port of an address that can be read in one way only."""
    if len(url) > _LONGEST:
        raise Refusal(f"not opened: the address has more than {_LONGEST:,} characters")
    if _UNSAFE.search(url):
        raise Refusal("not opened: the address holds spaces, backslashes or control characters")
    shape = _SHAPE.match(url)
    if shape is None or shape["scheme"].lower() not in ("http", "https"):
        raise Refusal("not opened: an address begins with http:// or https://")
    if shape["slashes"] != "//" or not shape["authority"]:
        raise Refusal("not opened: the address names no host behind http:// or https://")
    if "@" in shape["authority"]:
        raise Refusal("not opened: the address holds a user name or password; leave it out")
    if "%" in shape["authority"]:
        raise Refusal("not opened: the host is written with percent signs; write it plainly")
    try:
        read = httpx.URL(url)
        host, port = read.raw_host.decode("ascii").lower(), read.port
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise Refusal("not opened: the address cannot be read") from error
    scheme = cast(Scheme, read.scheme)
    default = 443 if scheme == "https" else 80
    return scheme, _host(host), default if port is None else port


def _host(host: str) -> str:
    """The host without a dot at its end; Refusal for a number in disguise and for no name."""
    host = host.strip("[]") if host.startswith("[") else host.removesuffix(".")
    if _literal(host) is not None:
        return host
    labels = host.split(".")
    if _NUMERIC.match(labels[-1]):
        raise Refusal("not opened: the host is a number in an odd form; write the host's name")
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise Refusal("not opened: the host is not a name that can be")
    return host


def _refuse_odd(host: str, port: int) -> None:
    if port not in PORTS:
        allowed = ", ".join(map(str, sorted(PORTS)))
        raise Refusal(f"not opened: port {port} is not one of the web's ({allowed})")
    if _literal(host) is not None:
        return
    labels = host.split(".")
    if len(labels) == 1 or labels[-1] in _INNER:
        raise Refusal(f"not opened: {host} is a name of an inner network, not of a public host")


def _literal(host: str) -> Address | None:
    """The IP address that a host is, written in the one usual way; None for a name."""
    if ":" not in host and not _QUAD.match(host):
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _origin(service: str) -> tuple[Scheme, str, int]:
    try:
        return _parts(service)
    except Refusal as error:
        said = str(error).removeprefix("not opened: ")
        raise SettingError(f"the service {service!r} cannot be used: {said}") from error
