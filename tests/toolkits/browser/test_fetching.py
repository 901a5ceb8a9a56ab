"""Fetching from hosts on loopback: caps, redirects, packed and broken answers, a polite pace."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.toolkits.browser.backends.fetching import Caps, Fetcher, Pace
from clinseek.toolkits.browser.backends.unpacking import Gunzip
from clinseek.toolkits.browser.guarding import Denied
from clinseek.toolkits.browser.guards.addresses import Addresses
from clinseek.toolkits.browser.hits import Failed, Fetched
from clinseek.toolkits.browser.reading import page_of
from tests.toolkits.browser.servers import GUIDELINE, Reply, Site, moved, page, pdf, site, zipped

QUICK = Caps(size=200_000, seconds=10.0, pause=0.0)


def fetcher(*sites: Site, caps: Caps = QUICK, denied: Denied | None = None) -> Fetcher:
    """A fetcher for which these sites on loopback, and no others, are the public web."""
    return Fetcher(
        addresses=Addresses(services=[each.url for each in sites]), caps=caps, denied=denied
    )


def fetched(made: Fetched | Failed) -> Fetched:
    assert isinstance(made, Fetched), made
    return made


def sentence(made: Fetched | Failed) -> str:
    assert isinstance(made, Failed), made
    return made.sentence


def test_a_page_comes_with_its_type_and_its_last_address() -> None:
    with site({"/a": moved("b?x=1#part"), "/b": page(GUIDELINE)}) as one:
        got = fetched(fetcher(one).fetch(f"{one.url}/a#top"))
        assert got.url == f"{one.url}/b?x=1"
        assert got.mime == "text/html; charset=utf-8"
        assert got.body.decode() == GUIDELINE
        assert [heard.path for heard in one.heard] == ["/a", "/b?x=1"]
        assert "#" not in one.heard[0].path
        assert one.heard[0].headers["user-agent"].startswith("clinseek/")


def test_a_name_is_asked_at_the_address_that_was_checked() -> None:
    with site({"/": page("<main>x</main>")}) as one:
        port = int(one.url.rpartition(":")[2])
        named = f"http://pages.example.org:{port}"
        addresses = Addresses(resolver=lambda host, port: ["127.0.0.1"], services=[named])
        fetched(Fetcher(addresses=addresses, caps=QUICK).fetch(f"{named}/"))
        assert one.heard[0].headers["host"] == f"pages.example.org:{port}"


def test_pdfs_and_large_pages_arrive_whole() -> None:
    big = f"<main>{'<p>potassium and more of it</p>' * 120_000}</main>"
    with site({"/p": Reply(pdf("Words"), "application/pdf"), "/big": page(big)}) as one:
        web = fetcher(one, caps=Caps(pause=0.0))
        assert "Words" in page_of(fetched(web.fetch(f"{one.url}/p"))).lines
        assert len(fetched(web.fetch(f"{one.url}/big")).body) > 3_000_000


def test_a_packed_page_is_unpacked() -> None:
    with site({"/": zipped(GUIDELINE.encode())}) as one:
        assert fetched(fetcher(one).fetch(f"{one.url}/")).body.decode() == GUIDELINE


_GZIPPED = {"Content-Encoding": "gzip"}


def test_a_page_packed_in_several_parts_is_unpacked_whole() -> None:
    packed = gzip.compress(b"<p>one") + gzip.compress(b" two</p>")
    bodies = {"/": packed, "/0": packed + b"\0" * 9, "/none": b""}
    with site({at: Reply(body, headers=_GZIPPED) for at, body in bodies.items()}) as one:
        for path in ("/", "/0"):
            assert fetched(fetcher(one).fetch(f"{one.url}{path}")).body == b"<p>one two</p>"
        assert fetched(fetcher(one).fetch(f"{one.url}/none")).body == b""


@pytest.mark.parametrize("kept", [-1, -9, 60])
def test_a_packed_page_that_breaks_off_is_not_shown_as_a_whole(kept: int) -> None:
    packed = gzip.compress(b"<main><p>hello world page</p></main>" * 100 + bytes(range(256)))
    with site({"/": Reply(packed[:kept], headers=_GZIPPED)}) as one:
        assert "broke off before its end" in sentence(fetcher(one).fetch(f"{one.url}/"))


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.integers(1, 50))
def test_parts_and_chunks_make_no_difference_to_what_is_unpacked(
    members: list[bytes], size: int
) -> None:
    packed, gunzip = b"".join(map(gzip.compress, members)), Gunzip()
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(gunzip.unpack(chunk, 1_000) for chunk in chunks) == b"".join(members)
    assert gunzip.is_whole


def test_a_gzip_bomb_is_not_unfolded() -> None:
    bomb = zipped(b"\0" * 300_000_000)
    with site({"/": bomb}) as one:
        web = fetcher(one)
        tracemalloc.start()
        try:
            failed = web.fetch(f"{one.url}/")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert "larger than 0.2 MB" in sentence(failed)
    assert most < 10_000_000


def test_a_page_larger_than_the_cap_is_not_read_to_its_end() -> None:
    with site({"/": Reply(b"x" * 300_000, "text/plain")}) as one:
        failed = fetcher(one).fetch(f"{one.url}/")
        assert "larger than 0.2 MB and was not read" in sentence(failed)
        assert isinstance(failed, Failed)
        assert failed.lasting


@pytest.mark.parametrize(
    "headers",
    [{"Content-Encoding": "br"}, {"Content-Encoding": "gzip"}],
    ids=["another packing", "not packed at all"],
)
def test_a_page_that_cannot_be_unpacked_is_told(headers: dict[str, str]) -> None:
    with site({"/": Reply(b"plain words", headers=headers)}) as one:
        assert "packed" in sentence(fetcher(one).fetch(f"{one.url}/"))


@pytest.mark.parametrize("reply", [Reply(b"late", wait=2.5), Reply(b"x" * 400, drip=0.05)])
def test_a_slow_page_is_given_up_at_the_deadline(reply: Reply) -> None:
    caps = Caps(seconds=1.0, pause=0.0)
    with site({"/": reply}) as one:
        began = time.monotonic()
        assert "did not answer within 1 s" in sentence(fetcher(one, caps=caps).fetch(f"{one.url}/"))
        assert time.monotonic() - began < 30


def test_a_page_that_breaks_off_is_told() -> None:
    with site({"/": Reply(b"half a page", cut=True)}) as one:
        assert "cannot be reached" in sentence(fetcher(one).fetch(f"{one.url}/"))


def test_a_host_where_nobody_listens_is_told() -> None:
    with site({}) as one:
        gone = one
    assert "cannot be reached" in sentence(fetcher(gone).fetch(f"{gone.url}/"))


def test_a_name_that_is_not_found_is_told() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    web = Fetcher(addresses=Addresses(resolver=nothing), caps=QUICK)
    assert "cannot be found" in sentence(web.fetch("https://pages.example.org/"))


@pytest.mark.parametrize(
    ("status", "words", "lasting"),
    [
        (404, "does not exist (404)", True),
        (410, "is gone (410)", True),
        (403, "refuses to be read (403)", True),
        (429, "is busy or down (429)", False),
        (503, "is busy or down (503)", False),
        (418, "answered 418", True),
    ],
)
def test_a_status_is_told_in_words(status: int, words: str, *, lasting: bool) -> None:
    with site({"/": Reply(b"<p>no</p>", status=status)}) as one:
        failed = fetcher(one).fetch(f"{one.url}/")
        assert words in sentence(failed)
        assert isinstance(failed, Failed)
        assert failed.lasting is lasting


def test_a_redirect_that_never_ends_is_left() -> None:
    with site({"/": moved("/")}) as one:
        assert "redirects more than 5 times" in sentence(fetcher(one).fetch(f"{one.url}/"))
        assert len(one.heard) == 6


def test_a_redirect_to_the_inner_network_is_not_followed() -> None:
    with site({"/": page("<main>secret</main>")}) as inner:
        for where in (
            f"{inner.url}/",
            inner.url.replace("://", "://user:secret@"),
            "http://169.254.169.254/",
            "http://[::1]/",
            "http://[no",
            "file:///etc/passwd",
        ):
            with site({"/": moved(where)}) as outer:
                assert isinstance(fetcher(outer).fetch(f"{outer.url}/"), Failed)
        assert inner.heard == []


class Shut:
    """Closes one path."""

    def check(self, url: str, *, title: str = "") -> str | None:
        return "closed in an evaluation" if url.endswith("/labels") else None


def test_a_redirect_to_a_closed_page_is_not_followed() -> None:
    with site({"/": moved("/labels"), "/labels": page("<main>1 0 1</main>")}) as one:
        assert (
            sentence(fetcher(one, denied=Shut()).fetch(f"{one.url}/")) == "closed in an evaluation"
        )
        assert [heard.path for heard in one.heard] == ["/"]


def test_a_page_can_be_fetched_from_within_an_event_loop() -> None:
    with site({"/": page("<main>x</main>")}) as one:

        async def inside() -> Fetched | Failed:
            return fetcher(one).fetch(f"{one.url}/")

        assert isinstance(asyncio.run(inside()), Fetched)


def test_no_page_sets_a_cookie_or_learns_where_the_reader_came_from() -> None:
    crumb = Reply(b"<main>x</main>", headers={"Set-Cookie": "who=me"})
    with site({"/": crumb}) as one:
        web = fetcher(one)
        for _ in range(2):
            web.fetch(f"{one.url}/")
        assert not {"cookie", "referer", "authorization"} & set(one.heard[1].headers)


def test_requests_to_one_host_keep_their_distance() -> None:
    pace = Pace(pause=0.05, patience=10.0)
    began = time.monotonic()
    threads = [threading.Thread(target=pace.wait, args=("e.org",)) for _ in range(4)]
    for each in threads:
        each.start()
    assert pace.wait("f.org")
    for each in threads:
        each.join()
    assert time.monotonic() - began >= 0.15


def test_a_host_with_a_long_queue_is_told_at_once() -> None:
    pace = Pace(pause=100.0, patience=5.0)
    assert pace.wait("e.org")
    assert not pace.wait("e.org")
    with site({"/": page("<main>x</main>")}) as one:
        web = fetcher(one, caps=Caps(pause=100.0, patience=5.0))
        fetched(web.fetch(f"{one.url}/"))
        assert "was asked too often just now" in sentence(web.fetch(f"{one.url}/"))


@contextmanager
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with site({"/": page("<main>by the proxy</main>")}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        yield proxy


def test_pages_do_not_go_through_a_proxy_that_would_resolve_their_names_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with proxied(monkeypatch) as proxy, site({"/": page("<main>direct</main>")}) as one:
        assert b"direct" in fetched(fetcher(one).fetch(f"{one.url}/")).body
        assert proxy.heard == []


def test_unpacking_stops_at_the_cap_also_in_a_page_of_many_parts() -> None:
    body = gzip.compress(b"a" * 150_000 + bytes(range(256)) * 400)
    with site({"/": Reply(body, "text/plain", headers={"Content-Encoding": "gzip"})}) as one:
        assert "larger than" in sentence(fetcher(one).fetch(f"{one.url}/"))
