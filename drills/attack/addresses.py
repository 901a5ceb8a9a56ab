"""Addresses that a page, or a model, could give to reach an inner network."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from drills.attack.case import Tried, line_of
from drills.drill import Line, Size

PUBLIC = "93.184.216.34"

NUMBERS_IN_DISGUISE = (
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7F.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0x/",
    "http://00/",
    "http://127.0.0.01/",
    "http://127.0.0.1.1/",
    "http://127.0.0.256/",
    "http://4294967296/",
    "http://0xA9FEA9FE/latest/meta-data/",
    "http://169.254.43518/",
    "http://example.org.0x7f/",
    "http://10.1/",
)
"""Numbers in forms that some resolver reads as an inner address."""

NOT_PUBLIC = (
    "127.0.0.1",
    "127.0.0.1.",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[0:0:0:0:0:ffff:10.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2001:0:53aa:64c:0:0:0:1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:c0a8:101::1]",
    "[2607:f8b0::5efe:127.0.0.1]",
    "[100::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[3fff::1]",
    "[5f00::1]",
)
"""Addresses that are not public, in the forms that hide them."""

READ_IN_TWO_WAYS = (
    ("file:///etc/passwd", "http://"),
    ("ftp://example.org/", "http://"),
    ("gopher://127.0.0.1:6379/_INFO", "http://"),
    ("dict://127.0.0.1:11211/", "http://"),
    ("jar:http://example.org!/", "http://"),
    ("data:text/html,hello", "http://"),
    ("javascript:alert(1)", "http://"),
    ("view-source:https://example.org", "http://"),
    ("//example.org/", "http://"),
    ("example.org", "http://"),
    ("", "http://"),
    ("http:example.org", "names no host"),
    ("http:/example.org", "names no host"),
    ("http:///example.org", "names no host"),
    ("http://", "names no host"),
    ("http:///", "names no host"),
    ("http://?x", "names no host"),
    ("http://user@example.org/", "user name"),
    ("http://user:word@example.org/", "user name"),
    ("http://example.org@127.0.0.1/", "user name"),
    ("http://127.0.0.1@example.org/", "user name"),
    ("http://a@b@example.org/", "user name"),
    ("http://example.org:80@127.0.0.1:8080/", "user name"),
    ("http://example.org\\@127.0.0.1/", "backslashes"),
    ("http:\\\\127.0.0.1\\", "backslashes"),
    ("http://127.0.0.1\t.example.org/", "control characters"),
    ("http://example.org\r\nHost: inner/", "control characters"),
    (" http://example.org/", "spaces"),
    ("http://exa mple.org/", "spaces"),
    ("http://example.org\u200b/", "control characters"),
    ("http://%31%32%37.0.0.1/", "percent"),
    ("http://127.0.0.1%2f@example.org/", "user name"),
    ("http://[fe80::1%25eth0]/", "percent"),
    ("http://example.org:22/", "port 22"),
    ("http://example.org:25/", "port 25"),
    ("http://example.org:6379/", "port 6379"),
    ("https://example.org:9200/", "port 9200"),
    ("http://example.org:0/", "port 0 "),
    ("http://example.org:99999/", "port 99999"),
    ("http://example.org:x/", "cannot be read"),
    ("http://example.org:-1/", "port -1"),
    ("http://localhost/", "inner network"),
    ("http://LOCALHOST:8080/", "inner network"),
    ("http://localhost./", "inner network"),
    ("http://a.localhost/", "inner network"),
    ("http://printer/", "inner network"),
    ("http://nas.local/", "inner network"),
    ("http://metadata.google.internal/computeMetadata/v1/", "inner network"),
    ("http://kubernetes.default.svc/", "inner network"),
    ("http://router.home.arpa/", "inner network"),
    ("http://hidden.onion/", "inner network"),
    ("http://example.org../", "not a name"),
    ("http://.example.org/", "not a name"),
    ("http://exam..ple.org/", "not a name"),
    ("http://-a.org/", "cannot be read|not a name"),
    ("http://" + "a" * 64 + ".org/", "cannot be read|not a name"),
    ("http://[::1/", "cannot be read"),
    ("http://[::1]x/", "cannot be read"),
    ("http://::1/", "cannot be read|not a name"),
    ("https://example.org/" + "a" * 5000, "characters"),
    # Digits and dots that IDNA would make into 127.0.0.1 or localhost.
    ("http://\uff11\uff12\uff17.0.0.1/", "cannot be read"),
    ("http://\u2460\u2461\u2466.0.0.1/", "cannot be read"),
    ("http://127\u30020\u30020\u30021/", "this machine"),
    ("http://127\uff0e0\uff0e0\uff0e1/", "this machine"),
    ("http://\u24db\u24de\u24d2alhost/", "cannot be read"),
    ("http://ex\u00adample.org/", "cannot be read"),
    ("http://xn--\u00fc.org/", "cannot be read"),
)
"""Addresses that two readers could read in two ways, and a word of the refusal."""


def lines(size: Size, place: Path) -> Iterator[Line]:
    """Each address by itself, behind a name, and behind a redirect."""
    del size, place
    yield line_of("numbers in odd forms", [Tried(u, _refused(u)) for u in NUMBERS_IN_DISGUISE])
    inner = [f"http://{host}/" for host in NOT_PUBLIC]
    yield line_of("addresses that are not public", [Tried(url, _refused(url)) for url in inner])
    yield line_of(
        "names that lead to them",
        [Tried(host, _refused("https://rebind.example.org/", host)) for host in NOT_PUBLIC],
    )
    twice = [url for url, _ in READ_IN_TWO_WAYS]
    yield line_of("addresses read in two ways", [Tried(url, _refused(url)) for url in twice])
    yield line_of("a name that changes its address", [Tried("rebinding", _rebound)])
    yield line_of("a redirect inwards", [Tried(url, _redirected(url)) for url in inner[:12]])


def _refused(url: str, leads_to: str = PUBLIC) -> Callable[[], str | None]:
    from clinseek.errors import Refusal
    from clinseek.toolkits.browser.guards.addresses import Addresses

    def held() -> str | None:
        asked: list[str] = []

        def found(host: str, port: int) -> list[str]:
            del port
            asked.append(host)
            return [leads_to.strip("[]").removesuffix(".")]

        try:
            pinned = Addresses(found).check(url)
        except Refusal:
            return None
        return f"was opened at {pinned.address}"

    return held


def _rebound() -> str | None:
    from clinseek.errors import Refusal
    from clinseek.toolkits.browser.guards.addresses import Addresses

    turns = itertools.cycle([[PUBLIC], ["127.0.0.1"]])
    addresses = Addresses(lambda _host, _port: next(turns))
    if addresses.check("https://rebind.example.org/").address != PUBLIC:
        return "was not pinned to the address that was checked"
    try:
        addresses.check("https://rebind.example.org/")
    except Refusal:
        return None
    return "was opened at its second address"


def _redirected(url: str) -> Callable[[], str | None]:
    from clinseek.toolkits.browser.backends.fetching import Caps, Fetcher
    from clinseek.toolkits.browser.guards.addresses import Addresses
    from clinseek.toolkits.browser.hits import Failed
    from tests.toolkits.browser.servers import moved, site

    def held() -> str | None:
        with site({"/": moved(url)}) as outer:
            addresses = Addresses(services=[outer.url])
            fetcher = Fetcher(addresses=addresses, caps=Caps(size=1_000, seconds=5.0, pause=0.0))
            made = fetcher.fetch(f"{outer.url}/")
        return None if isinstance(made, Failed) else "was followed"

    return held
