"""Search services, scripted on loopback: Serper, SearXNG, the published local service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.toolkits.browser.backends.build import build_web, missing_libraries
from clinseek.toolkits.browser.backends.services import LocalService, SearXng, Serper
from clinseek.toolkits.browser.backends.web import Web
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit
from tests.toolkits.browser.servers import Heard, Reply, Site, page, says, site
from tests.toolkits.browser.test_fetching import fetcher
from tests.toolkits.browser.webs import guards

ORGANIC = {"organic": [
    {"title": "Potassium", "link": "https://e.org/k", "snippet": "Above 6.5"},
    {"title": "No link"}, "not a result",
    {"title": "Sodium", "link": "https://e.org/na", "snippet": "x" * 900},
]}  # fmt: skip
RESULTS = {"results": [
    {"title": "Potassium", "url": "https://e.org/k", "content": "Above 6.5"},
    {"title": "Sodium", "url": "https://e.org/na", "summary": "Water"},
]}  # fmt: skip


def serper(one: Site) -> Serper:
    return Serper("the-key", fetcher(one), search=one.url, pages=f"{one.url}/scrape")


def searxng(one: Site) -> SearXng:
    return SearXng(one.url, fetcher(one))


def local(one: Site) -> LocalService:
    return LocalService(one.url)


BACKENDS: list[Callable[[Site], Web]] = [serper, searxng, local]


def test_serper_is_asked_with_the_key_and_the_number_of_hits() -> None:
    with site(lambda heard: says(ORGANIC)) as one:
        hits = serper(one).search("serum potassium", 7)
        assert not isinstance(hits, Failed)
        assert [hit.url for hit in hits] == ["https://e.org/k", "https://e.org/na"]
        assert hits[0] == Hit("https://e.org/k", "Potassium", "Above 6.5")
        assert len(hits[1].snippet) == 400
        heard = one.heard[0]
        assert (heard.method, heard.path) == ("POST", "/search")
        assert heard.json == {"q": "serum potassium", "num": 7}
        assert heard.headers["x-api-key"] == "the-key"


def test_serper_reads_a_page_that_its_host_refuses_and_keeps_its_lines() -> None:
    def answer(heard: Heard) -> Reply:
        if heard.path == "/scrape":
            return says({"markdown": "# K\nline", "text": "K line", "metadata": {"title": "Pot"}})
        return page("<main>open</main>") if heard.path == "/open" else Reply(b"", status=403)

    with site(answer) as one:
        read = serper(one).fetch(f"{one.url}/shut")
        assert isinstance(read, Fetched)
        assert (read.body, read.title) == (b"# K\nline", "Pot")
        assert one.heard[-1].json == {"url": f"{one.url}/shut", "includeMarkdown": True}
        read = serper(one).fetch(f"{one.url}/open")
        assert isinstance(read, Fetched)
        assert b"open" in read.body
        assert one.heard[-1].path == "/open"


def test_a_page_that_is_gone_is_not_asked_of_serper_again() -> None:
    with site({}) as one:
        assert isinstance(serper(one).fetch(f"{one.url}/gone"), Failed)
        assert [heard.path for heard in one.heard] == ["/gone"]


def test_searxng_is_asked_page_by_page_until_there_are_enough() -> None:
    def answer(heard: Heard) -> Reply:
        number = int(heard.path.rpartition("pageno=")[2])
        listed = [{"title": "t", "url": f"https://e.org/{number}/{at}"} for at in range(4)]
        return says({"results": listed})

    with site(answer) as one:
        hits = searxng(one).search("serum potassium", 7)
        assert not isinstance(hits, Failed)
        assert [hit.url[14:] for hit in hits] == ["1/0", "1/1", "1/2", "1/3", "2/0", "2/1", "2/2"]
        assert one.heard[0].path == "/search?q=serum+potassium&format=json&pageno=1"
        assert len(one.heard) == 2


def test_the_local_service_is_asked_as_published() -> None:
    def answer(heard: Heard) -> Reply:
        if heard.path == "/search":
            return says(RESULTS)
        known = heard.json == {"url": "https://e.org/k"}
        return says({"title": "K", "content": "<p>Potassium</p>"} if known else {"content": ""})

    with site(answer) as one:
        web = local(one)
        hits = web.search("potassium", 1)
        assert hits == [Hit("https://e.org/k", "Potassium", "Above 6.5")]
        assert one.heard[0].json == {"query": "potassium", "topn": 1}
        read = web.fetch("https://e.org/k")
        assert isinstance(read, Fetched)
        assert read.mime == "text/html; charset=utf-8"
        assert web.fetch("https://e.org/x") == Failed(
            "the local service has no page https://e.org/x; open another", lasting=True
        )


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_the_local_service_has_not_is_told_as_a_page(status: int) -> None:
    with site(lambda heard: says({}, status)) as one:
        assert local(one).fetch("https://e.org/x") == Failed(
            "the local service has no page https://e.org/x; open another", lasting=True
        )


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/"),
        *("http://10.0.0.7:8080/", "http://localhost/", "http://printer/", "http://x.internal/"),
        *("http://2130706433/", "http://0x7f.1/", "http://e.org:22/", "http://[::ffff:10.0.0.1]/"),
        *("corpus://demo/potassium.md", "file:///etc/passwd", "https://user@e.org/"),
    ],
)
def test_the_local_service_is_no_way_into_the_inner_network(url: str) -> None:
    with site(lambda heard: says({"content": "inner"})) as one:
        made = local(one).fetch(url)
        assert isinstance(made, Failed)
        assert made.sentence.startswith("not opened: ")
        assert one.heard == []


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (says({}, 401), "(401)"),
        (says({}, 429), "quota of the search service 127.0.0.1 is spent"),
        (says({}, 402), "quota of the search service 127.0.0.1 is spent"),
        (says({}, 500), "answered 500"),
        (Reply(b"<html>", status=302, headers={"Location": "/login"}), "answered 302"),
        (Reply(b"<html>not json</html>"), "something not JSON"),
        (says({"organic": 3, "results": 3}), "in a form that cannot be read"),
    ],
)
def test_a_service_that_does_not_serve_is_told_in_one_sentence(
    backend: Callable[[Site], Web], reply: Reply, words: str
) -> None:
    with site(lambda heard: reply) as one:
        made = backend(one).search("potassium", 5)
        assert isinstance(made, Failed)
        assert words in made.sentence
        assert not made.lasting
        assert "the-key" not in made.sentence


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_is_named_only_where_there_is_one(status: int) -> None:
    with site(lambda heard: says({}, status)) as one:
        keyed, plain = (each(one).search("potassium", 5) for each in (serper, searxng))
    assert isinstance(keyed, Failed)
    assert "does not accept the key" in keyed.sentence
    assert isinstance(plain, Failed)
    assert "key" not in plain.sentence
    assert "json among its search formats" in plain.sentence


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_service_that_finds_nothing_has_no_hits(backend: Callable[[Site], Web]) -> None:
    with site(lambda heard: says({})) as one:
        assert backend(one).search("potassium", 5) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_service_that_is_down_is_told(backend: Callable[[Site], Web]) -> None:
    with site({}) as one:
        web = backend(one)
    made = web.search("potassium", 5)
    assert isinstance(made, Failed)
    assert "cannot be reached" in made.sentence


def build(spec: str, folder: Path, **given: Any) -> Web:
    return build_web(spec, guards=guards(), folder=folder, **{"environment": {}, **given})


def test_a_backend_is_built_from_its_name(tmp_path: Path) -> None:
    assert build("offline", tmp_path).name.startswith("offline ")
    assert build("serper", tmp_path, environment={"SERPER_API_KEY": "k"}).name == "serper"
    assert build("searxng:http://127.0.0.1:8888/", tmp_path).name == "searxng http://127.0.0.1:8888"
    assert build("local", tmp_path).name == "local http://127.0.0.1:8001"
    assert build("local:http://h:1", tmp_path).name == "local http://h:1"
    assert missing_libraries() == ()


@pytest.mark.parametrize(
    ("spec", "given", "sentence"),
    [
        ("serper", {}, "needs SERPER_API_KEY in the environment"),
        ("searxng", {}, "needs an address"),
        ("searxng:127.0.0.1", {}, "needs an address"),
        ("google", {}, "there is no web backend 'google'; use offline, serper"),
        ("offline:x", {}, "there is no web backend"),
        ("serper:x", {"environment": {"SERPER_API_KEY": "k"}}, "there is no web backend"),
        ("serper", {"corpora": [Path("c")]}, "a corpus is for the offline backend"),
        ("offline", {"corpora": [Path("no-such-corpus")]}, "there is no corpus no-such-corpus"),
    ],
)
def test_a_backend_that_cannot_be_is_told_at_the_start(
    tmp_path: Path, spec: str, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError, match=sentence):
        build(spec, tmp_path, **given)
