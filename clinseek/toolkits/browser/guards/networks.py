"""Which addresses are public: reachable by everyone, and no part of the user's own network.

An address is public only where it is so in every form it hides: IPv4 inside IPv6 (mapped, NAT64)
is judged as IPv4; tunnels (6to4, Teredo, ISATAP) are never taken. Sources: the special-purpose
registries of IANA (RFC 6890 and its updates) as of 2025; the cloud addresses from their vendors.
"""

from __future__ import annotations

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC_4: Final = (
    ("0.0.0.0/8", "this machine"),
    ("10.0.0.0/8", "a private network"),
    ("100.64.0.0/10", "a provider's inner network"),
    ("127.0.0.0/8", "this machine"),
    ("169.254.0.0/16", "the local link, where clouds keep their credentials"),
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation only"),
    ("192.31.196.0/24", "reserved for protocols"),
    ("192.52.193.0/24", "reserved for protocols"),
    ("192.88.99.0/24", "a tunnel"),
    ("192.168.0.0/16", "a private network"),
    ("192.175.48.0/24", "reserved for protocols"),
    ("198.18.0.0/15", "for benchmarks only"),
    ("198.51.100.0/24", "for documentation only"),
    ("203.0.113.0/24", "for documentation only"),
    ("224.0.0.0/4", "a multicast group"),
    ("240.0.0.0/4", "reserved"),
    ("168.63.129.16/32", "a cloud's own service"),  # Azure's, a public address in name only
)
_NOT_PUBLIC_6: Final = (
    ("::/128", "this machine"),
    ("::1/128", "this machine"),
    ("fc00::/7", "a private network"),
    ("fe80::/10", "the local link"),
    ("fec0::/10", "a private network"),
    ("ff00::/8", "a multicast group"),
    ("64:ff9b:1::/48", "a private network"),
    ("2001::/32", "a tunnel"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation only"),
    ("2002::/16", "a tunnel"),
    ("2620:4f:8000::/48", "reserved for protocols"),
    ("3fff::/20", "for documentation only"),
)
_UNICAST_6: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)


def why_not_public(address: Address) -> str | None:
    """What an address is where it is not public; None for a public one.

    >>> why_not_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    'this machine'
    >>> why_not_public(ipaddress.ip_address("93.184.216.34")) is None
    True
    """
    if isinstance(address, ipaddress.IPv4Address):
        return _listed(address, _NOT_PUBLIC_4)
    if address.scope_id is not None:
        return "the local link"
    if address.ipv4_mapped is not None:
        return why_not_public(address.ipv4_mapped)
    if address in _NAT64:
        return why_not_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return "a tunnel"
    return _listed(address, _NOT_PUBLIC_6) or (None if address in _UNICAST_6 else "reserved")


def _listed(address: Address, networks: tuple[tuple[str, str], ...]) -> str | None:
    return next((what for net, what in networks if address in ipaddress.ip_network(net)), None)
