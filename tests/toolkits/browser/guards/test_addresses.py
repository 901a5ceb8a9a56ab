"""Which addresses are opened, under a table of known attacks."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.browser.guards.addresses import Addresses, Pinned

PUBLIC = "93.184.216.34"


def public(host: str, port: int) -> list[str]:
    """A resolver that finds every name, at one public address."""
    return [PUBLIC]


def unasked(host: str, port: int) -> list[str]:
    """A resolver that must not be reached."""
    raise AssertionError(f"{host} was looked up")


def refusal(url: str, addresses: Addresses) -> str:
    with pytest.raises(Refusal) as refused:
        addresses.check(url)
    return str(refused.value)


@pytest.mark.parametrize(
    ("url", "pinned"),
    [
        (
            "https://www.nlm.nih.gov/medlineplus/a1c.html",
            ("https", "www.nlm.nih.gov", 443),
        ),
        ("http://kidney.example.org", ("http", "kidney.example.org", 80)),
        ("HTTPS://WWW.NICE.ORG.UK/Guidance", ("https", "www.nice.org.uk", 443)),
        ("https://guidelines.example.org.:8443/a?b#c", ("https", "guidelines.example.org", 8443)),
        ("https://b\u00fccher.example.org/", ("https", "xn--bcher-kva.example.org", 443)),
        ("http://mirror.example.org:8080/x@y", ("http", "mirror.example.org", 8080)),
    ],
)
def test_a_public_page_is_pinned_to_the_address_that_was_found(
    url: str, pinned: tuple[str, str, int]
) -> None:
    assert Addresses(public).check(url)[1:] == (*pinned, PUBLIC)


def test_a_public_address_without_a_name_is_its_own_pin() -> None:
    url = "https://93.184.216.34/page"
    assert Addresses(unasked).check(url) == Pinned(url, "https", PUBLIC, 443, PUBLIC)


def test_the_host_is_resolved_once() -> None:
    asked: list[str] = []

    def counting(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"]

    assert Addresses(counting).check("https://example.org/").address == PUBLIC
    assert asked == ["example.org"]


NUMBERS_IN_DISGUISE = [
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
]


@pytest.mark.parametrize("url", NUMBERS_IN_DISGUISE)
def test_a_number_in_an_odd_form_is_no_host(url: str) -> None:
    told = refusal(url, Addresses(unasked))
    assert "odd form" in told or "cannot be read" in told


NOT_PUBLIC = [
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
]


@pytest.mark.parametrize("host", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(host: str) -> None:
    assert "not a public web host" in refusal(f"http://{host}/", Addresses(unasked))


@pytest.mark.parametrize("host", NOT_PUBLIC)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_refused(host: str) -> None:
    inner = host.strip("[]").removesuffix(".")
    addresses = Addresses(lambda name, port: [inner])
    assert "not a public web host" in refusal("https://rebind.example.org/", addresses)


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    addresses = Addresses(lambda host, port: [PUBLIC, "127.0.0.1"])
    assert "this machine" in refusal("https://mixed.example.org/", addresses)


def test_a_scoped_address_from_the_resolver_is_refused() -> None:
    addresses = Addresses(lambda host, port: ["fe80::1%eth0"])
    assert "local link" in refusal("https://scoped.example.org/", addresses)


def test_a_public_address_behind_nat64_is_public() -> None:
    addresses = Addresses(lambda host, port: ["64:ff9b::5db8:d822"])
    assert addresses.check("https://example.org/").address == "64:ff9b::5db8:d822"


@pytest.mark.parametrize(
    ("url", "said"),
    [
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
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str, said: str) -> None:
    told = refusal(url, Addresses(unasked))
    assert any(part in told for part in said.split("|")), told


def test_a_name_that_changes_its_address_is_judged_anew_each_time() -> None:
    turns = itertools.cycle([[PUBLIC], ["127.0.0.1"]])
    addresses = Addresses(lambda host, port: next(turns))
    assert addresses.check("https://rebind.example.org/").address == PUBLIC
    assert "this machine" in refusal("https://rebind.example.org/", addresses)


@pytest.mark.parametrize("found", [[], ["no address"]])
def test_a_host_without_a_usable_address_is_one_sentence(found: list[str]) -> None:
    assert "address" in refusal("https://gone.example.org/", Addresses(lambda host, port: found))


def test_a_host_that_cannot_be_found_is_one_sentence() -> None:
    def failing(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    assert "cannot be found" in refusal("https://gone.example.org/", Addresses(failing))


SERVICE = "http://127.0.0.1:8888"


def test_the_users_own_service_is_reached_where_it_is_named() -> None:
    addresses = Addresses(unasked, services=[SERVICE])
    assert addresses.check(f"{SERVICE}/search?q=x")[1:] == ("http", "127.0.0.1", 8888, "127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8888/",
        "http://127.0.0.1:8889/",
        "http://127.0.0.2:8888/",
        "http://localhost:8888/",
        "http://127.0.0.1/",
        "http://[::1]:8888/",
    ],
)
def test_naming_a_service_opens_nothing_beside_it(url: str) -> None:
    refusal(url, Addresses(lambda host, port: ["127.0.0.1"], services=[SERVICE]))


def test_a_service_by_name_may_lead_to_the_inner_network() -> None:
    addresses = Addresses(lambda host, port: ["10.0.0.7"], services=["http://searx:8080/"])
    assert addresses.check("http://searx:8080/search").address == "10.0.0.7"


def test_a_service_that_cannot_be_is_told_at_the_start() -> None:
    with pytest.raises(SettingError, match=r"the service 'localhost:8888' cannot be used"):
        Addresses(services=["localhost:8888"])


@given(st.text(max_size=80), st.sampled_from(["", "http://", "https://", "http://127.0.0.1/"]))
def test_every_text_is_pinned_to_a_public_address_or_refused(text: str, before: str) -> None:
    try:
        pinned = Addresses(public).check(before + text)
    except Refusal:
        return
    assert pinned.scheme in ("http", "https")
    assert pinned.port in (80, 443, 8080, 8443)
    assert pinned.address in (PUBLIC, pinned.host)


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_no_address_that_the_library_calls_private_is_pinned(address: object) -> None:
    found = str(address)
    try:
        pinned = Addresses(lambda host, port: [found]).check("https://any.example.org/")
    except Refusal:
        return
    read = ipaddress.ip_address(pinned.address)
    assert read.is_global
    assert not read.is_multicast
