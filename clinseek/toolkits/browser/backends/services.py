"""Search services: Serper, a SearXNG of one's own, and the published local service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clinseek.errors import Refusal
from clinseek.toolkits.browser.backends.fetching import Fetcher, Service
from clinseek.toolkits.browser.guards.addresses import check_form
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit

_SERPER = "https://google.serper.dev"
_SERPER_PAGES = "https://scrape.serper.dev"
_SEARXNG_PAGES = 3
_LONGEST_SNIPPET = 400


class Serper:
    """Google's results by serper.dev; pages from their hosts, or by Serper where those refuse."""

    name = "serper"

    def __init__(
        self, key: str, fetcher: Fetcher, *, search: str = _SERPER, pages: str = _SERPER_PAGES
    ) -> None:
        headers = {"X-API-KEY": key}
        self._search = Service(search, headers=headers)
        self._pages = Service(pages, headers=headers)
        self._fetcher = fetcher

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        """Google's organic results."""
        answer = self._search.post("/search", {"q": query, "num": topn})
        return _hits(answer, "organic", link="link", topn=topn, host="google.serper.dev")

    def fetch(self, url: str) -> Fetched | Failed:
        """The page from its host; where that lasts not to be had, as Serper reads it."""
        fetched = self._fetcher.fetch(url)
        if not (isinstance(fetched, Failed) and fetched.turned_away):
            return fetched
        answer = self._pages.post("", {"url": url, "includeMarkdown": True})
        if isinstance(answer, Failed) or not isinstance(answer, Mapping):
            return fetched
        text = str(answer.get("markdown") or answer.get("text") or "")
        about = answer.get("metadata")
        title = str(about.get("title") or "") if isinstance(about, Mapping) else ""
        return Fetched(url, "text/plain; charset=utf-8", text.encode(), title) if text else fetched


class SearXng:
    """The results of a SearXNG that the user runs; pages come from their hosts."""

    def __init__(self, base: str, fetcher: Fetcher) -> None:
        self.name = f"searxng {base}"
        self._service = Service(base)
        self._fetcher = fetcher

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        """Results page by page until there are `topn`."""
        found: dict[str, Hit] = {}
        for number in range(1, _SEARXNG_PAGES + 1):
            asked = {"q": query, "format": "json", "pageno": str(number)}
            answer = self._service.get("/search", asked)
            hits = _hits(answer, "results", link="url", topn=topn, host=self._service.base)
            if isinstance(hits, Failed):
                return list(found.values()) or hits
            new = {hit.url: hit for hit in hits if hit.url not in found}
            found.update(new)
            if len(found) >= topn or not new:
                break
        return list(found.values())[:topn]

    def fetch(self, url: str) -> Fetched | Failed:
        """The page from its host."""
        return self._fetcher.fetch(url)


class LocalService:
    """The published local service: POST /search and POST /get_content."""

    def __init__(self, base: str) -> None:
        self.name = f"local {base}"
        self._service = Service(base)

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        """What its /search answers."""
        answer = self._service.post("/search", {"query": query, "topn": topn})
        return _hits(answer, "results", link="url", topn=topn, host=self._service.base)

    def fetch(self, url: str) -> Fetched | Failed:
        """What its /get_content answers: HTML where it looks like it, else text.

        The service connects, so that only the form of an address can be checked here.
        """
        try:
            check_form(url)
        except Refusal as refusal:
            return Failed(str(refusal), lasting=True)
        absent = Failed(f"the local service has no page {url}; open another", lasting=True)
        answer = self._service.post("/get_content", {"url": url}, absent=absent)
        if isinstance(answer, Failed):
            return answer
        held = answer if isinstance(answer, Mapping) else {"content": answer}
        content = next((held[name] for name in ("content", "html", "text") if held.get(name)), "")
        if not isinstance(content, str) or not content.strip():
            return absent
        mime = "text/html" if _looks_like_html(content) else "text/plain"
        where, title = str(held.get("url") or url), str(held.get("title") or "")
        return Fetched(where, f"{mime}; charset=utf-8", content.encode("utf-8", "replace"), title)


def _hits(answer: Any, field: str, *, link: str, topn: int, host: str) -> list[Hit] | Failed:
    """The hits in a service's JSON: a list, or a list under `field`."""
    if isinstance(answer, Failed):
        return answer
    listed = answer.get(field) if isinstance(answer, Mapping) else answer
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        return Failed(f"the search service {host} answered in a form that cannot be read")
    return list(_read(listed, link))[:topn]


def _read(listed: Iterable[Any], link: str) -> Iterable[Hit]:
    for each in listed:
        if not isinstance(each, Mapping):
            continue
        url = str(each.get(link) or each.get("url") or each.get("link") or "")
        if not url:
            continue
        words = (each.get(name) for name in ("snippet", "content", "summary", "text"))
        snippet = next((str(word) for word in words if word), "")
        yield Hit(url, str(each.get("title") or ""), snippet[:_LONGEST_SNIPPET])


def _looks_like_html(content: str) -> bool:
    head = content[:2_000].lower()
    return any(tag in head for tag in ("<html", "<body", "<p>", "<div", "<h1", "<table"))
