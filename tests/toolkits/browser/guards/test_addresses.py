"""Which addresses are opened, under a table of known attacks."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.browser.guards.addresses import Addresses, Pinned
from drills.attack.addresses import NOT_PUBLIC, NUMBERS_IN_DISGUISE, PUBLIC, READ_IN_TWO_WAYS


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


@pytest.mark.parametrize("url", NUMBERS_IN_DISGUISE)
def test_a_number_in_an_odd_form_is_no_host(url: str) -> None:
    told = refusal(url, Addresses(unasked))
    assert "odd form" in told or "cannot be read" in told


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


@pytest.mark.parametrize(("url", "said"), READ_IN_TWO_WAYS)
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
